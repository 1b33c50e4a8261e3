package dev.raftsman.archive;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cold.ByteRanges;
import dev.raftsman.cold.ColdIndex;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.cold.ColdObjectWriter;
import dev.raftsman.cold.ColdSettings;
import dev.raftsman.cold.Comparison;
import dev.raftsman.cold.CorruptColdObjectException;
import dev.raftsman.cold.FileRanges;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.Sha256;
import dev.raftsman.segment.SegmentReader;
import java.io.BufferedOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Recodes sealed segments of one stream into one cold object, stores it, and believes only what it decodes and reads back.
 * Needs room in its staging directory for the segments and the object; memory: a cold block being made, another being
 * read. One thread.
 */
final class ColdCopy {
    /** Is asked between steps whether to go on: recoding takes longer than a lease may stay unrenewed. */
    interface Alive {
        void check() throws IOException;
    }

    private static final int BUFFER_BYTES = 1 << 16;

    private final Cluster cluster;
    private final Path staging;

    /** @param staging exists; what is in it by the names used here is overwritten */
    ColdCopy(Cluster cluster, Path staging) {
        this.cluster = cluster;
        this.staging = staging;
    }

    /**
     * On return the object is there, whole, read back, and holds exactly these segments; whoever put it. An object that is
     * there already may have been made by another version: it counts if it decodes to the segments, whatever its bytes.
     *
     * @param segments in the order of their bases
     * @throws ObjectMismatchException if something else is under the key
     */
    StoredObject store(List<SegmentView> segments, ObjectStore store, ObjectKey key, ColdSettings settings, Alive alive)
            throws IOException {
        List<Path> originals = new ArrayList<>();
        Path object = staging.resolve(segments.get(0).id() + ".cold");
        try {
            for (SegmentView segment : segments) {
                alive.check();
                Path file = staging.resolve(segment.id() + ".seg");
                originals.add(file);
                cluster.fetch(segment, file);
            }
            Optional<ObjectInfo> there = store.head(key);
            if (there.isPresent()) {
                return adopt(segments, originals, store, key, object, alive);
            }
            try {
                recode(segments, originals, object, settings, alive);
                requireSame(segments, originals, object, alive);
            } catch (CorruptColdObjectException
                    | RuntimeException e) { // A block that does not inflate, or a mistake of ours.
                throw new RecodingException(
                        "segments from " + segments.get(0).id() + " on cannot be recoded: " + e.getMessage(), e);
            }
            Sha256.Measured made = Sha256.of(object);
            alive.check();
            PutOutcome outcome = store.putIfAbsent(key, object, made.sha256());
            if (outcome == PutOutcome.OCCUPIED) {
                return adopt(segments, originals, store, key, object, alive);
            }
            alive.check();
            Sha256.Measured readBack;
            try (InputStream in = store.open(key)) {
                readBack = Sha256.of(in);
            }
            if (!readBack.equals(made)) {
                throw new ObjectMismatchException(store.location() + key + " has " + readBack.bytes()
                        + " bytes, SHA-256 " + readBack.sha256() + "; stored were " + made.bytes() + ", "
                        + made.sha256());
            }
            return new StoredObject(made.sha256(), made.bytes(), outcome == PutOutcome.CREATED);
        } finally {
            Files.deleteIfExists(object);
            for (Path original : originals) {
                Files.deleteIfExists(original);
            }
        }
    }

    private static void recode(
            List<SegmentView> segments, List<Path> originals, Path object, ColdSettings settings, Alive alive)
            throws IOException {
        try (OutputStream file = new BufferedOutputStream(Files.newOutputStream(object), BUFFER_BYTES);
                OutputStream out = new AliveStream(file, alive);
                ColdObjectWriter writer = new ColdObjectWriter(out, settings)) {
            for (int i = 0; i < segments.size(); i++) {
                alive.check();
                SegmentView segment = segments.get(i);
                try (SegmentReader reader = SegmentReader.open(originals.get(i))) {
                    writer.add(reader, segment.bytes(), segment.sha256());
                }
            }
            writer.finish();
        }
    }

    private static void requireSame(List<SegmentView> segments, List<Path> originals, Path object, Alive alive)
            throws IOException {
        try (FileRanges ranges = FileRanges.open(object);
                ColdObjectReader reader = ColdObjectReader.open(whileAlive(ranges, alive));
                Comparison comparison = new Comparison(reader)) {
            ColdIndex index = reader.index();
            if (index.segments().size() != segments.size()) {
                throw new IOException(
                        object + " holds " + index.segments().size() + " segments; expected " + segments.size());
            }
            for (int i = 0; i < segments.size(); i++) {
                alive.check();
                SegmentView segment = segments.get(i);
                try (SegmentReader original = SegmentReader.open(originals.get(i))) {
                    comparison.require(i, original, segment.bytes(), segment.sha256());
                }
            }
        }
    }

    /** Takes what is under the key for ours if it decodes to the segments. */
    private static StoredObject adopt(
            List<SegmentView> segments,
            List<Path> originals,
            ObjectStore store,
            ObjectKey key,
            Path object,
            Alive alive)
            throws IOException {
        alive.check();
        try (InputStream in = store.open(key)) {
            Files.copy(in, object, StandardCopyOption.REPLACE_EXISTING);
        }
        try {
            requireSame(segments, originals, object, alive);
        } catch (CorruptColdObjectException e) { // One of a newer version is that version's to finish.
            throw new ObjectMismatchException(store.location() + key + " does not hold the segments from "
                    + segments.get(0).id() + " on: " + e.getMessage());
        }
        Sha256.Measured found = Sha256.of(object);
        return new StoredObject(found.sha256(), found.bytes(), false);
    }

    /** Asks before each cold block is read. */
    private static ByteRanges whileAlive(ByteRanges ranges, Alive alive) {
        return new ByteRanges() {
            @Override
            public String name() {
                return ranges.name();
            }

            @Override
            public long length() {
                return ranges.length();
            }

            @Override
            public byte[] read(long offset, int length) throws IOException {
                alive.check();
                return ranges.read(offset, length);
            }
        };
    }

    /** Asks before each cold block is written. */
    private static final class AliveStream extends FilterOutputStream {
        private final Alive alive;

        AliveStream(OutputStream out, Alive alive) {
            super(out);
            this.alive = alive;
        }

        @Override
        public void write(byte[] bytes, int offset, int length) throws IOException {
            alive.check();
            out.write(bytes, offset, length);
        }
    }
}
