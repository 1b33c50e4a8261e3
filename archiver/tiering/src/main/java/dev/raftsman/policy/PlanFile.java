package dev.raftsman.policy;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.objects.Sha256;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A plan as a file: what was decided, and of each segment the facts it was decided by. It is carried out as it stands, or
 * not at all.
 *
 * <pre>
 * {"format": 1, "index": ..., "nowMillis": ..., "policyHash": "...",
 *  "decisions": [{"decision": "truncate", "policy": "...", "segment": "s1-...", "facts": {...}, "label": "hot-age", ...}],
 *  "totals": {...}, "costs": [...], "outages": [...],
 *  "sha256": digest of all the rest as it is written here}
 * </pre>
 *
 * @param outages what an outage does to the decisions; null if every target could be reached
 * @param sha256 null while it is computed
 */
public record PlanFile(
        int format,
        long index,
        long nowMillis,
        String policyHash,
        List<Row> decisions,
        Map<String, RetentionPlan.Total> totals,
        List<CostEstimate> costs,
        List<OutageEffect> outages,
        String sha256) {
    private static final int FORMAT = 1;

    /** A segment takes about half a KiB of it. */
    private static final long MAX_BYTES = 256L << 20;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    public PlanFile {
        decisions = List.copyOf(decisions);
        totals = new TreeMap<>(totals);
        costs = List.copyOf(costs);
        outages = outages == null || outages.isEmpty() ? null : List.copyOf(outages);
    }

    /** What is in the file is no plan, or not the one that was written. */
    public static final class NoPlanException extends IOException {
        private static final long serialVersionUID = 1L;

        NoPlanException(String message) {
            super(message);
        }
    }

    /** What a decision about a segment stands on. */
    public record Facts(
            String state,
            long bytes,
            String sha256,
            String upload,
            Long markedUntilMillis,
            String heldBy,
            String archiveKey) {
        static Facts of(SnapshotView snapshot) {
            return new Facts(
                    snapshot.kept() ? "KEPT" : "GIVEN_UP",
                    0,
                    null,
                    null,
                    snapshot.mark() == null ? null : snapshot.mark().dueMillis(),
                    snapshot.hold() == null ? null : snapshot.hold().by(),
                    snapshot.key());
        }

        static Facts of(SegmentView segment) {
            return new Facts(
                    segment.state().name(),
                    segment.bytes(),
                    segment.sha256(),
                    segment.prepared() == null
                            ? null
                            : segment.prepared().token().toString(),
                    segment.mark() == null ? null : segment.mark().dueMillis(),
                    segment.hold() == null ? null : segment.hold().by(),
                    segment.archive() == null ? null : segment.archive().key());
        }

        /** What is another now, for a person. */
        private String changed(Facts now) {
            List<String> changes = new ArrayList<>();
            change(changes, "state", state, now.state);
            change(changes, "bytes", bytes, now.bytes);
            change(changes, "sha256", sha256, now.sha256);
            change(changes, "upload", upload, now.upload);
            change(changes, "markedUntilMillis", markedUntilMillis, now.markedUntilMillis);
            change(changes, "heldBy", heldBy, now.heldBy);
            change(changes, "archiveKey", archiveKey, now.archiveKey);
            return String.join(", ", changes);
        }

        private static void change(List<String> changes, String name, Object before, Object now) {
            if (!Objects.equals(before, now)) {
                changes.add(name + " was " + before + ", is " + now);
            }
        }
    }

    /** One decision; what does not apply is null. */
    public record Row(
            String decision,
            String policy,
            String tenant,
            String stream,
            List<String> streams,
            List<Integer> streamNumbers,
            String segment,
            Long events,
            Long bytes,
            Facts facts,
            String label,
            String reason,
            Map<String, Long> numbers,
            String target,
            String snapshotId,
            Long graceMillis) {
        public Row {
            numbers = numbers == null ? Map.of() : new TreeMap<>(numbers);
        }

        static Row of(Decision decision) {
            SegmentView segment = decision.subject().orElse(null);
            Decision.Snapshot snapshot = decision instanceof Decision.Snapshot its ? its : null;
            Decision.Archive archive = decision instanceof Decision.Archive its ? its : null;
            Decision.OfSnapshot old = decision instanceof Decision.OfSnapshot its ? its : null;
            Decision.Deletion deletion = decision instanceof Decision.Deletion its ? its : null;
            return new Row(
                    decision.verb(),
                    decision.policy(),
                    segment == null ? null : segment.tenant(),
                    segment == null ? null : segment.stream(),
                    snapshot == null
                            ? null
                            : snapshot.streams().stream()
                                    .map(StreamView::stream)
                                    .toList(),
                    snapshot == null
                            ? null
                            : snapshot.streams().stream()
                                    .map(StreamView::number)
                                    .toList(),
                    segment == null ? null : segment.id().toString(),
                    segment == null ? null : segment.events(),
                    segment == null ? null : segment.bytes(),
                    facts(decision),
                    decision.reason().label(),
                    decision.reason().toString(),
                    decision.reason().numbers(),
                    archive != null ? archive.target() : snapshot != null ? snapshot.target() : null,
                    old != null
                            ? old.snapshot().id()
                            : archive == null ? null : archive.snapshotId().orElse(null),
                    deletion == null ? null : deletion.graceMillis());
        }

        private static Facts facts(Decision decision) {
            if (!decision.acts()) {
                return null;
            }
            return decision instanceof Decision.OfSnapshot old
                    ? Facts.of(old.snapshot())
                    : decision.subject().map(Facts::of).orElse(null);
        }

        private boolean isOfSnapshot() {
            return segment == null && snapshotId != null;
        }

        /** As {@link Decision#about} of the decision. */
        private String about() {
            return segment != null ? segment : isOfSnapshot() ? "snapshot " + snapshotId : "policy " + policy;
        }

        private boolean acts() {
            return !decision.equals("keep");
        }

        private Reason why(String version) {
            String text = reason.startsWith(label + " ") ? reason.substring(label.length() + 1) : "";
            return new Reason(label, text, numbers, version);
        }

        private String name() {
            return decision + (segment != null || isOfSnapshot() ? " of " : " by ") + about();
        }
    }

    static PlanFile of(RetentionPlan plan) {
        PlanFile bare = new PlanFile(
                FORMAT,
                plan.index(),
                plan.nowMillis(),
                plan.policyHash(),
                plan.decisions().stream().map(Row::of).toList(),
                plan.totals(),
                plan.costs(),
                plan.outages(),
                null);
        return bare.with(bare.digest());
    }

    private PlanFile with(String digest) {
        return new PlanFile(format, index, nowMillis, policyHash, decisions, totals, costs, outages, digest);
    }

    private String digest() {
        return Sha256.of(with(null).json().getBytes(StandardCharsets.UTF_8));
    }

    String json() {
        try {
            return JSON.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a plan of plain records", e);
        }
    }

    /** @throws NoPlanException if it is none, one of a newer version, or was changed since it was written */
    public static PlanFile read(Path file) throws IOException {
        long size = Files.size(file);
        if (size > MAX_BYTES) {
            throw new NoPlanException(file + " has " + size + " bytes; a plan has at most " + MAX_BYTES);
        }
        PlanFile plan;
        try {
            plan = JSON.readValue(Files.readAllBytes(file), PlanFile.class);
        } catch (JsonProcessingException | IllegalArgumentException | NullPointerException e) {
            String where = e instanceof JsonProcessingException json && json.getLocation() != null
                    ? ":" + json.getLocation().getLineNr() + ":"
                            + json.getLocation().getColumnNr()
                    : "";
            throw new NoPlanException(file + where + " is no plan; expected what 'retention plan --out' wrote");
        }
        if (plan == null || plan.format != FORMAT) {
            throw new NoPlanException(file + " is no plan of format " + FORMAT);
        }
        if (!plan.digest().equals(plan.sha256)) {
            throw new NoPlanException(
                    file + " was changed after it was written: SHA-256 " + plan.digest() + "; it says " + plan.sha256);
        }
        return plan;
    }

    /**
     * What keeps the plan from being carried out as it stands.
     *
     * @param nowMillis the cluster's time
     * @return a line for each change; empty if everything is as it was decided by
     */
    public List<String> changes(RetentionPolicies policies, CatalogView catalog, StoreFacts facts, long nowMillis) {
        List<String> changes = new ArrayList<>();
        if (!policies.hash().equals(policyHash)) {
            changes.add("policies were " + RetentionPolicies.version(policyHash) + ", are " + policies.version());
            return changes; // Whatever follows from them has changed too.
        }
        Map<String, Decision> now = new TreeMap<>();
        for (Decision decision : Decider.decide(policies, catalog, facts, nowMillis)) {
            now.put(decision.about(), decision);
        }
        for (Row row : decisions) {
            if (row.acts()) {
                change(row, catalog, now).ifPresent(change -> changes.add(row.name() + ": " + change));
            }
        }
        return changes;
    }

    private static Optional<String> change(Row row, CatalogView catalog, Map<String, Decision> now) {
        if (row.segment() != null) {
            Optional<SegmentView> segment = catalog.segment(SegmentId.parse(row.segment()));
            if (segment.isEmpty()) {
                return Optional.of("no such segment");
            }
            String changed = row.facts().changed(Facts.of(segment.get()));
            if (!changed.isEmpty()) {
                return Optional.of(changed);
            }
        }
        if (row.isOfSnapshot()) {
            Optional<SnapshotView> snapshot = snapshot(catalog, row.snapshotId());
            if (snapshot.isEmpty()) {
                return Optional.of("no such snapshot");
            }
            String changed = row.facts().changed(Facts.of(snapshot.get()));
            if (!changed.isEmpty()) {
                return Optional.of(changed);
            }
        }
        Decision decided = now.get(row.about());
        if (decided == null) {
            return Optional.of("nothing would be decided now");
        }
        Row again = Row.of(decided);
        boolean same = again.decision().equals(row.decision())
                && again.policy().equals(row.policy())
                && Objects.equals(again.target(), row.target())
                && Objects.equals(again.snapshotId(), row.snapshotId())
                && Objects.equals(again.streamNumbers(), row.streamNumbers());
        return same ? Optional.empty() : Optional.of("now it would be: " + again.decision() + ", " + again.reason());
    }

    private static Optional<SnapshotView> snapshot(CatalogView catalog, String id) {
        return catalog.snapshots().stream()
                .filter(snapshot -> snapshot.id().equals(id))
                .findFirst();
    }

    /**
     * The decisions that change something, about the segments as they are in the catalog. Of a plan without {@link
     * #changes}.
     */
    public List<Decision> toDo(CatalogView catalog) {
        String version = RetentionPolicies.version(policyHash);
        List<Decision> toDo = new ArrayList<>();
        for (Row row : decisions) {
            if (!row.acts()) {
                continue;
            }
            Reason why = row.why(version);
            SegmentView segment = row.segment() == null
                    ? null
                    : catalog.segment(SegmentId.parse(row.segment())).orElseThrow();
            toDo.add(
                    switch (row.decision()) {
                        case "truncate" -> new Decision.Truncate(segment, row.policy(), why, row.graceMillis());
                        case "expire" -> new Decision.Expire(segment, row.policy(), why, row.graceMillis());
                        case "spare" ->
                            row.isOfSnapshot()
                                    ? new Decision.SpareSnapshot(
                                            snapshot(catalog, row.snapshotId()).orElseThrow(), row.policy(), why)
                                    : new Decision.Spare(segment, row.policy(), why);
                        case "drop" ->
                            new Decision.DropSnapshot(
                                    snapshot(catalog, row.snapshotId()).orElseThrow(),
                                    row.policy(),
                                    why,
                                    row.graceMillis());
                        case "archive" ->
                            new Decision.Archive(
                                    segment, row.policy(), why, row.target(), Optional.ofNullable(row.snapshotId()));
                        case "snapshot" ->
                            new Decision.Snapshot(
                                    row.streamNumbers().stream()
                                            .map(number ->
                                                    catalog.stream(number).orElseThrow())
                                            .toList(),
                                    row.policy(),
                                    why,
                                    row.target());
                        default -> throw new IllegalArgumentException("decision " + row.decision());
                    });
        }
        return toDo;
    }

    /** When it was made, by the cluster's time. */
    public Instant madeAt() {
        return Instant.ofEpochMilli(nowMillis);
    }
}
