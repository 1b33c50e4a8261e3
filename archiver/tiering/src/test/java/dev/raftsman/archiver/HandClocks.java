package dev.raftsman.archiver;

import dev.raftsman.cluster.TestState;

/** This machine's clocks, both in the test's hand; the wall clock shows the cluster's time unless it is set apart. */
final class HandClocks implements ClockWatch.Clocks {
    private final TestState cluster;
    private final long originMillis;

    /** How far the wall clock is from the cluster's time. */
    long wallAheadMillis;

    /** How much the cluster's time has jumped: the monotonic clock has not. */
    long jumpedMillis;

    HandClocks(TestState cluster) {
        this.cluster = cluster;
        this.originMillis = cluster.nowMillis();
    }

    @Override
    public long wallMillis() {
        return cluster.nowMillis() + wallAheadMillis;
    }

    @Override
    public long monotonicMillis() {
        return cluster.nowMillis() - originMillis - jumpedMillis;
    }
}
