package dev.raftsman.store;

import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A peer's snapshot on its way to become this node's own. One thread.
 *
 * <pre>
 * incoming/manifest              the snapshot to be, its digest found right
 * incoming/&lt;segment&gt;.&lt;SHA-256&gt;   what it needs and this node has not, as {@link SegmentFetch} says
 * </pre>
 *
 * Until {@link #commit} the old state stands and goes on; that renames the manifest to where a start looks for the newest
 * one. From then on the new state stands: {@link #finish}, which every start calls, moves the segments into place. Where
 * a crash falls in between does not matter.
 *
 * <p>A segment that was finished here, with the digest that the manifest names, stays where it is. One that is active here
 * is copied, since the old state may still be appending to it.
 */
public final class IncomingSnapshot {
    private static final Logger LOG = LoggerFactory.getLogger(IncomingSnapshot.class);
    private static final String DIRECTORY = "incoming";
    private static final String MANIFEST = "manifest";

    /** Room that is not used up by fetching, if no more is to be spared. */
    private static final long LEAST_SPARE_BYTES = 64L << 20;

    /** What a state holds whole and will not change. */
    @FunctionalInterface
    public interface Held {
        /** Whether this node has the segment finished, with this digest, and knows of no damage. */
        boolean has(SegmentId segment, String sha256);
    }

    private final Path directory;
    private final SnapshotManifest manifest;
    private final CatchUpProgress progress;

    private IncomingSnapshot(Path directory, SnapshotManifest manifest, CatchUpProgress progress) {
        this.directory = directory;
        this.manifest = manifest;
        this.progress = progress;
    }

    /**
     * Fetches a peer's newest snapshot and all segments that it needs. What an earlier call brought is used, also if that
     * was for an older snapshot or if it broke off.
     *
     * @param root of the state
     * @param leastIndex what the snapshot must show at least
     * @param bytesPerSecond 0 for no limit
     * @param spareBytes of the disk, not to be used up; counts from 64 MiB on
     * @throws PeerFailedException if the peer does not give it all, a segment having been given up meanwhile for example:
     *     to be called again
     * @throws StorageFullException if there is no room for it here
     */
    public static IncomingSnapshot fetch(
            Path root,
            PeerFiles peer,
            Held held,
            long leastIndex,
            long bytesPerSecond,
            long spareBytes,
            CatchUpProgress progress)
            throws IOException, InterruptedException {
        Path directory = root.resolve(DIRECTORY);
        try {
            Durable.createDirectories(directory);
            Throttle throttle = new Throttle(bytesPerSecond);
            SnapshotManifest manifest = manifest(peer, directory, throttle);
            if (manifest.index() < leastIndex) {
                throw new PeerFailedException(
                        "its newest snapshot has index " + manifest.index() + "; needed: " + leastIndex, null);
            }
            IncomingSnapshot incoming = new IncomingSnapshot(directory, manifest, progress);
            incoming.segments(root, peer, held, throttle, spareBytes);
            return incoming;
        } catch (PeerFailedException e) {
            progress.brokenOff();
            throw e;
        } catch (IOException e) {
            progress.brokenOff();
            throw StorageFullException.explains(e, directory) ? new StorageFullException(directory, e) : e;
        }
    }

    private static SnapshotManifest manifest(PeerFiles peer, Path directory, Throttle throttle)
            throws IOException, InterruptedException {
        Path unfinished = directory.resolve(MANIFEST + Durable.UNFINISHED);
        try (Chunks chunks = peer.ask(PeerFiles.SNAPSHOT, ByteBuffer.allocate(0));
                FileChannel channel = FileChannel.open(
                        unfinished,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer head = chunks.next();
            if (head == null || head.remaining() != OfferedFiles.SNAPSHOT_HEAD_BYTES) {
                throw new PeerFailedException("a snapshot without its head", null);
            }
            long length = head.getLong();
            byte[] announced = new byte[head.remaining()];
            head.get(announced);
            FileDigest digest = new FileDigest();
            long got = 0;
            for (ByteBuffer chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
                int bytes = chunk.remaining();
                got += bytes;
                if (got > length) {
                    throw new PeerFailedException("a snapshot of more than " + length + " bytes", null);
                }
                digest.update(chunk);
                while (chunk.hasRemaining()) {
                    channel.write(chunk);
                }
                throttle.passed(bytes);
            }
            String found = digest.finish();
            if (got != length || !found.equals(HexFormat.of().formatHex(announced))) {
                throw new PeerFailedException(
                        "a snapshot of " + got + " bytes with SHA-256 " + found + "; announced: " + length + " bytes",
                        null);
            }
            channel.force(true);
        }
        SnapshotManifest manifest;
        try {
            manifest = SnapshotManifest.read(unfinished);
        } catch (CorruptStoreException e) {
            throw new PeerFailedException("a snapshot that is damaged: " + e.getMessage(), e);
        } catch (UnsupportedFormatException e) {
            // Nodes are upgraded one after the other.
            throw new PeerFailedException("a snapshot of a newer version: " + e.getMessage(), e);
        }
        Durable.rename(unfinished, directory.resolve(MANIFEST));
        return manifest;
    }

    private void segments(Path root, PeerFiles peer, Held held, Throttle throttle, long spareBytes)
            throws IOException, InterruptedException {
        SegmentDirectory here = new SegmentDirectory(root);
        SegmentFetch fetch = new SegmentFetch(directory, throttle, progress::here);
        List<SnapshotManifest.FileState> missing = new ArrayList<>();
        List<Path> kept = new ArrayList<>();
        long missingBytes = 0;
        for (SnapshotManifest.FileState file : manifest.files()) {
            Path own = here.file(file.segment());
            if (held.has(file.segment(), file.sha256()) && sizeOf(own) == file.bytes()) {
                kept.add(own);
            } else if (!fetch.has(file)) {
                missing.add(file);
                missingBytes += file.bytes();
            }
        }
        if (missingBytes > 0) {
            requireRoom(missingBytes + Math.max(LEAST_SPARE_BYTES, spareBytes));
        }
        progress.begins(
                manifest.index(), missingBytes, missing.size(), manifest.files().size());
        for (SnapshotManifest.FileState file : missing) {
            fetch.fetch(peer, file, here.file(file.segment()));
        }
        fetch.forceNames();
        Set<Path> directories = new TreeSet<>();
        for (Path file : kept) {
            // The state that wrote it may not have forced it yet.
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.force(true);
            }
            directories.add(file.getParent());
            directories.add(file.getParent().getParent());
        }
        for (Path names : directories) {
            Durable.forceDirectory(names);
        }
        progress.complete();
    }

    private static long sizeOf(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (NoSuchFileException e) {
            return -1;
        }
    }

    private void requireRoom(long bytes) throws IOException {
        long usable = Files.getFileStore(directory).getUsableSpace();
        if (usable < bytes) {
            throw new StorageFullException(
                    directory, new IOException(bytes + " bytes to fetch and to spare; " + usable + " bytes are free"));
        }
    }

    /** Raft index that it shows. */
    public long index() {
        return manifest.index();
    }

    public long term() {
        return manifest.term();
    }

    /**
     * Makes it this node's newest snapshot: after this a start goes on from it. The state that is open must be closed and
     * opened again with this file.
     *
     * @param file where the manifest is to be, on the same file system; durable on return
     */
    public void commit(Path file) throws IOException {
        Durable.rename(directory.resolve(MANIFEST), file);
        progress.switched();
        LOG.info("snapshot of a peer taken over: index={}, term={}", manifest.index(), manifest.term());
    }

    /**
     * Moves what was brought for this manifest into place, as far as that was not done. What else was brought is kept as
     * long as a fetch may go on.
     */
    static void finish(Path root, SnapshotManifest manifest) throws IOException {
        Path incoming = root.resolve(DIRECTORY);
        if (!Files.isDirectory(incoming)) {
            return;
        }
        SegmentDirectory here = new SegmentDirectory(root);
        Set<Path> directories = new TreeSet<>();
        int moved = 0;
        for (SnapshotManifest.FileState file : manifest.files()) {
            Path whole = SegmentFetch.whole(incoming, file);
            if (Files.exists(whole)) {
                Path to = here.file(file.segment());
                Durable.createDirectories(to.getParent());
                Files.move(whole, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
                directories.add(to.getParent());
                moved++;
            }
        }
        for (Path names : directories) {
            Durable.forceDirectory(names);
        }
        if (moved > 0) {
            LOG.info("fetched segments moved into place: segments={}, snapshot={}", moved, manifest.index());
        }
        if (!Files.exists(incoming.resolve(MANIFEST))) {
            Durable.deleteTree(incoming);
        }
    }

    /** Gives up what was brought for a snapshot, unless that shows more than this index: a fetch may go on then. */
    static void discard(Path root, long index) throws IOException {
        Path incoming = root.resolve(DIRECTORY);
        try {
            if (SnapshotManifest.read(incoming.resolve(MANIFEST)).index() > index) {
                return;
            }
        } catch (NoSuchFileException | CorruptStoreException | UnsupportedFormatException e) {
            LOG.debug("nothing that a fetch could go on with: {}", incoming, e);
        }
        Durable.deleteTree(incoming);
    }
}
