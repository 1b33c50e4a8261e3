package dev.raftsman.archiver;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.FreezeView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.TruncationView;
import dev.raftsman.policy.RetentionPolicies;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * What was decided before, with the reasons given then: from the cluster's catalog, and from the manifests of targets what
 * the catalog does not know (any more). Oldest first; what has no time, as manifests give none, comes before.
 */
public final class RetentionHistory {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private final List<Line> lines = new ArrayList<>();
    private final Predicate<SegmentView> wanted;

    /** @param wanted about which segments; snapshots, freezes and versions of the policies are always told */
    public RetentionHistory(Predicate<SegmentView> wanted) {
        this.wanted = wanted;
    }

    /**
     * One decision; what does not apply is null.
     *
     * @param what archived, truncated, expired, marked, held, snapshot, dropped, frozen, policies
     * @param source catalog, or the target whose manifest says it
     * @param recorded whether the target's manifest has it too; null where that was not looked at
     */
    public record Line(
            String at,
            String what,
            String segment,
            String tenant,
            String stream,
            Long events,
            Long bytes,
            String policy,
            String reason,
            String version,
            String place,
            String source,
            Boolean recorded) {
        @Override
        public String toString() {
            return (at == null ? "-" : at) + " " + what
                    + field("tenant", tenant)
                    + field("stream", stream)
                    + field("segment", segment)
                    + field("events", events)
                    + field("bytes", bytes)
                    + field("policy", policy)
                    + (reason == null ? "" : " reason=\"" + reason + "\"")
                    + field("policies", version)
                    + field("place", place)
                    + field("source", source)
                    + field("recorded", recorded);
        }

        private static String field(String name, Object value) {
            return value == null ? "" : " " + name + "=" + value;
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

    /**
     * Adds what the catalog tells.
     *
     * @param manifests of targets, by name, refreshed; empty if none is looked at
     */
    public RetentionHistory add(CatalogView catalog, Map<String, Manifest> manifests) {
        Map<String, Map<String, ManifestEntry>> entries = new HashMap<>();
        manifests.forEach((target, manifest) -> entries.put(target, bySegment(manifest)));
        for (SegmentView segment : catalog.segments()) {
            if (wanted.test(segment)) {
                add(segment, entries);
            }
        }
        for (SnapshotView snapshot : catalog.snapshots()) {
            add(snapshot);
        }
        for (PoliciesView policies : catalog.policies() == null ? List.<PoliciesView>of() : catalog.policies()) {
            lines.add(new Line(
                    time(policies.atMillis()),
                    "policies",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    "declared by " + policies.by()
                            + (policies.actor() == null ? "" : ", acted on last by " + policies.actor()),
                    RetentionPolicies.version(policies.hash()),
                    null,
                    "catalog",
                    null));
        }
        FreezeView freeze = catalog.freeze();
        if (freeze != null) {
            lines.add(new Line(
                    time(freeze.atMillis()),
                    "frozen",
                    null,
                    null,
                    null,
                    null,
                    null,
                    null,
                    freeze.by() + ": " + freeze.reason(),
                    null,
                    null,
                    "catalog",
                    null));
        }
        manifests.forEach((target, manifest) -> {
            manifest.archived().forEach(entry -> addUnknown(catalog, target, "archived", entry));
            manifest.truncated().forEach(entry -> addUnknown(catalog, target, "truncated", entry));
        });
        return this;
    }

    private void add(SnapshotView snapshot) {
        String policy = snapshot.id().substring(0, Math.max(0, snapshot.id().indexOf('.')));
        add(snapshot, snapshot.recordedAtMillis(), "snapshot", policy, null, null);
        MarkView mark = snapshot.mark();
        if (mark != null) {
            String why = mark.reason() + ", until " + time(mark.dueMillis());
            add(snapshot, mark.atMillis(), "marked", mark.policy(), why, mark.policyHash());
        }
        HoldView hold = snapshot.hold();
        if (hold != null) {
            add(snapshot, hold.atMillis(), "held", null, hold.by() + ": " + hold.reason(), null);
        }
        TruncationView givenUp = snapshot.givenUp();
        if (givenUp != null) {
            add(snapshot, givenUp.atMillis(), "dropped", givenUp.policy(), givenUp.reason(), givenUp.policyHash());
        }
    }

    private void add(
            SnapshotView snapshot, long atMillis, String what, String policy, String reason, String policyHash) {
        lines.add(new Line(
                time(atMillis),
                what,
                null,
                null,
                null,
                null,
                null,
                policy,
                reason,
                policyHash == null ? null : RetentionPolicies.version(policyHash),
                snapshot.target() + ":" + snapshot.key(),
                "catalog",
                null));
    }

    private static Map<String, ManifestEntry> bySegment(Manifest manifest) {
        Map<String, ManifestEntry> entries = new HashMap<>();
        manifest.archived()
                .forEach(entry -> entries.put("archived " + entry.segment().id(), entry));
        manifest.truncated()
                .forEach(entry -> entries.put("truncated " + entry.segment().id(), entry));
        return entries;
    }

    private void add(SegmentView segment, Map<String, Map<String, ManifestEntry>> entries) {
        ArchiveView archive = segment.archive();
        if (archive != null) {
            Map<String, ManifestEntry> manifest = entries.get(archive.target());
            add(
                    archive.committedAtMillis(),
                    "archived",
                    segment,
                    archive.policy(),
                    archive.reason(),
                    archive.policyHash(),
                    archive.target() + ":" + archive.key(),
                    manifest == null ? null : manifest.containsKey("archived " + segment.id()));
        }
        MarkView mark = segment.mark();
        if (mark != null) {
            add(
                    mark.atMillis(),
                    "marked",
                    segment,
                    mark.policy(),
                    mark.reason() + ", until " + time(mark.dueMillis()),
                    mark.policyHash(),
                    null,
                    null);
        }
        HoldView hold = segment.hold();
        if (hold != null) {
            add(hold.atMillis(), "held", segment, null, hold.by() + ": " + hold.reason(), null, null, null);
        }
        TruncationView truncation = segment.truncation();
        if (truncation != null) {
            Boolean recorded = entries.isEmpty()
                    ? null
                    : entries.values().stream().anyMatch(manifest -> manifest.containsKey("truncated " + segment.id()));
            add(
                    truncation.atMillis(),
                    archive == null ? "truncated" : "expired",
                    segment,
                    truncation.policy(),
                    truncation.reason(),
                    truncation.policyHash(),
                    null,
                    recorded);
        }
    }

    private void add(
            long atMillis,
            String what,
            SegmentView segment,
            String policy,
            String reason,
            String policyHash,
            String place,
            Boolean recorded) {
        lines.add(line(time(atMillis), what, segment, policy, reason, policyHash, place, "catalog", recorded));
    }

    private void addUnknown(CatalogView catalog, String target, String what, ManifestEntry entry) {
        SegmentView segment = entry.segment();
        if (catalog.segment(segment.id()).isEmpty() && wanted.test(segment)) {
            lines.add(line(
                    null,
                    what,
                    segment,
                    entry.policy(),
                    entry.reason(),
                    entry.policyHash(),
                    entry.key() == null ? null : target + ":" + entry.key(),
                    target,
                    true));
        }
    }

    private static Line line(
            String at,
            String what,
            SegmentView segment,
            String policy,
            String reason,
            String policyHash,
            String place,
            String source,
            Boolean recorded) {
        return new Line(
                at,
                what,
                segment.id().toString(),
                segment.tenant(),
                segment.stream(),
                segment.events(),
                segment.bytes(),
                policy,
                reason,
                policyHash == null ? null : RetentionPolicies.version(policyHash),
                place,
                source,
                recorded);
    }

    private static String time(long millis) {
        return Instant.ofEpochMilli(millis).toString();
    }

    public List<Line> lines() {
        List<Line> sorted = new ArrayList<>(lines);
        sorted.sort(Comparator.comparing(Line::at, Comparator.nullsFirst(Comparator.naturalOrder())));
        return sorted;
    }
}
