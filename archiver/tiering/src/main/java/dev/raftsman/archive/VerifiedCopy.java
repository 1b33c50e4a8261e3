package dev.raftsman.archive;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.disk.Durable;
import dev.raftsman.objects.NoSuchObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Copies one sealed segment into a store and believes only what it reads back. Needs room for one segment in its staging
 * directory; memory: a chunk. One thread.
 */
public final class VerifiedCopy {
    private final Cluster cluster;
    private final Path staging;

    private VerifiedCopy(Cluster cluster, Path staging) {
        this.cluster = cluster;
        this.staging = staging;
    }

    /** @param staging made if missing; what a killed archiver left in it is deleted */
    public static VerifiedCopy open(Cluster cluster, Path staging) throws IOException {
        Durable.createDirectories(staging);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(staging, "*.{seg,cold}")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        return new VerifiedCopy(cluster, staging);
    }

    /** The same for segments that are recoded. */
    ColdCopy recoding() {
        return new ColdCopy(cluster, staging);
    }

    /**
     * On return the object is there, whole, read back and equal to the segment; whoever put it.
     *
     * @return whether this call created it
     * @throws ObjectMismatchException if other bytes are under the key
     */
    public boolean store(SegmentView segment, ObjectStore store, ObjectKey key) throws IOException {
        try {
            verify(segment, store, key);
            return false;
        } catch (NoSuchObjectException e) {
            // The usual case: it is not there yet.
        }
        Path file = staging.resolve(segment.id() + ".seg");
        try {
            cluster.fetch(segment, file);
            PutOutcome outcome = store.putIfAbsent(key, file, segment.sha256());
            if (outcome == PutOutcome.OCCUPIED) {
                throw new ObjectMismatchException(store.location() + key + " is not segment " + segment.id());
            }
            verify(segment, store, key);
            return outcome == PutOutcome.CREATED;
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Reads the whole object and compares its digest with the catalog's. */
    public static void verify(SegmentView segment, ObjectStore store, ObjectKey key) throws IOException {
        Sha256.Measured measured;
        try (InputStream in = store.open(key)) {
            measured = Sha256.of(in);
        }
        if (measured.bytes() != segment.bytes() || !measured.sha256().equals(segment.sha256())) {
            throw new ObjectMismatchException(store.location() + key + " has " + measured.bytes() + " bytes, SHA-256 "
                    + measured.sha256() + "; segment " + segment.id() + " has " + segment.bytes() + ", "
                    + segment.sha256());
        }
    }
}
