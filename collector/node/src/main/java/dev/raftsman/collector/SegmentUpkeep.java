package dev.raftsman.collector;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.raft.FailureListener;
import dev.raftsman.raft.LogMember;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.Attestation;
import dev.raftsman.store.Entry;
import dev.raftsman.store.PeerFiles;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Scrubber;
import dev.raftsman.store.SegmentCare;
import dev.raftsman.store.StorageFullException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps this node's sealed segments as they were: mends what is damaged, has digests attested while this node leads, reads
 * everything again within the scrubbing period. A thread of its own, kept to configured rates.
 */
final class SegmentUpkeep implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentUpkeep.class);
    private static final long STEP_MILLIS = 1_000;
    private static final long ATTEST_NANOS = TimeUnit.SECONDS.toNanos(5);

    /** After a round that repaired nothing; twice as long after each further one. */
    private static final long REPAIR_NANOS = TimeUnit.SECONDS.toNanos(5);

    private static final long MAX_REPAIR_NANOS = TimeUnit.SECONDS.toNanos(60);

    private final CollectorConfig config;
    private final StoreState.Holder state;
    private final RatisLog log;
    private final PeerConnections peers;
    private final Clock clock;
    private final FailureListener failures;
    private final Scrubber scrubber;
    private final Thread thread = new Thread(this::run, "segment-upkeep");
    private long attestedNanos = System.nanoTime();
    private long repairPauseNanos;
    private long repairedNanos = System.nanoTime();
    private volatile boolean closed;

    SegmentUpkeep(
            CollectorConfig config,
            StoreState.Holder state,
            RatisLog log,
            PeerConnections peers,
            Clock clock,
            FailureListener failures)
            throws IOException {
        this.config = config;
        this.state = state;
        this.log = log;
        this.peers = peers;
        this.clock = clock;
        this.failures = failures;
        this.scrubber = new Scrubber(
                config.data(), config.scrub().period(), config.scrub().bytesPerSecond(), clock.millis());
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Bytes read again since the start. */
    long scrubbedBytes() {
        return scrubber.bytesRead();
    }

    /** How long the pass lasts by now that reads everything again. */
    long scrubPassMillis() {
        return Math.max(0, clock.millis() - scrubber.passBeganMillis());
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (!step()) {
                    Thread.sleep(STEP_MILLIS);
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("told to end", e);
        } catch (RuntimeException | Error e) {
            failures.failed(FailureListener.Failure.STOPPED, "cannot look after segments", e);
        }
    }

    /** @return whether there is more to do at once */
    private boolean step() throws InterruptedException {
        ReplicatedState now = state.get();
        if (now == null) {
            return false; // this node is outside of the group
        }
        try {
            repair(now);
            if (log.leadership().ready() && System.nanoTime() - attestedNanos >= ATTEST_NANOS) {
                attestedNanos = System.nanoTime();
                attest(now);
            }
            return scrubber.step(now, clock.millis());
        } catch (IOException e) {
            if (closed) {
                throw new InterruptedException("an interrupt closes the file that is being read or written");
            }
            if (StorageFullException.isBehind(e, config.data()) || !SegmentCare.isOfTheDisk(e)) {
                LOG.warn("segments are not looked after: reason={}", e.toString());
            } else {
                failures.failed(FailureListener.Failure.DISK, "cannot mend a segment", e);
                throw new InterruptedException();
            }
        }
        return false;
    }

    /** A round ends at the first segment that no peer gives: one that is silent holds it up long enough. */
    private void repair(ReplicatedState now) throws IOException, InterruptedException {
        List<SegmentId> damaged = new ArrayList<>(now.care().damaged());
        if (damaged.isEmpty()) {
            repairPauseNanos = 0;
            return;
        }
        if (pausing()) {
            return;
        }
        if (Files.getFileStore(config.data()).getUsableSpace() < config.reserveBytes()) {
            pause(false);
            LOG.warn("damaged segments wait for repair: segments={}, reason=no space", damaged.size());
            return;
        }
        Collections.shuffle(damaged);
        List<PeerFiles> others = new ArrayList<>(others().values());
        Collections.shuffle(others);
        int repaired = 0;
        try {
            for (SegmentId id : damaged) {
                // A snapshot may have been installed: its state has damage of its own.
                if (state.get() != now || !now.care().repair(id, others, config.fetchBytesPerSecond())) {
                    break;
                }
                repaired++;
            }
        } finally {
            pause(repaired > 0);
        }
        if (repaired < damaged.size() && state.get() == now) {
            LOG.warn(
                    "damaged segments wait for repair: segments={}, repaired in this round={}, nextMillis={}, reason={}",
                    damaged.size() - repaired,
                    repaired,
                    TimeUnit.NANOSECONDS.toMillis(repairPauseNanos),
                    now.care().refusal());
        }
    }

    private boolean pausing() {
        return System.nanoTime() - repairedNanos < repairPauseNanos;
    }

    private void pause(boolean repairedAny) {
        repairPauseNanos = repairedAny ? 0 : Math.min(MAX_REPAIR_NANOS, Math.max(REPAIR_NANOS, 2 * repairPauseNanos));
        repairedNanos = System.nanoTime();
    }

    private void attest(ReplicatedState now) {
        List<SegmentRef> own = now.unattested(Attestation.MAX_SEGMENTS);
        if (own.isEmpty()) {
            return;
        }
        for (Command.Attest attest :
                Attestation.gather(config.node(), own, others(), log.members().size())) {
            log.submit(ByteBuffer.wrap(new Entry.Change(clock.millis(), attest).encode()))
                    .thenAccept(outcome -> LOG.debug("digests attested: {}", outcome));
        }
    }

    private Map<String, PeerFiles> others() {
        Map<String, PeerFiles> others = new LinkedHashMap<>();
        for (LogMember member : log.members()) {
            if (!member.id().equals(config.node())) {
                others.put(member.id(), peers.files(member.raft()));
            }
        }
        return others;
    }

    @Override
    public void close() {
        closed = true;
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
