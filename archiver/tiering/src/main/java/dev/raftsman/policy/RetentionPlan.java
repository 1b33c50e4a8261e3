package dev.raftsman.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
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
 * @param totals by verb: keep, truncate, archive, snapshot
 */
public record RetentionPlan(
        long index, long nowMillis, String policyHash, List<Decision> decisions, Map<String, Total> totals) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    public RetentionPlan {
        decisions = List.copyOf(decisions);
        totals = Map.copyOf(totals);
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
        List<Decision> decisions = Decider.decide(policies, catalog, nowMillis);
        Map<String, Total> totals = new TreeMap<>();
        for (Decision decision : decisions) {
            totals.put(
                    decision.verb(),
                    totals.getOrDefault(decision.verb(), Total.NONE).plus(decision));
        }
        return new RetentionPlan(catalog.appliedIndex(), nowMillis, policies.hash(), decisions, totals);
    }

    /** @return sums of a verb, zero if it does not occur */
    public Total total(String verb) {
        return totals.getOrDefault(verb, Total.NONE);
    }

    /** One line for each decision, then one for the sums; each ends in a newline. */
    public String text() {
        StringBuilder text = new StringBuilder();
        decisions.forEach(decision -> text.append(decision).append('\n'));
        text.append("plan index=").append(index).append(" policies=").append(policyHash, 0, 12);
        for (String verb : List.of("keep", "archive", "truncate", "snapshot")) {
            Total total = total(verb);
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

    /** The same for a program: one JSON object. */
    public String json() {
        List<Row> rows = new ArrayList<>();
        decisions.forEach(decision -> rows.add(Row.of(decision)));
        try {
            return JSON.writeValueAsString(new Document(index, nowMillis, policyHash, rows, new TreeMap<>(totals)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a plan of plain records", e);
        }
    }

    private record Document(
            long index, long nowMillis, String policyHash, List<Row> decisions, Map<String, Total> totals) {}

    private record Row(
            String decision,
            String policy,
            String tenant,
            String stream,
            List<String> streams,
            String segment,
            Long events,
            Long bytes,
            String label,
            String reason,
            Map<String, Long> numbers) {
        static Row of(Decision decision) {
            SegmentView segment = decision.subject().orElse(null);
            List<String> streams = decision instanceof Decision.Snapshot snapshot
                    ? snapshot.streams().stream().map(StreamView::stream).toList()
                    : null;
            return new Row(
                    decision.verb(),
                    decision.policy(),
                    segment == null ? null : segment.tenant(),
                    segment == null ? null : segment.stream(),
                    streams,
                    segment == null ? null : segment.id().toString(),
                    segment == null ? null : segment.events(),
                    segment == null ? null : segment.bytes(),
                    decision.reason().label(),
                    decision.reason().toString(),
                    decision.reason().numbers());
        }
    }
}
