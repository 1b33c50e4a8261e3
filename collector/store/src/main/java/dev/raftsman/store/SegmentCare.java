package dev.raftsman.store;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows which sealed segments of this node are damaged, and mends them from other nodes. A copy counts as good once it was
 * read whole and had the digest of the tables; before that none of its bytes is served, and afterwards until the scrubber
 * finds otherwise. Any thread; {@link #repair} one at a time.
 */
public final class SegmentCare {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentCare.class);
    private static final String DIRECTORY = "repair";

    private final Path root;
    private final SegmentDirectory directory;
    private final Function<SegmentId, Optional<SegmentView>> tables;
    private final Set<SegmentId> damaged = new ConcurrentSkipListSet<>();
    private final Set<SegmentId> verified = ConcurrentHashMap.newKeySet();
    private final AtomicLong found = new AtomicLong();
    private final AtomicLong repaired = new AtomicLong();

    /** Held while a repaired file takes its place. */
    private final Object placing = new Object();

    private boolean closed;
    private volatile String refusal = "";

    /** @param tables looks a segment up */
    SegmentCare(Path root, SegmentDirectory directory, Function<SegmentId, Optional<SegmentView>> tables) {
        this.root = root;
        this.directory = directory;
        this.tables = tables;
    }

    /** Takes a copy for damaged: it is not served from now on. */
    void damaged(SegmentId id, String why) {
        verified.remove(id);
        if (damaged.add(id)) {
            found.incrementAndGet();
            LOG.error("a sealed segment is damaged here, to be fetched again: segment={}, reason={}", id, why);
        }
    }

    /**
     * Whether a failure tells of the disk itself. Others, such as too many open files or a right that is missing, say
     * nothing of what is on it, and may be gone at the next try.
     */
    public static boolean isOfTheDisk(IOException failure) {
        return String.valueOf(failure.getMessage()).contains("Input/output error");
    }

    /** These have no file here any more. */
    void forget(Collection<SegmentId> gone) {
        verified.removeAll(gone);
    }

    boolean isDamaged(SegmentId id) {
        return damaged.contains(id);
    }

    /** Segments that are damaged or missing here and not mended yet. */
    public List<SegmentId> damaged() {
        return List.copyOf(damaged);
    }

    /** How often damage was found since the state was opened. */
    public long found() {
        return found.get();
    }

    /** How many segments were mended since the state was opened. */
    public long repaired() {
        return repaired.get();
    }

    /**
     * Lets a reader in.
     *
     * @throws DamagedSegmentException if the copy here is not what the tables say
     * @throws IOException if it cannot be read now
     */
    void requireGood(SegmentView segment) throws IOException {
        SegmentId id = segment.id();
        if (segment.state() == SegmentState.SEALED && !verified.contains(id)) {
            try {
                check(segment, new Throttle(0));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while segment " + id + " was checked", e);
            }
        }
        if (damaged.contains(id)) {
            throw new DamagedSegmentException(id);
        }
    }

    /**
     * Reads a segment whole and compares it with the tables. What is not, or no longer, kept by the collectors is passed.
     *
     * @return bytes read
     * @throws IOException if it cannot be read now, which says nothing of the copy
     */
    long check(SegmentView segment, Throttle throttle) throws IOException, InterruptedException {
        SegmentId id = segment.id();
        if (damaged.contains(id)) {
            return 0;
        }
        Copy copy;
        try {
            copy = read(id, throttle);
        } catch (NoSuchFileException e) {
            if (sealed(id).isPresent()) {
                damaged(id, "there is no file");
            }
            return 0;
        } catch (IOException e) {
            if (!isOfTheDisk(e)) {
                throw e;
            }
            damaged(id, e.toString());
            return 0;
        }
        if (copy.is(segment)) {
            verified.add(id);
        } else if (sealed(id).isPresent()) {
            damaged(
                    id,
                    copy.bytes + " bytes with SHA-256 " + copy.sha256 + "; expected " + segment.bytes() + " with "
                            + segment.sha256());
        }
        return copy.bytes;
    }

    private record Copy(long bytes, String sha256) {
        boolean is(SegmentView segment) {
            return bytes == segment.bytes() && sha256.equals(segment.sha256());
        }
    }

    private Copy read(SegmentId id, Throttle throttle) throws IOException, InterruptedException {
        FileDigest digest = new FileDigest();
        InterruptedException[] interrupted = new InterruptedException[1];
        long bytes;
        try (FileChannel file = FileChannel.open(directory.file(id), StandardOpenOption.READ)) {
            bytes = digest.update(file, Long.MAX_VALUE, read -> {
                try {
                    throttle.passed(read);
                } catch (InterruptedException e) {
                    interrupted[0] = e;
                }
            });
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while segment " + id + " was read");
        }
        if (interrupted[0] != null) {
            throw interrupted[0];
        }
        return new Copy(bytes, digest.finish());
    }

    private Optional<SegmentView> sealed(SegmentId id) {
        return tables.apply(id).filter(segment -> segment.state() == SegmentState.SEALED);
    }

    /**
     * Fetches a damaged segment again from the first peer that has it whole, and only then puts the damaged copy aside. One
     * that turns out whole is left as it is. Durable on return.
     *
     * @return whether it is good now, or not needed any more; else to be tried again later, see {@link #refusal}
     * @throws IOException if the disk fails ({@link #isOfTheDisk}), or it cannot be done now
     */
    public boolean repair(SegmentId id, List<PeerFiles> peers, long bytesPerSecond)
            throws IOException, InterruptedException {
        Optional<SegmentView> segment = sealed(id);
        if (segment.isEmpty()) {
            damaged.remove(id);
            return true;
        }
        Throttle throttle = new Throttle(bytesPerSecond);
        if (isWhole(segment.get(), throttle)) {
            verified.add(id);
            damaged.remove(id);
            LOG.warn("a segment taken for damaged is whole: segment={}", id);
            return true;
        }
        SnapshotManifest.FileState wanted = new SnapshotManifest.FileState(
                id, segment.get().bytes(), segment.get().sha256());
        Path repair = root.resolve(DIRECTORY);
        Durable.createDirectories(repair);
        SegmentFetch fetch = new SegmentFetch(repair, throttle, bytes -> {});
        for (PeerFiles peer : peers) {
            try {
                Path whole = fetch.has(wanted) ? SegmentFetch.whole(repair, wanted) : fetch.fetch(peer, wanted, null);
                return place(whole, wanted);
            } catch (PeerFailedException e) {
                refusal = e.getMessage();
                LOG.debug("segment not repaired yet: segment={}", id, e);
            }
        }
        return false;
    }

    private boolean isWhole(SegmentView segment, Throttle throttle) throws IOException, InterruptedException {
        try {
            return read(segment.id(), throttle).is(segment);
        } catch (NoSuchFileException e) {
            return false;
        } catch (IOException e) {
            if (isOfTheDisk(e)) {
                return false;
            }
            throw e;
        }
    }

    private boolean place(Path whole, SnapshotManifest.FileState wanted) throws IOException {
        SegmentId id = wanted.segment();
        synchronized (placing) {
            if (closed) {
                refusal = "the state was closed";
                return false;
            }
            Path file = directory.file(id);
            Durable.createDirectories(file.getParent());
            if (Files.exists(file)) {
                directory.putAside(file, "damaged");
            }
            Durable.rename(whole, file);
            verified.add(id);
            damaged.remove(id);
            repaired.incrementAndGet();
            LOG.info("segment repaired: segment={}, bytes={}", id, wanted.bytes());
            if (damaged.isEmpty()) {
                Durable.deleteTree(root.resolve(DIRECTORY));
            }
            return true;
        }
    }

    /** Why a peer did not give what was asked for, the last time. */
    public String refusal() {
        return refusal;
    }

    /** On return no file is moved any more: another state may have them. */
    void close() {
        synchronized (placing) {
            closed = true;
        }
    }
}
