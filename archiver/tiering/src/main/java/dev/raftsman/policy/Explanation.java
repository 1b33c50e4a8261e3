package dev.raftsman.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.TruncationView;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Why a segment is where it is, and what comes next.
 *
 * @param state of the segment in the catalog
 * @param decision what would be done now; or {@code archived}, {@code truncated}, {@code expired}, {@code uploading} for
 *     what was decided before
 * @param row the label of the decision table's row
 * @param text the comparison
 * @param numbers the same for a program; of earlier decisions the text alone is kept
 * @param version beginning of the hash of the policies that decided
 * @param at when an earlier decision was committed, else null
 * @param markedUntil when it may be deleted, else null
 * @param heldBy who holds it and why, else null
 * @param lock how the store guarded its object when it was archived, else null
 * @param labels of its stream; null if there are none, or they are not known
 * @param outage what an outage of its policy's target does to it, or is about to; null if there is none
 */
public record Explanation(
        String segment,
        String tenant,
        String stream,
        String state,
        long events,
        long bytes,
        String decision,
        String policy,
        String row,
        String text,
        Map<String, Long> numbers,
        String version,
        String at,
        String markedUntil,
        String heldBy,
        String lock,
        Map<String, String> labels,
        String outage) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    /** Of every segment that is wanted, by stream and age. */
    public static List<Explanation> of(
            RetentionPolicies policies,
            CatalogView catalog,
            StoreFacts facts,
            long nowMillis,
            Predicate<SegmentView> wanted) {
        Map<String, Decision> decided = new TreeMap<>();
        for (Decision decision : Decider.decide(policies, catalog, facts, nowMillis)) {
            decision.subject().ifPresent(segment -> decided.put(segment.id().toString(), decision));
        }
        Map<String, String> outages = new TreeMap<>();
        OutageEffect.of(policies, facts.outages(), nowMillis)
                .forEach(effect -> outages.put(effect.policy(), effect.toString()));
        List<Explanation> explanations = new ArrayList<>();
        for (SegmentView segment : catalog.segments()) {
            if (wanted.test(segment)) {
                Decision decision = decided.get(segment.id().toString());
                Explanation explanation = decision == null ? past(segment) : present(segment, decision);
                explanations.add(explanation.with(
                        catalog.labelsOf(segment.streamNumber())
                                .filter(labels -> !labels.isEmpty())
                                .orElse(null),
                        decision == null ? null : outages.get(explanation.policy())));
            }
        }
        return explanations;
    }

    private static Explanation present(SegmentView segment, Decision decision) {
        Reason reason = decision.reason();
        return explanation(
                segment,
                decision.verb(),
                decision.policy(),
                reason.label(),
                reason.text(),
                reason.numbers(),
                reason.version(),
                null);
    }

    private static Explanation past(SegmentView segment) {
        TruncationView truncation = segment.truncation();
        if (truncation != null) {
            String what = segment.archive() == null ? "truncated" : "expired";
            return past(
                    segment,
                    what,
                    truncation.policy(),
                    truncation.reason(),
                    truncation.policyHash(),
                    truncation.atMillis());
        }
        ArchiveView archive = segment.archive();
        if (archive != null) {
            return past(
                    segment,
                    "archived",
                    archive.policy(),
                    archive.reason(),
                    archive.policyHash(),
                    archive.committedAtMillis());
        }
        PreparedView upload = segment.prepared();
        return past(
                segment, "uploading", upload.policy(), upload.reason(), upload.policyHash(), upload.preparedAtMillis());
    }

    private static Explanation past(
            SegmentView segment, String what, String policy, String reason, String policyHash, long atMillis) {
        String why = String.valueOf(reason);
        int space = why.indexOf(' ');
        return explanation(
                segment,
                what,
                policy,
                space < 0 ? why : why.substring(0, space),
                space < 0 ? "" : why.substring(space + 1),
                Map.of(),
                policyHash == null ? "" : RetentionPolicies.version(policyHash),
                Instant.ofEpochMilli(atMillis).toString());
    }

    private static Explanation explanation(
            SegmentView segment,
            String decision,
            String policy,
            String row,
            String text,
            Map<String, Long> numbers,
            String version,
            String at) {
        return new Explanation(
                segment.id().toString(),
                segment.tenant(),
                segment.stream(),
                segment.state().name(),
                segment.events(),
                segment.bytes(),
                decision,
                policy,
                row,
                text,
                numbers,
                version,
                at,
                segment.mark() == null
                        ? null
                        : Instant.ofEpochMilli(segment.mark().dueMillis()).toString(),
                segment.hold() == null
                        ? null
                        : segment.hold().by() + ": " + segment.hold().reason(),
                segment.archive() == null || segment.archive().lock() == null
                        ? null
                        : segment.archive().lock().toString(),
                null,
                null);
    }

    private Explanation with(Map<String, String> itsLabels, String itsOutage) {
        return new Explanation(
                segment,
                tenant,
                stream,
                state,
                events,
                bytes,
                decision,
                policy,
                row,
                text,
                numbers,
                version,
                at,
                markedUntil,
                heldBy,
                lock,
                itsLabels,
                itsOutage);
    }

    /** One line. */
    @Override
    public String toString() {
        return "segment=" + segment + " tenant=" + tenant + " stream=" + stream + " state=" + state + " events="
                + events
                + " bytes=" + Quantity.bytes(bytes) + " decision=" + decision + " policy=" + policy + " row=" + row
                + (text.isEmpty() ? "" : " because=\"" + text + "\"")
                + (numbers.isEmpty()
                        ? ""
                        : " numbers="
                                + numbers.entrySet().stream()
                                        .map(number -> number.getKey() + ":" + number.getValue())
                                        .collect(Collectors.joining(",")))
                + " policies=" + version
                + (at == null ? "" : " at=" + at)
                + (markedUntil == null ? "" : " marked-until=" + markedUntil)
                + (heldBy == null ? "" : " held-by=\"" + heldBy + "\"")
                + (lock == null ? "" : " lock=\"" + lock + "\"")
                + (labels == null ? "" : " labels=" + new TreeMap<>(labels))
                + (outage == null ? "" : " " + outage);
    }

    /** One JSON object. */
    public String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("plain records", e);
        }
    }
}
