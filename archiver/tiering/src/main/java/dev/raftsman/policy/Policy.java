package dev.raftsman.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * What happens to the streams it matches.
 *
 * @param name names it in plans, logs, metrics and manifests
 * @param match which those are
 * @param target where its objects and manifest pages go; always given unless it truncates
 * @param archive how they lie there; of no meaning if it truncates
 * @param snapshot when snapshots are due; given if it takes them, and maybe if it is {@link Action#AUTO}
 * @param auto limits of the rows of {@link Action#AUTO}
 * @param grace from the mark of a deletion until it is done; zero for at once
 * @param outage what happens while the target cannot be reached
 * @param sealAfter when given, the archiver asks for open segments older than this to be sealed
 */
public record Policy(
        String name,
        StreamMatch match,
        KeepHot keepHot,
        Action then,
        Optional<String> target,
        ArchiveRule archive,
        Optional<SnapshotSchedule> snapshot,
        AutoRule auto,
        Duration grace,
        OutageRule outage,
        Optional<Duration> sealAfter) {
    /** Long enough for whoever reads the log the next morning. */
    public static final Duration DEFAULT_GRACE = Duration.ofHours(24);

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]{1,64}");

    public Policy {
        checkedName(name);
        if (target.isEmpty() && then != Action.TRUNCATE) {
            throw new IllegalArgumentException("policy " + name + " needs a target to " + then);
        }
        boolean fits = snapshot.isPresent() ? then == Action.SNAPSHOT || then == Action.AUTO : then != Action.SNAPSHOT;
        if (!fits) {
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
     * @param keepFor how long one is kept, unless it is the newest; empty for ever
     */
    public record SnapshotSchedule(Duration every, int keep, Optional<Duration> keepFor) {
        /** For ever, but for their number. */
        public SnapshotSchedule(Duration every, int keep) {
            this(every, keep, Optional.empty());
        }

        /** Whether any of them is ever given up. */
        boolean drops() {
            return keep > 0 || keepFor.isPresent();
        }
    }

    /** What becomes of a segment that need not stay hot. */
    public enum Action {
        /** Its bytes go to cold storage, then the collectors drop it. */
        ARCHIVE,
        /** It is dropped; that and how much it held stays recorded. */
        TRUNCATE,
        /** It is dropped once a snapshot of its stream holds it. */
        SNAPSHOT,
        /** One of these, by the facts of the segment: see the table on this package's page. */
        AUTO
    }
}
