package dev.raftsman.standalone;

import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPlan;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.restore.Audit;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Compares what the demo offered with what each stage has, and prints figures and decisions. One thread. */
final class DemoReport {
    private final RetentionPolicies policies;
    private final List<Offered> offered;
    private final CatalogView catalog;
    private final ArchiveContents archive;

    /** One line of decisions that are alike: those whose reasons differ in numbers only. */
    private record Decided(String verb, String stream, String policy, String label) {}

    private static final class Sum {
        private final String firstReason;
        private long segments;
        private long events;
        private long bytes;

        Sum(String firstReason) {
            this.firstReason = firstReason;
        }

        void add(SegmentView segment) {
            segments++;
            events += segment.events();
            bytes += segment.bytes();
        }
    }

    /**
     * @param offered what each stream was given
     * @param catalog once nothing is hot any more
     */
    DemoReport(RetentionPolicies policies, List<Offered> offered, CatalogView catalog, ArchiveContents archive) {
        this.policies = policies;
        this.offered = offered;
        this.catalog = catalog;
        this.archive = archive;
    }

    private boolean isTruncating(String stream) {
        return policies.policyFor(ClusterFiles.TENANT, stream)
                .map(policy -> policy.then() == Policy.Action.TRUNCATE)
                .orElse(false);
    }

    /**
     * @param plan what the policies meant to do when everything was sealed
     * @param before the catalog that the plan was made from
     * @param cold reads the archive alone
     */
    DemoSummary compare(RetentionPlan plan, CatalogView before, StreamReader cold) throws IOException {
        List<String> mismatches = new ArrayList<>();
        Audit audit = cold.audit(cold.streams().stream()
                .filter(name -> !isTruncating(name.stream()))
                .collect(Collectors.toSet()));
        if (offered.isEmpty()) {
            mismatches.add("nothing is known of what was offered: its source did not end in time");
        }
        long offeredEvents = 0;
        long stored = 0;
        long archived = 0;
        long read = 0;
        for (Offered stream : offered) {
            long storedOfStream = Demo.storedEvents(catalog, stream.stream());
            if (isTruncating(stream.stream())) {
                if (storedOfStream != stream.events()) {
                    mismatches.add("stream %s: offered %,d events, stored %,d"
                            .formatted(stream.stream(), stream.events(), storedOfStream));
                }
                continue;
            }
            Offered back = readBack(cold, stream.stream());
            offeredEvents += stream.events();
            stored += storedOfStream;
            archived += archive.archivedEvents(stream.stream());
            read += back.events();
            if (!back.equals(stream)) {
                mismatches.add("stream %s: offered %s, read back %s".formatted(stream.stream(), stream, back));
            }
        }
        long truncated = eventsIn(catalog, SegmentState.TRUNCATED);
        long planned = eventsIn(before, SegmentState.TRUNCATED)
                + plan.total("truncate").events();
        return new DemoSummary(
                offeredEvents,
                stored,
                archived,
                read,
                Math.max(audit.lost(), offeredEvents - read),
                audit.duplicated(),
                truncated,
                planned,
                truncationReason(plan),
                mismatches);
    }

    private static Offered readBack(StreamReader cold, String stream) throws IOException {
        Offered.Tally tally = new Offered.Tally();
        long[] events = new long[1];
        if (cold.streams().contains(new StreamReader.StreamName(ClusterFiles.TENANT, stream))) {
            try (BlockReader blocks = new BlockReader()) {
                cold.readStream(ClusterFiles.TENANT, stream, (segment, epoch, raftIndex, block) -> {
                    blocks.writeRaw(block, tally);
                    events[0] += block.kind() == BlockKind.GAP ? 0 : block.count();
                });
            }
        }
        Offered read = tally.offered(stream);
        return new Offered(stream, events[0], read.bytes(), read.sha256());
    }

    private static long eventsIn(CatalogView catalog, SegmentState state) {
        return catalog.segments().stream()
                .filter(segment -> segment.state() == state)
                .mapToLong(SegmentView::events)
                .sum();
    }

    private String truncationReason(RetentionPlan plan) {
        for (SegmentView segment : catalog.segments()) {
            if (segment.truncation() != null) {
                return segment.truncation().reason() + " (policy "
                        + segment.truncation().policy() + ")";
            }
        }
        return plan.decisions().stream()
                .filter(Decision.Truncate.class::isInstance)
                .findFirst()
                .map(decision -> decision.reason() + " (policy " + decision.policy() + ")")
                .orElse("no stream has a policy that truncates");
    }

    /**
     * @param seconds from the first event stored to the last
     * @param agent its metrics when the last was stored
     * @param raftLogBytes written to one node's Raft log
     */
    void printFigures(PrintStream out, double seconds, MetricsPage agent, long raftLogBytes) {
        long events = catalog.segments().stream().mapToLong(SegmentView::events).sum();
        long raw = offered.stream().mapToLong(Offered::bytes).sum();
        long segments =
                catalog.segments().stream().mapToLong(SegmentView::bytes).sum();
        out.printf(
                "%,d events in %.1f s: %,.0f events/s, %.1f MB/s raw; ack p50 %.1f ms, p99 %.1f ms%n",
                events,
                seconds,
                seconds > 0 ? events / seconds : 0,
                seconds > 0 ? raw / 1e6 / seconds : 0,
                1e3 * agent.sum("raftsman_agent_ack_seconds", "quantile=\"0.5\""),
                1e3 * agent.sum("raftsman_agent_ack_seconds", "quantile=\"0.99\""));
        out.printf(
                "bytes: raw %s, WAL %s, wire %s, Raft log %s a node, segments %s a node, objects %s%n",
                Bytes.text(raw),
                Bytes.text(agent.total("raftsman_agent_wal_bytes_total")),
                Bytes.text(agent.total("raftsman_agent_wire_bytes_total")),
                Bytes.text(raftLogBytes),
                Bytes.text(segments),
                Bytes.text(archive.objectBytes()));
        decisions()
                .forEach((decided, sum) -> out.printf(
                        "%-8s stream=%s policy=%s: %,d segments, %,d events, %s; reason=%s%n",
                        decided.verb(),
                        decided.stream(),
                        decided.policy(),
                        sum.segments,
                        sum.events,
                        Bytes.text(sum.bytes),
                        sum.firstReason));
        for (ManifestEntry snapshot : archive.snapshots()) {
            out.printf(
                    "%-8s %s policy=%s; reason=%s%n",
                    "snapshot", snapshot.snapshotId(), snapshot.policy(), snapshot.reason());
        }
        out.flush();
    }

    /** Decisions done, those that are alike added up. The label of a reason comes before its numbers. */
    private Map<Decided, Sum> decisions() {
        Map<Decided, Sum> sums = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            String verb = "keep";
            String policy = "-";
            String reason = "still " + segment.state();
            if (segment.archive() != null) {
                verb = "archive";
                policy = segment.archive().policy();
                reason = segment.archive().reason();
            } else if (segment.truncation() != null) {
                verb = "truncate";
                policy = segment.truncation().policy();
                reason = segment.truncation().reason();
            }
            Decided decided = new Decided(verb, segment.stream(), policy, reason.split(" ")[0]);
            String first = reason;
            sums.computeIfAbsent(decided, key -> new Sum(first)).add(segment);
        }
        return sums;
    }
}
