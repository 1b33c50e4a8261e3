package dev.raftsman.archive;

import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.policy.ArchiveRule;
import dev.raftsman.policy.Decision;
import dev.raftsman.segment.SegmentId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Which of the segments that are due together share an object. Pure. */
final class Merging {
    /** So that the entries of one object fit on a manifest page, whatever the segments' producers. */
    static final int MAX_RANGES = 20_000;

    private static final long WAIT_SHARE = 8;
    private static final long MAX_WAIT_MILLIS = TimeUnit.HOURS.toMillis(24);

    private Merging() {}

    /**
     * Segments follow each other into an object while they are of one stream and one policy and the bytes of their files
     * come to no more than the policy's objects may have. What is in a snapshot's object already, or is to be alone,
     * stays alone.
     *
     * @param alone segments that share no object with others
     * @param decisions in the order of the segments
     * @return each decision once, in their order
     */
    static List<List<Decision.Archive>> objects(
            List<Decision.Archive> decisions, ArchiveSettings.ByPolicy settings, Predicate<SegmentId> alone) {
        List<List<Decision.Archive>> objects = new ArrayList<>();
        List<Decision.Archive> last = new ArrayList<>();
        long bytes = 0;
        long ranges = 0;
        for (Decision.Archive decision : decisions) {
            SegmentView segment = decision.segment();
            ArchiveSettings how = settings.of(decision.policy());
            boolean joins = !last.isEmpty()
                    && mergeable(decision, how)
                    && !alone.test(segment.id())
                    && !alone.test(last.get(last.size() - 1).segment().id())
                    && follows(last.get(last.size() - 1), decision)
                    && last.size() < SegmentRef.MAX_IN_COMMAND
                    && bytes + segment.bytes() <= how.objectBytes()
                    && ranges + segment.ranges().size() <= MAX_RANGES;
            if (!joins) {
                last = new ArrayList<>();
                objects.add(last);
                bytes = 0;
                ranges = 0;
            }
            last.add(decision);
            bytes += segment.bytes();
            ranges += segment.ranges().size();
        }
        return objects;
    }

    /**
     * Which of the decisions are to be carried out now. Segments of a stream become due one after the other: what is not yet
     * worth an object waits for the next ones, an eighth of the time it was kept hot at most.
     */
    static List<Decision.Archive> ripe(
            List<Decision.Archive> decisions, ArchiveSettings.ByPolicy settings, Predicate<SegmentId> alone) {
        List<List<Decision.Archive>> objects = objects(decisions, settings, alone);
        List<Decision.Archive> ripe = new ArrayList<>();
        for (int i = 0; i < objects.size(); i++) {
            List<Decision.Archive> object = objects.get(i);
            Decision.Archive first = object.get(0);
            ArchiveSettings how = settings.of(first.policy());
            boolean full =
                    i + 1 < objects.size() && follows(first, objects.get(i + 1).get(0));
            boolean mayGrow = !full
                    && mergeable(first, how)
                    && !alone.test(first.segment().id());
            if (!mayGrow || !object.stream().allMatch(Merging::canWait)) {
                ripe.addAll(object);
            }
        }
        return ripe;
    }

    private static boolean canWait(Decision.Archive decision) {
        Map<String, Long> numbers = decision.reason().numbers();
        Long age = numbers.get("ageMillis");
        Long limit = numbers.get("limitMillis");
        return age != null && limit != null && age - limit < Math.min(limit / WAIT_SHARE, MAX_WAIT_MILLIS);
    }

    private static boolean mergeable(Decision.Archive decision, ArchiveSettings how) {
        return how.format() == ArchiveRule.Format.COLD && decision.snapshotId().isEmpty();
    }

    private static boolean follows(Decision.Archive before, Decision.Archive decision) {
        return before.snapshotId().isEmpty()
                && before.policy().equals(decision.policy())
                && before.segment().streamNumber() == decision.segment().streamNumber()
                && before.segment().id().compareTo(decision.segment().id()) < 0;
    }
}
