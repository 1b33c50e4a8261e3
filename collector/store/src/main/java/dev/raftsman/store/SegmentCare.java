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
     */
    long check(SegmentView segment, Throttle throttle) throws IOException, InterruptedException {
        SegmentId id = segment.id();
        if (damaged.contains(id)) {
            return 0;
        }
        FileDigest digest = new FileDigest();
        long bytes;
        InterruptedException[] interrupted = new InterruptedException[1];
        try (FileChannel file = FileChannel.open(directory.file(id), StandardOpenOption.READ)) {
            bytes = digest.update(file, Long.MAX_VALUE, read -> {
                try {
                    throttle.passed(read);
                } catch (InterruptedException e) {
                    interrupted[0] = e;
                }
            });
        } catch (NoSuchFileException e) {
            if (sealed(id).isPresent()) {
                damaged(id, "there is no file");
            }
            return 0;
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw new InterruptedException("while segment " + id + " was read");
        } catch (IOException e) {
            damaged(id, e.toString());
            return 0;
        }
        if (interrupted[0] != null) {
            throw interrupted[0];
        }
        String sha256 = digest.finish();
        if (bytes == segment.bytes() && sha256.equals(segment.sha256())) {
            verified.add(id);
        } else if (sealed(id).isPresent()) {
            damaged(
                    id,
                    bytes + " bytes with SHA-256 " + sha256 + "; expected " + segment.bytes() + " with "
                            + segment.sha256());
        }
        return bytes;
    }

    private Optional<SegmentView> sealed(SegmentId id) {
        return tables.apply(id).filter(segment -> segment.state() == SegmentState.SEALED);
    }

    /**
     * Puts a damaged copy aside and fetches it again from the first peer that has it whole. Durable on return.
     *
     * @return whether it is good now, or not needed any more; else to be tried again later
     * @throws IOException if this node's own disk fails
     */
    public boolean repair(SegmentId id, List<PeerFiles> peers, long bytesPerSecond)
            throws IOException, InterruptedException {
        Optional<SegmentView> segment = sealed(id);
        if (segment.isEmpty()) {
            damaged.remove(id);
            return true;
        }
        Path file = directory.file(id);
        if (Files.exists(file)) {
            directory.putAside(file, "damaged");
        }
        SnapshotManifest.FileState wanted = new SnapshotManifest.FileState(
                id, segment.get().bytes(), segment.get().sha256());
        Path repair = root.resolve(DIRECTORY);
        Durable.createDirectories(repair);
        Durable.createDirectories(file.getParent());
        SegmentFetch fetch = new SegmentFetch(repair, new Throttle(bytesPerSecond), bytes -> {});
        for (PeerFiles peer : peers) {
            try {
                Path whole = fetch.has(wanted) ? SegmentFetch.whole(repair, wanted) : fetch.fetch(peer, wanted, null);
                Durable.rename(whole, file);
                verified.add(id);
                damaged.remove(id);
                repaired.incrementAndGet();
                LOG.info("segment repaired: segment={}, bytes={}", id, wanted.bytes());
                if (damaged.isEmpty()) {
                    Durable.deleteTree(repair);
                }
                return true;
            } catch (PeerFailedException e) {
                LOG.warn("segment not repaired yet: segment={}, reason={}", id, e.getMessage());
            }
        }
        return false;
    }
}
