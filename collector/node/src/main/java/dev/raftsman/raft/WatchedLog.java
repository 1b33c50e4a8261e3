package dev.raftsman.raft;

import dev.raftsman.raft.FailureListener.Failure;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.server.DivisionInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A log as the watch of its disk drives it. The watch's thread. */
final class WatchedLog implements DiskWatch.Node {
    private static final Logger LOG = LoggerFactory.getLogger(WatchedLog.class);

    /** More than a slow force takes. */
    private static final long UNWRITTEN_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final RatisLog log;
    private final EntryGate gate;
    private final DurableVotes votes;
    private final FailureListener failures;
    private final Duration handover;
    private OptionalLong unwrittenSince = OptionalLong.empty();

    /** @param handover how long an offer of leadership stands */
    WatchedLog(RatisLog log, EntryGate gate, DurableVotes votes, FailureListener failures, Duration handover) {
        this.log = log;
        this.gate = gate;
        this.votes = votes;
        this.failures = failures;
        this.handover = handover;
    }

    @Override
    public boolean leads() {
        return log.leadership().ready();
    }

    @Override
    public int followers() {
        return log.followers().size();
    }

    @Override
    public void offerLeadership(int attempt) {
        List<String> others = log.followers().stream().map(Follower::id).toList();
        if (!others.isEmpty()) {
            String to = others.get(attempt % others.size());
            LOG.info("leadership offered: to={}, reason=disk reserve reached", to);
            log.transfer(to, handover).thenAccept(outcome -> {
                if (!(outcome instanceof Outcome.Applied)) {
                    LOG.info("leadership not taken over: by={}, reason={}", to, outcome);
                }
            });
        }
    }

    @Override
    public void releaseEntries() {
        gate.release();
    }

    @Override
    public void shortenLog() {
        log.requestSnapshot();
    }

    /**
     * The engine gives an election up when it cannot write the term, and stays a candidate that asks nobody: if all nodes
     * had no space for it at once, none would ever lead again. No vote was asked for, so a new start is safe.
     */
    @Override
    public void lookAtCandidacy(long now, boolean full) {
        DivisionInfo info = log.division();
        if (info == null) {
            return;
        }
        if (full || !info.isAlive() || !info.isCandidate() || votes.writtenTerm() >= info.getCurrentTerm()) {
            unwrittenSince = OptionalLong.empty();
        } else if (unwrittenSince.isEmpty()) {
            unwrittenSince = OptionalLong.of(now);
        } else if (now - unwrittenSince.getAsLong() > UNWRITTEN_NANOS) {
            unwrittenSince = OptionalLong.of(now);
            failures.failed(
                    Failure.STOPPED, "term " + info.getCurrentTerm() + " of its own candidacy is not written", null);
        }
    }
}
