package dev.raftsman.policy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Decides what the table in this package's page says, one row at a time. A pure function: the same policies, catalog and
 * time give the same decisions, on any machine, in any year.
 */
public final class Decider {
    private final RetentionPolicies policies;
    private final CatalogView catalog;
    private final long nowMillis;

    private Decider(RetentionPolicies policies, CatalogView catalog, long nowMillis) {
        this.policies = policies;
        this.catalog = catalog;
        this.nowMillis = nowMillis;
    }

    /**
     * Decides about every hot segment that no upload has been announced for, oldest first within its stream, then about
     * snapshots.
     *
     * @param nowMillis the cluster's time, since sealing times are the cluster's
     */
    public static List<Decision> decide(RetentionPolicies policies, CatalogView catalog, long nowMillis) {
        return new Decider(policies, catalog, nowMillis).decide();
    }

    private List<Decision> decide() {
        List<Decision> decisions = new ArrayList<>();
        Map<String, List<StreamView>> snapshotStreams = new LinkedHashMap<>();
        for (StreamView stream : catalog.streams()) {
            List<SegmentView> segments = catalog.segmentsOf(stream.number());
            Optional<Policy> policy = policies.policyFor(stream.tenant(), stream.stream());
            if (policy.isEmpty()) {
                segments.stream()
                        .filter(Decider::isUndecided)
                        .forEach(segment -> decisions.add(new Decision.Keep(
                                segment, "-", new Reason("no-policy", "nothing matches the stream", Map.of()))));
                continue;
            }
            decideStream(policy.get(), segments, decisions);
            if (policy.get().then() == Policy.Action.SNAPSHOT) {
                snapshotStreams
                        .computeIfAbsent(policy.get().name(), name -> new ArrayList<>())
                        .add(stream);
            }
        }
        for (Policy policy : policies.policies()) {
            List<StreamView> streams = snapshotStreams.getOrDefault(policy.name(), List.of());
            decideSnapshot(policy, streams).ifPresent(decisions::add);
        }
        return decisions;
    }

    private static boolean isUndecided(SegmentView segment) {
        return segment.state().hot() && segment.prepared() == null;
    }

    private void decideStream(Policy policy, List<SegmentView> segments, List<Decision> decisions) {
        long[] newerBytes = new long[segments.size()]; // hot bytes of the stream that were written after each segment
        long sum = 0;
        for (int i = segments.size() - 1; i >= 0; i--) {
            newerBytes[i] = sum;
            sum += segments.get(i).state().hot() ? segments.get(i).bytes() : 0;
        }
        for (int i = 0; i < segments.size(); i++) {
            if (isUndecided(segments.get(i))) {
                decisions.add(decideSegment(policy, segments.get(i), newerBytes[i]));
            }
        }
    }

    private Decision decideSegment(Policy policy, SegmentView segment, long newerBytes) {
        if (segment.state() == SegmentState.OPEN) {
            return new Decision.Keep(segment, policy.name(), new Reason("open", "still written", Map.of()));
        }
        long ageMillis = nowMillis - segment.sealedAtMillis();
        KeepHot keepHot = policy.keepHot();
        if (keepHot.age().isPresent()) {
            long limitMillis = keepHot.age().get().toMillis();
            if (ageMillis >= limitMillis) {
                return act(
                        policy,
                        segment,
                        new Reason(
                                "hot-age",
                                Quantity.age(ageMillis) + " >= " + Quantity.age(limitMillis),
                                Map.of("ageMillis", ageMillis, "limitMillis", limitMillis)));
            }
        }
        if (keepHot.sizeBytes().isPresent()) {
            long limitBytes = keepHot.sizeBytes().getAsLong();
            long withThis = newerBytes + segment.bytes();
            if (withThis > limitBytes) {
                return act(
                        policy,
                        segment,
                        new Reason(
                                "hot-size",
                                Quantity.bytes(withThis) + " > " + Quantity.bytes(limitBytes),
                                Map.of("bytes", withThis, "limitBytes", limitBytes)));
            }
        }
        return new Decision.Keep(
                segment,
                policy.name(),
                new Reason("within-hot", "sealed " + Quantity.age(ageMillis) + " ago", Map.of("ageMillis", ageMillis)));
    }

    private Decision act(Policy policy, SegmentView segment, Reason reason) {
        switch (policy.then()) {
            case TRUNCATE:
                return new Decision.Truncate(segment, policy.name(), reason);
            case ARCHIVE:
                return new Decision.Archive(
                        segment, policy.name(), reason, policy.target().orElseThrow(), Optional.empty());
            case SNAPSHOT:
                Optional<SnapshotView> holder = newestHolding(catalog, segment);
                if (holder.isEmpty()) {
                    return new Decision.Keep(
                            segment, policy.name(), new Reason("await-snapshot", reason.text(), reason.numbers()));
                }
                return new Decision.Archive(
                        segment,
                        policy.name(),
                        reason,
                        holder.get().target(),
                        Optional.of(holder.get().id()));
        }
        throw new AssertionError(policy.then());
    }

    /** A snapshot shows all that its streams held up to its index, and a segment holds nothing from before its base. */
    public static Optional<SnapshotView> newestHolding(CatalogView catalog, SegmentView segment) {
        return catalog.snapshots().stream()
                .filter(snapshot ->
                        snapshot.streams().contains(segment.streamNumber()) && segment.baseIndex() <= snapshot.index())
                .reduce((older, newer) -> newer.index() >= older.index() ? newer : older);
    }

    private Optional<Decision> decideSnapshot(Policy policy, List<StreamView> streams) {
        Set<Integer> numbers = new TreeSet<>();
        streams.forEach(stream -> numbers.add(stream.number()));
        Optional<SnapshotView> newest = catalog.snapshots().stream()
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
            reason = new Reason("first-snapshot", "none yet", Map.of());
        } else {
            long ageMillis = nowMillis - newest.get().recordedAtMillis();
            long limitMillis = policy.snapshot().orElseThrow().every().toMillis();
            if (ageMillis < limitMillis) {
                return Optional.empty();
            }
            reason = new Reason(
                    "snapshot-age",
                    Quantity.age(ageMillis) + " >= " + Quantity.age(limitMillis),
                    Map.of("ageMillis", ageMillis, "limitMillis", limitMillis));
        }
        return Optional.of(new Decision.Snapshot(
                streams,
                policy.name(),
                reason,
                policy.target().orElseThrow(),
                policy.snapshot().orElseThrow().keep()));
    }
}
