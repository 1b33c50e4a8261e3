package dev.raftsman.standalone;

import java.util.List;

/**
 * What the demo found, and the two lines it ends with.
 *
 * @param offered events given to the streams that are archived or kept as snapshots
 * @param stored events of them that the cluster accepted
 * @param archived events of them in verified objects
 * @param read events of them read back from those objects alone
 * @param lost sequences or counts declared missing, and offered events that did not come back
 * @param duplicated events stored more than once
 * @param truncated events of the other streams given up by policy
 * @param planned events of them that the policy's plan names
 * @param reason why the plan gives them up
 * @param mismatches whatever differs, one line each; empty if all is well
 */
record DemoSummary(
        long offered,
        long stored,
        long archived,
        long read,
        long lost,
        long duplicated,
        long truncated,
        long planned,
        String reason,
        List<String> mismatches) {
    DemoSummary {
        mismatches = List.copyOf(mismatches);
    }

    boolean allEqual() {
        return mismatches.isEmpty()
                && offered == stored
                && stored == archived
                && archived == read
                && lost == 0
                && duplicated == 0
                && truncated == planned;
    }

    String truncationLine() {
        return "truncated=" + truncated + " planned=" + planned + " reason=" + reason;
    }

    String lastLine() {
        return "offered=" + offered + " stored=" + stored + " archived=" + archived + " read=" + read + " lost=" + lost
                + " duplicated=" + duplicated;
    }
}
