package dev.raftsman.policy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.event.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides what the table in this package's page says, one row at a time. A pure function: the same policies, catalog, facts
 * and time give the same decisions, on any machine, in any year.
 */
public final class Decider {
    private final RetentionPolicies policies;
    private final String version;
    private final CatalogView catalog;
    private final StoreFacts facts;
    private final long nowMillis;

    private Decider(RetentionPolicies policies, CatalogView catalog, StoreFacts facts, long nowMillis) {
        this.policies = policies;
        this.version = policies.version();
        this.catalog = catalog;
        this.facts = facts;
        this.nowMillis = nowMillis;
    }

    /** Where nothing is known beside the catalog. */
    public static List<Decision> decide(RetentionPolicies policies, CatalogView catalog, long nowMillis) {
        return decide(policies, catalog, StoreFacts.UNKNOWN, nowMillis);
    }

    /**
     * Decides about every hot segment that no upload has been announced for and every archived one that is to expire,
     * oldest first within its stream, then about snapshots: which are due, and which of those there are go.
     *
     * @param nowMillis the cluster's time, since sealing times are the cluster's
     */
    public static List<Decision> decide(
            RetentionPolicies policies, CatalogView catalog, StoreFacts facts, long nowMillis) {
        return new Decider(policies, catalog, facts, nowMillis).decide();
    }

    private List<Decision> decide() {
        List<Decision> decisions = new ArrayList<>();
        Map<String, List<StreamView>> snapshotStreams = new LinkedHashMap<>();
        for (StreamView stream : catalog.streams()) {
            List<SegmentView> segments = catalog.segmentsOf(stream.number());
            Optional<Policy> policy = policies.policyFor(catalog, stream);
            if (policy.isEmpty()) {
                Reason reason = policies.awaitsLabels(catalog, stream)
                        ? reason(Row.LABELS_UNKNOWN, "no segment of the stream was finished since they are", Map.of())
                        : reason(Row.NO_POLICY, "nothing matches the stream", Map.of());
                segments.stream()
                        .filter(Decider::isUndecided)
                        .forEach(segment -> decisions.add(keep(segment, "-", reason)));
                continue;
            }
            decideStream(policy.get(), segments, decisions);
            if (policy.get().snapshot().isPresent()) {
                snapshotStreams
                        .computeIfAbsent(policy.get().name(), name -> new ArrayList<>())
                        .add(stream);
            }
        }
        for (Policy policy : policies.policies()) {
            List<StreamView> streams = snapshotStreams.getOrDefault(policy.name(), List.of());
            if (policy.snapshot().isPresent()) {
                decideSnapshot(policy, policy.snapshot().get(), streams).ifPresent(decisions::add);
                decideOldSnapshots(policy, policy.snapshot().get(), decisions);
            }
        }
        return decisions;
    }

    private static boolean isUndecided(SegmentView segment) {
        return segment.state().hot() && segment.prepared() == null;
    }

    private void decideStream(Policy policy, List<SegmentView> segments, List<Decision> decisions) {
        HotLimits limits = new HotLimits(policy, segments, facts, nowMillis, version);
        for (int i = 0; i < segments.size(); i++) {
            SegmentView segment = segments.get(i);
            if (isUndecided(segment)) {
                decisions.add(decideHot(policy, segment, limits, i));
            } else if (segment.state() == SegmentState.ARCHIVED) {
                decideArchived(policy, segment).ifPresent(decisions::add);
            }
        }
    }

    private Decision decideHot(Policy policy, SegmentView segment, HotLimits limits, int at) {
        if (segment.state() == SegmentState.OPEN) {
            return keep(segment, policy.name(), reason(Row.OPEN, "still written", Map.of()));
        }
        HotLimits.Due due = limits.of(at);
        return due.goes() ? act(policy, segment, due.reason()) : keep(segment, policy.name(), due.reason());
    }

    /** What becomes of one that need not stay hot. */
    private Decision act(Policy policy, SegmentView segment, Reason due) {
        Policy.Action then = policy.then();
        if (then == Policy.Action.TRUNCATE) {
            return delete(policy, segment, due);
        }
        boolean archives = then == Policy.Action.ARCHIVE || then == Policy.Action.AUTO;
        Optional<Level> dropBelow = policy.archive().dropBelow();
        if (archives && dropBelow.isPresent() && isBelow(segment.levelBitmap(), dropBelow.get())) {
            return delete(
                    policy,
                    segment,
                    reason(
                            Row.BELOW_LEVEL,
                            "all below " + dropBelow.get() + ", " + due,
                            plus(due.numbers(), "levelBitmap", segment.levelBitmap())));
        }
        Optional<SnapshotView> holder =
                then == Policy.Action.ARCHIVE ? Optional.empty() : newestHolding(catalog, segment);
        if (holder.isPresent()) {
            Reason reason = then == Policy.Action.AUTO
                    ? reason(
                            Row.IN_SNAPSHOT,
                            holder.get().id() + ", " + due,
                            plus(due.numbers(), "snapshotIndex", holder.get().index()))
                    : due;
            return archive(
                    policy,
                    segment,
                    reason,
                    holder.get().target(),
                    Optional.of(holder.get().id()));
        }
        Optional<Decision> out = duringOutage(policy, segment, due);
        if (out.isPresent()) {
            return out.get();
        }
        return then == Policy.Action.SNAPSHOT
                ? keep(segment, policy.name(), reason(Row.AWAIT_SNAPSHOT, due.text(), due.numbers()))
                : archive(policy, segment, due, policy.target().orElseThrow(), Optional.empty());
    }

    private static boolean isBelow(int levelBitmap, Level least) {
        return levelBitmap != 0 && levelBitmap < least.bit(); // Bits rise with severity, and UNPARSED is the highest.
    }

    private Optional<Decision> duringOutage(Policy policy, SegmentView segment, Reason due) {
        Long since = facts.outages().get(policy.target().orElseThrow());
        if (since == null || nowMillis - since < policy.outage().after().toMillis()) {
            return Optional.empty();
        }
        String text = "target " + policy.target().get() + " out for " + Quantity.age(nowMillis - since) + ", " + due;
        Map<String, Long> numbers = plus(due.numbers(), "outageMillis", nowMillis - since);
        return Optional.of(
                switch (policy.outage().behaviour()) {
                    case HOLD -> keep(segment, policy.name(), reason(Row.OUTAGE_HOLD, text, numbers));
                    case THROTTLE -> keep(segment, policy.name(), reason(Row.OUTAGE_THROTTLE, text, numbers));
                    case TRUNCATE -> delete(policy, segment, reason(Row.OUTAGE_TRUNCATE, text, numbers));
                });
    }

    private Optional<Decision> decideArchived(Policy policy, SegmentView segment) {
        boolean archives = policy.then() == Policy.Action.ARCHIVE || policy.then() == Policy.Action.AUTO;
        if (!archives || policy.archive().keep().isEmpty()) {
            return segment.mark() == null
                    ? Optional.empty()
                    : Optional.of(keep(segment, policy.name(), reason(Row.WITHIN_HOT, "kept for ever", Map.of())));
        }
        long ageMillis = nowMillis - segment.sealedAtMillis();
        long limitMillis = policy.archive().keep().get().toMillis();
        Map<String, Long> numbers = Map.of("ageMillis", ageMillis, "limitMillis", limitMillis);
        if (ageMillis < limitMillis) {
            return segment.mark() == null
                    ? Optional.empty()
                    : Optional.of(keep(
                            segment,
                            policy.name(),
                            reason(Row.WITHIN_HOT, compare(ageMillis, "<", limitMillis), numbers)));
        }
        Reason reason = reason(Row.ARCHIVE_KEEP, compare(ageMillis, ">=", limitMillis), numbers);
        if (segment.archive().snapshotId() != null) {
            return Optional.of(keep(segment, policy.name(), reason(Row.SHARED_OBJECT, reason.text(), numbers)));
        }
        if (policy.archive().legalHold()) {
            return Optional.of(keep(segment, policy.name(), reason(Row.LEGAL_HOLD, reason.text(), numbers)));
        }
        LockView lock = segment.archive().lock();
        if (lock != null && lock.untilMillis() > nowMillis) {
            return Optional.of(keep(
                    segment,
                    policy.name(),
                    reason(
                            Row.LOCKED,
                            lock + ", else " + reason,
                            plus(numbers, "lockedUntilMillis", lock.untilMillis()))));
        }
        Optional<SnapshotView> holder = newestHolding(catalog, segment);
        if (holder.isPresent()) {
            return Optional.of(keep(
                    segment,
                    policy.name(),
                    reason(Row.KEPT_BY_SNAPSHOT, holder.get().id() + ", " + reason.text(), numbers)));
        }
        return Optional.of(forbidden(policy, segment, reason)
                .orElseGet(() -> new Decision.Expire(
                        segment, policy.name(), reason, policy.grace().toMillis())));
    }

    private static String compare(long ageMillis, String sign, long limitMillis) {
        return Quantity.age(ageMillis) + " " + sign + " " + Quantity.age(limitMillis);
    }

    private Decision delete(Policy policy, SegmentView segment, Reason reason) {
        return forbidden(policy, segment, reason)
                .orElseGet(() -> new Decision.Truncate(
                        segment, policy.name(), reason, policy.grace().toMillis()));
    }

    /** @return what forbids to delete it, if anything does */
    private Optional<Decision> forbidden(Policy policy, SegmentView segment, Reason wanted) {
        return forbidding(segment.hold(), wanted)
                .<Decision>map(reason -> new Decision.Keep(segment, policy.name(), reason));
    }

    /** Why what is wanted to go stays nevertheless. */
    private Optional<Reason> forbidding(HoldView hold, Reason wanted) {
        if (hold != null) {
            String text = "by " + hold.by() + " (" + hold.reason() + "), else " + wanted;
            return Optional.of(reason(Row.HELD, text, wanted.numbers()));
        }
        if (catalog.freeze() != null) {
            String text = catalog.freeze().reason() + ", else " + wanted;
            return Optional.of(reason(Row.FROZEN, text, wanted.numbers()));
        }
        return Optional.empty();
    }

    /** A mark from before, when the policies or the facts were others, goes. */
    private Decision keep(SegmentView segment, String policy, Reason reason) {
        return segment.mark() == null
                ? new Decision.Keep(segment, policy, reason)
                : new Decision.Spare(segment, policy, reason);
    }

    private Decision archive(
            Policy policy, SegmentView segment, Reason reason, String target, Optional<String> snapshotId) {
        return segment.mark() == null
                ? new Decision.Archive(segment, policy.name(), reason, target, snapshotId)
                : new Decision.Spare(segment, policy.name(), reason); // It is archived in the next round.
    }

    private Reason reason(Row row, String text, Map<String, Long> numbers) {
        return new Reason(row.label(), text, numbers, version);
    }

    private static Map<String, Long> plus(Map<String, Long> numbers, String name, long value) {
        Map<String, Long> more = new LinkedHashMap<>(numbers);
        more.put(name, value);
        return more;
    }

    /** Of the snapshots that are kept. */
    public static Optional<SnapshotView> newestHolding(CatalogView catalog, SegmentView segment) {
        return catalog.kept().stream()
                .filter(snapshot -> snapshot.shows(segment))
                .reduce((older, newer) -> newer.index() >= older.index() ? newer : older);
    }

    private Optional<Decision> decideSnapshot(
            Policy policy, Policy.SnapshotSchedule schedule, List<StreamView> streams) {
        Set<Integer> numbers = new TreeSet<>();
        streams.forEach(stream -> numbers.add(stream.number()));
        Optional<SnapshotView> newest = catalog.kept().stream()
                .filter(snapshot -> SnapshotName.isOf(policy.name(), snapshot.id()))
                .reduce((older, newer) -> newer.index() >= older.index() ? newer : older);
        boolean written = catalog.segments().stream()
                .anyMatch(segment -> numbers.contains(segment.streamNumber())
                        && segment.blocks() > 0
                        && newest.map(n -> segment.baseIndex() > n.index()
                                        || !n.streams().contains(segment.streamNumber()))
                                .orElse(true));
        if (!written) {
            return Optional.empty();
        }
        Reason reason;
        if (newest.isEmpty()) {
            reason = reason(Row.FIRST_SNAPSHOT, "none yet", Map.of());
        } else {
            long ageMillis = nowMillis - newest.get().recordedAtMillis();
            long limitMillis = schedule.every().toMillis();
            if (ageMillis < limitMillis) {
                return Optional.empty();
            }
            reason = reason(
                    Row.SNAPSHOT_AGE,
                    compare(ageMillis, ">=", limitMillis),
                    Map.of("ageMillis", ageMillis, "limitMillis", limitMillis));
        }
        return Optional.of(new Decision.Snapshot(
                streams, policy.name(), reason, policy.target().orElseThrow()));
    }

    /** Those beyond what the schedule keeps go; a mark on another goes. Newest first. */
    private void decideOldSnapshots(Policy policy, Policy.SnapshotSchedule schedule, List<Decision> decisions) {
        List<SnapshotView> newestFirst = catalog.kept().stream()
                .filter(snapshot -> SnapshotName.isOf(policy.name(), snapshot.id())
                        && policy.target().orElseThrow().equals(snapshot.target()))
                .sorted(Comparator.comparingLong(SnapshotView::index).reversed())
                .toList();
        for (int newer = 0; newer < newestFirst.size(); newer++) {
            SnapshotView snapshot = newestFirst.get(newer);
            Optional<Reason> old = beyond(schedule, snapshot, newer);
            if (old.isPresent()) {
                decisions.add(drop(policy, snapshot, old.get()));
            } else if (snapshot.mark() != null) {
                Reason kept = reason(Row.SNAPSHOT_KEPT, newer + " newer ones", Map.of("newer", (long) newer));
                decisions.add(new Decision.SpareSnapshot(snapshot, policy.name(), kept));
            }
        }
    }

    /** @param newer how many newer ones there are */
    private Optional<Reason> beyond(Policy.SnapshotSchedule schedule, SnapshotView snapshot, int newer) {
        if (schedule.keep() > 0 && newer >= schedule.keep()) {
            return Optional.of(reason(
                    Row.SNAPSHOT_KEEP,
                    newer + " newer >= " + schedule.keep(),
                    Map.of("newer", (long) newer, "limit", (long) schedule.keep())));
        }
        long ageMillis = nowMillis - snapshot.recordedAtMillis();
        return schedule.keepFor()
                .map(Duration::toMillis)
                .filter(limitMillis -> newer > 0 && ageMillis >= limitMillis)
                .map(limitMillis -> reason(
                        Row.SNAPSHOT_KEEP_FOR,
                        compare(ageMillis, ">=", limitMillis),
                        Map.of("ageMillis", ageMillis, "limitMillis", limitMillis)));
    }

    private Decision drop(Policy policy, SnapshotView snapshot, Reason reason) {
        return forbidding(snapshot.hold(), reason)
                .<Decision>map(forbidden -> new Decision.KeepSnapshot(snapshot, policy.name(), forbidden))
                .orElseGet(() -> new Decision.DropSnapshot(
                        snapshot, policy.name(), reason, policy.grace().toMillis()));
    }
}
