package dev.raftsman.restore;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockPacker;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.objects.Sha256;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes segments of an archive as the sealed files they were, and says at last what they are. Each file is written record
 * by record from what was read, checked on the way, so that it is whole whatever the archive had made of it; one that was
 * archived as it was comes out byte for byte the same, which is checked. May be killed and run again, also after it was
 * through and the archive grew: files that are whole stay. One thread.
 */
public final class DirectoryRestore {
    private static final String UNDER_WAY = "restoring";
    private static final String TEMPORARY = "restoring.tmp";

    private static final Logger LOG = LoggerFactory.getLogger(DirectoryRestore.class);

    private final Path directory;
    private final ByteBuffer scratch = SegmentWriter.scratch();

    private DirectoryRestore(Path directory) {
        this.directory = directory;
    }

    /** What was restored. */
    public record Outcome(int segments, int kept, long events, long bytes) {}

    /**
     * Restores every segment of the contents.
     *
     * @param source names where they come from; the same when it is run again
     * @param into empty, absent, or left by a restore of the same source, whether that came to its end or not
     * @throws OccupiedException if it is something else
     * @throws IOException if a segment is whole in no copy; what is written stays
     */
    public static Outcome run(SegmentSource.Contents contents, String source, Path into, long nowMillis)
            throws IOException {
        DirectoryRestore restore = new DirectoryRestore(into);
        restore.claim(source);
        return restore.run(contents, source, nowMillis);
    }

    /** Something else is in the directory, and stays there. */
    public static final class OccupiedException extends IOException {
        private static final long serialVersionUID = 1L;

        OccupiedException(String message) {
            super(message);
        }
    }

    private void claim(String source) throws IOException {
        String found = restoredFrom();
        if (found == null && Files.exists(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                if (entries.iterator().hasNext()) {
                    throw new OccupiedException(directory + " is not empty; expected an empty or a new directory");
                }
            }
        }
        if (found != null && !found.equals(source)) {
            throw new OccupiedException(directory + " has what was restored from " + found + "; expected that of "
                    + source + ", or an empty or a new directory");
        }
        Durable.createDirectories(directory);
        Durable.write(directory.resolve(UNDER_WAY), ByteBuffer.wrap(source.getBytes(StandardCharsets.UTF_8)));
        Durable.createDirectories(RestoredDirectory.segments(directory));
    }

    /** Where a restore into the directory was from, cut short or through; null if there was none. */
    private String restoredFrom() throws IOException {
        try {
            return Files.readString(directory.resolve(UNDER_WAY));
        } catch (NoSuchFileException e) {
            LOG.debug("nothing is under way in {}", directory, e);
        }
        return RestoredDirectory.isAt(directory) ? RestoredDirectory.source(directory) : null;
    }

    private Outcome run(SegmentSource.Contents contents, String source, long nowMillis) throws IOException {
        Map<SegmentId, SegmentView> views = new TreeMap<>();
        for (SegmentView view : contents.known()) {
            views.merge(view.id(), view, (a, b) -> b.state().compareTo(a.state()) > 0 ? b : a);
        }
        Map<SegmentId, List<SegmentSource.Copy>> copies = new HashMap<>();
        for (SegmentSource.Copy copy : contents.copies()) {
            copies.computeIfAbsent(copy.id(), id -> new ArrayList<>()).add(copy);
        }
        int restored = 0;
        int kept = 0;
        long events = 0;
        long bytes = 0;
        List<SegmentView> described = new ArrayList<>();
        for (SegmentView view : views.values()) {
            described.add(view);
            if (view.state() == SegmentState.TRUNCATED) {
                continue;
            }
            Path file = RestoredDirectory.file(directory, view.id());
            if (isWhole(file)) {
                kept++;
            } else {
                write(view, copies.getOrDefault(view.id(), List.of()), file);
                restored++;
            }
            events += view.events();
            bytes += Files.size(file);
        }
        Map<Long, EpochView> epochs = new TreeMap<>();
        contents.epochs().forEach(epoch -> epochs.merge(epoch.epoch(), epoch, (a, b) -> a.last() > b.last() ? a : b));
        RestoredDirectory.describe(
                directory, RestoredDirectory.describing(source, nowMillis, List.copyOf(epochs.values()), described));
        Files.delete(directory.resolve(UNDER_WAY));
        Durable.forceDirectory(directory);
        return new Outcome(restored, kept, events, bytes);
    }

    /** A file gets its name only when it is whole and durable; still, it is read again before it is believed. */
    private static boolean isWhole(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (SegmentReader reader = SegmentReader.openWithDigest(file)) {
            while (reader.next()) {
                continue;
            }
            return reader.ending() == SegmentReader.Ending.SEALED;
        } catch (IOException e) {
            LOG.warn("restored file is not whole, it is written again: file={} reason={}", file, e.getMessage());
            return false;
        }
    }

    private void write(SegmentView view, List<SegmentSource.Copy> copies, Path file) throws IOException {
        List<String> problems = new ArrayList<>();
        for (SegmentSource.Copy copy : copies) {
            Path temporary = directory.resolve(TEMPORARY);
            try {
                write(view, copy, temporary);
                Durable.createDirectories(file.getParent());
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                Durable.forceDirectory(file.getParent());
                return;
            } catch (IOException e) {
                problems.add(copy.where() + ": " + e.getMessage());
                Files.deleteIfExists(temporary);
            }
        }
        throw new IOException("segment " + view.id() + " cannot be restored: "
                + (problems.isEmpty() ? "no archive given has it" : String.join("; ", problems)));
    }

    private void write(SegmentView view, SegmentSource.Copy copy, Path temporary) throws IOException {
        boolean verbatim;
        try (SegmentBlocks reader = copy.opener().open();
                BlockPacker packer = new BlockPacker()) {
            verbatim = reader.isVerbatim();
            boolean any = reader.next();
            try (SegmentWriter writer = SegmentWriter.create(temporary, reader.header(), scratch)) {
                while (any) {
                    Block block = verbatim ? reader.block() : packer.pack(reader.block());
                    writer.append(reader.epochInfo(), reader.raftIndex(), reader.stampMillis(), block);
                    any = reader.next();
                }
                if (!reader.isWhole()) {
                    throw new IOException("it " + reader.ending());
                }
                writer.seal(reader.sealRaftIndex(), reader.sealStampMillis(), reader.totals());
                writer.force();
            }
            if (reader.totals().events() != view.events()) {
                throw new IOException(
                        "it holds " + reader.totals().events() + " events; the manifest says " + view.events());
            }
        }
        Sha256.Measured written = Sha256.of(temporary);
        if (!written.sha256().equals(view.sha256())) {
            if (verbatim) {
                throw new IOException(
                        "it comes out with SHA-256 " + written.sha256() + "; the manifest says " + view.sha256());
            }
            // Its content was compared when it was recoded, and checked while it was read.
            LOG.info("compressed by another zstd than on the host: segment={}", view.id());
        }
    }
}
