package dev.raftsman.sidecar;

import dev.raftsman.input.SourceLag;
import java.time.Duration;
import java.util.List;

/**
 * What a probe is told. Deciding is pure: what was seen and the time go in.
 *
 * @param reason one line; empty if all is well
 */
record Health(boolean well, String reason) {
    static final Health WELL = new Health(true, "");

    /**
     * A thread that works in steps.
     *
     * @param steppedNanos when it last began one
     */
    record Beat(String thread, long steppedNanos) {}

    /**
     * Whether the threads that matter make progress: a process that does not is to be ended and started again.
     *
     * @param failure what ended the agent, or null
     * @param beats of the threads that should run
     */
    static Health alive(long nowNanos, Duration stalledAfter, Throwable failure, List<Beat> beats) {
        if (failure != null) {
            return new Health(false, "the agent stops: " + failure);
        }
        for (Beat beat : beats) {
            long stillNanos = nowNanos - beat.steppedNanos;
            if (stillNanos > stalledAfter.toNanos()) {
                return new Health(false, "thread " + beat.thread + " stands still for " + seconds(stillNanos));
            }
        }
        return WELL;
    }

    /**
     * Whether acknowledged bytes move, or none wait.
     *
     * @param acknowledgedNanos when an acknowledgement came last, or when the agent was started
     * @param connected whether a collector takes blocks
     * @param lags of all sources
     */
    static Health ready(
            long nowNanos, Duration stalledAfter, long acknowledgedNanos, boolean connected, List<SourceLag> lags) {
        long bytes = 0;
        long oldestNanos = 0;
        for (SourceLag lag : lags) {
            if (lag.unreadBytes() > 0) {
                bytes += lag.unreadBytes();
                oldestNanos = Math.max(oldestNanos, nowNanos - lag.unreadSinceNanos());
            }
        }
        long stalledNanos = Math.min(oldestNanos, nowNanos - acknowledgedNanos);
        if (bytes == 0 || stalledNanos <= stalledAfter.toNanos()) {
            return WELL;
        }
        return new Health(
                false,
                "nothing was acknowledged for " + seconds(stalledNanos) + " while " + bytes + " bytes wait; "
                        + (connected ? "a collector is connected" : "no collector is connected"));
    }

    private static String seconds(long nanos) {
        return Duration.ofNanos(nanos).toSeconds() + " s";
    }
}
