package dev.raftsman.policy;

import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a target holds and costs, before and after a plan. An upper bound: bytes are those of the segments, and what recoding
 * saves is not known before it is done.
 *
 * @param bytes of objects now, by the catalog; snapshots' own files, of a few KiB, are left out
 * @param objects now
 * @param bytesAfter once the plan is done and its times of grace have run out
 * @param monthly what {@code bytes} cost
 * @param monthlyAfter what {@code bytesAfter} will cost
 * @param once what the plan's requests and its reading back cost
 */
public record CostEstimate(
        String target,
        long bytes,
        long objects,
        long bytesAfter,
        long objectsAfter,
        BigDecimal monthly,
        BigDecimal monthlyAfter,
        BigDecimal once,
        String currency) {

    private static final class Sum {
        private long bytes;
        private long objects;
        private long addedBytes;
        private long addedObjects;
        private long goneBytes;
        private long goneObjects;
    }

    /** One for each target, by name. */
    static List<CostEstimate> of(RetentionPolicies policies, CatalogView catalog, List<Decision> decisions) {
        Map<String, Sum> sums = new TreeMap<>();
        policies.targets().keySet().forEach(name -> sums.put(name, new Sum()));
        Map<String, Integer> segmentsIn = new HashMap<>();
        for (SegmentView segment : catalog.segments()) {
            ArchiveView archive = segment.archive();
            if (segment.state().hot()) {
                Decider.newestHolding(catalog, segment)
                        .map(snapshot -> sums.get(snapshot.target()))
                        .ifPresent(sum -> {
                            sum.bytes += segment.bytes();
                            sum.objects++;
                        });
            }
            if (archive == null || segment.state() != SegmentState.ARCHIVED || !sums.containsKey(archive.target())) {
                continue;
            }
            if (segmentsIn.merge(archive.target() + " " + archive.key(), 1, Integer::sum) == 1) {
                sums.get(archive.target()).bytes += archive.bytes();
                sums.get(archive.target()).objects++;
            }
        }
        Map<String, List<Decision.Archive>> uploads = new TreeMap<>();
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Archive archive
                    && archive.snapshotId().isEmpty()) {
                uploads.computeIfAbsent(
                                archive.target() + " " + archive.policy() + " "
                                        + archive.segment().streamNumber(),
                                key -> new ArrayList<>())
                        .add(archive);
            } else if (decision instanceof Decision.Expire expire) {
                ArchiveView archive = expire.segment().archive();
                Sum sum = sums.get(archive.target());
                if (sum != null) {
                    sum.goneBytes += Math.min(archive.bytes(), expire.segment().bytes());
                    sum.goneObjects +=
                            segmentsIn.merge(archive.target() + " " + archive.key(), -1, Integer::sum) == 0 ? 1 : 0;
                }
            } else if (decision instanceof Decision.Snapshot snapshot) {
                addSnapshot(catalog, snapshot, sums.get(snapshot.target()));
            }
        }
        for (List<Decision.Archive> together : uploads.values()) {
            Sum sum = sums.get(together.get(0).target());
            if (sum != null) {
                List<SegmentView> segments =
                        together.stream().map(Decision.Archive::segment).toList();
                sum.addedBytes +=
                        segments.stream().mapToLong(SegmentView::bytes).sum();
                sum.addedObjects += policies.named(together.get(0).policy())
                        .map(policy -> policy.archive().objects(segments))
                        .orElse((long) segments.size());
            }
        }
        List<CostEstimate> estimates = new ArrayList<>();
        sums.forEach((name, sum) ->
                estimates.add(estimate(name, policies.targets().get(name).prices(), sum)));
        return estimates;
    }

    private static void addSnapshot(CatalogView catalog, Decision.Snapshot snapshot, Sum sum) {
        if (sum == null) {
            return;
        }
        Optional<SnapshotView> before = catalog.kept().stream()
                .filter(earlier -> SnapshotName.isOf(snapshot.policy(), earlier.id()))
                .reduce((older, newer) -> newer.index() >= older.index() ? newer : older);
        for (var stream : snapshot.streams()) {
            for (SegmentView segment : catalog.segmentsOf(stream.number())) {
                boolean there = before.isPresent()
                        && before.get().streams().contains(stream.number())
                        && segment.baseIndex() <= before.get().index();
                if (segment.state().hot() && !there) {
                    sum.addedBytes += segment.bytes();
                    sum.addedObjects++;
                }
            }
        }
    }

    private static CostEstimate estimate(String name, Prices prices, Sum sum) {
        long bytesAfter = sum.bytes + sum.addedBytes - sum.goneBytes;
        long objectsAfter = sum.objects + sum.addedObjects - sum.goneObjects;
        long pages = sum.addedObjects == 0 ? 0 : 1; // One page of the manifest names many.
        return new CostEstimate(
                name,
                sum.bytes,
                sum.objects,
                bytesAfter,
                objectsAfter,
                prices.monthly(sum.bytes, sum.objects),
                prices.monthly(bytesAfter, objectsAfter),
                prices.once(sum.addedObjects + pages, sum.addedObjects, sum.addedBytes),
                prices.currency());
    }

    /** One line. */
    @Override
    public String toString() {
        return "cost target=" + target + " stored=" + Quantity.bytes(bytes) + " in " + objects + " objects, "
                + money(monthly) + " " + currency + "/month; after=" + Quantity.bytes(bytesAfter) + " in "
                + objectsAfter + " objects, at most " + money(monthlyAfter) + " " + currency + "/month; once="
                + money(once) + " " + currency;
    }

    private static String money(BigDecimal amount) {
        return amount.stripTrailingZeros().signum() == 0
                ? "0"
                : amount.stripTrailingZeros().toPlainString();
    }
}
