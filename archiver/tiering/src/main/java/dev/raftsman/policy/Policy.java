package dev.raftsman.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What happens to the streams it matches.
 *
 * @param name names it in plans, logs, metrics and manifests
 * @param target where its objects and manifest pages go; always given unless it truncates
 * @param snapshot when snapshots are due; given exactly if it takes them
 * @param sealAfter when given, the archiver asks for open segments older than this to be sealed
 */
public record Policy(
        String name,
        Glob tenant,
        Glob stream,
        KeepHot keepHot,
        Action then,
        Optional<String> target,
        Optional<SnapshotSchedule> snapshot,
        Optional<Duration> sealAfter) {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    public Policy {
        checkedName(name);
        if (target.isEmpty() && then != Action.TRUNCATE) {
            throw new IllegalArgumentException("policy " + name + " needs a target to " + then);
        }
        if (snapshot.isPresent() != (then == Action.SNAPSHOT)) {
            throw new IllegalArgumentException("policy " + name + ": snapshots have a schedule, nothing else has one");
        }
    }

    static String checkedName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("policy '" + name + "'; expected 1 to 64 characters of A-Z a-z 0-9 _ -");
        }
        return name;
    }

    /**
     * @param every how long after a snapshot the next is due
     * @param keep how many are kept, the newest; 0 for all
     */
    public record SnapshotSchedule(Duration every, int keep) {}

    /** What becomes of a segment that need not stay hot. */
    public enum Action {
        /** Its bytes go to cold storage, then the collectors drop it. */
        ARCHIVE,
        /** It is dropped; that and how much it held stays recorded. */
        TRUNCATE,
        /** It is dropped once a snapshot of its stream holds it. */
        SNAPSHOT
    }

    public boolean matches(String tenantName, String streamName) {
        return tenant.matches(tenantName) && stream.matches(streamName);
    }
}
