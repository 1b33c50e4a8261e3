package dev.raftsman.policy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What would happen now, to be read before it does.
 *
 * @param index Raft index of the catalog it was made from
 * @param nowMillis the time it was made for
 * @param policyHash of the policies it follows
 * @param totals by verb: keep, spare, truncate, archive, expire, snapshot, drop
 * @param costs of each target
 * @param outages what an outage does to the decisions, or is about to
 */
public record RetentionPlan(
        long index,
        long nowMillis,
        String policyHash,
        List<Decision> decisions,
        Map<String, Total> totals,
        List<CostEstimate> costs,
        List<OutageEffect> outages) {
    private static final List<String> VERBS =
            List.of("keep", "spare", "archive", "truncate", "expire", "snapshot", "drop");

    /** Verbs that most plans are without. */
    private static final List<String> RARE = List.of("spare", "expire", "drop");

    private static final long NANOS_PER_MILLI = 1_000_000;

    public RetentionPlan {
        decisions = List.copyOf(decisions);
        totals = Map.copyOf(totals);
        costs = List.copyOf(costs);
        outages = List.copyOf(outages);
    }

    /** Sums of one verb. */
    public record Total(int decisions, int segments, long events, long bytes) {
        static final Total NONE = new Total(0, 0, 0, 0);

        private Total plus(Decision decision) {
            SegmentView segment = decision.subject().orElse(null);
            return new Total(
                    decisions + 1,
                    segments + (segment == null ? 0 : 1),
                    events + (segment == null ? 0 : segment.events()),
                    bytes + (segment == null ? 0 : segment.bytes()));
        }
    }

    public static RetentionPlan of(RetentionPolicies policies, CatalogView catalog, long nowMillis) {
        return of(policies, catalog, StoreFacts.UNKNOWN, nowMillis);
    }

    public static RetentionPlan of(RetentionPolicies policies, CatalogView catalog, StoreFacts facts, long nowMillis) {
        List<Decision> decisions = Decider.decide(policies, catalog, facts, nowMillis);
        Map<String, Total> totals = new TreeMap<>();
        for (Decision decision : decisions) {
            totals.put(
                    decision.verb(),
                    totals.getOrDefault(decision.verb(), Total.NONE).plus(decision));
        }
        return new RetentionPlan(
                catalog.appliedIndex(),
                nowMillis,
                policies.hash(),
                decisions,
                totals,
                CostEstimate.of(policies, catalog, decisions),
                OutageEffect.of(policies, facts.outages(), nowMillis));
    }

    /** @return sums of a verb, zero if it does not occur */
    public Total total(String verb) {
        return totals.getOrDefault(verb, Total.NONE);
    }

    /**
     * One line for each decision, one for each policy whose target is out, one for each target's cost, then one for the
     * sums; each ends in a newline.
     */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Decision decision : decisions) {
            text.append(decision);
            decision.subject().ifPresent(segment -> text.append(extent(segment)));
            text.append('\n');
        }
        outages.forEach(outage -> text.append(outage).append('\n'));
        costs.forEach(cost -> text.append(cost).append('\n'));
        text.append("plan index=").append(index).append(" policies=").append(RetentionPolicies.version(policyHash));
        for (String verb : VERBS) {
            Total total = total(verb);
            if (total.decisions() == 0 && RARE.contains(verb)) {
                continue;
            }
            text.append(' ').append(verb).append('=').append(total.decisions());
            if (total.segments() > 0) {
                text.append(" (")
                        .append(total.events())
                        .append(" events, ")
                        .append(Quantity.bytes(total.bytes()))
                        .append(')');
            }
        }
        return text.append('\n').toString();
    }

    private static String extent(SegmentView segment) {
        List<String> ranges = new ArrayList<>();
        segment.ranges().forEach(range -> ranges.add(range.epoch() + ":" + range.first() + ".." + range.last()));
        return " events=" + segment.events() + " bytes=" + Quantity.bytes(segment.bytes())
                + (segment.events() == 0
                        ? ""
                        : " times=" + time(segment.minTimeNanos()) + ".." + time(segment.maxTimeNanos()))
                + (ranges.isEmpty() ? "" : " ranges=" + String.join(",", ranges));
    }

    private static Instant time(long nanos) {
        return Instant.ofEpochMilli(nanos / NANOS_PER_MILLI);
    }

    /** The same for a program: one JSON object, which {@link PlanFile} reads back. */
    public String json() {
        return PlanFile.of(this).json();
    }
}
