package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.ingest.AgentLag;
import dev.raftsman.query.QueryServer;
import dev.raftsman.raft.DiskMarks;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.SegmentCare;
import dev.raftsman.tls.TlsStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/** What the metrics page has of a node's log, state and disk, asked when the page is. */
final class NodeMetrics {
    private static final double MILLIS_PER_SECOND = 1e3;
    private static final long STARTED_MILLIS = ProcessHandle.current()
            .info()
            .startInstant()
            .map(Instant::toEpochMilli)
            .orElse(0L);

    private NodeMetrics() {}

    static void register(
            CollectorMetrics metrics,
            RatisLog log,
            StoreState.Holder state,
            SegmentUpkeep upkeep,
            Clockwork clockwork,
            DataDirectory data,
            DiskMarks marks,
            Duration scrubPeriod,
            BooleanSupplier votes) {
        metrics.counter(
                "raftsman_collector_raft_log_bytes_total",
                "Bytes of the log's entries applied by this node since its start.",
                log::appliedBytes);
        metrics.counter(
                "raftsman_collector_segment_bytes_total",
                "Bytes of all segments in the tables, wherever they are now.",
                () -> CollectorMetrics.bytes(state.view().segments()));
        metrics.counter(
                "raftsman_collector_votes_forced_total",
                "How often this node made its vote durable, for others or for itself.",
                log::votesForced);
        metrics.counter(
                "raftsman_collector_catch_ups_total",
                "Snapshots of other nodes that this node took over, having been away for longer than the log is kept.",
                () -> state.progress().installed());
        metrics.counter(
                "raftsman_collector_fetched_bytes_total",
                "Bytes of segments fetched from other nodes to catch up, or found here already.",
                () -> state.progress().fetchedBytes());
        metrics.gauge(
                "raftsman_collector_catch_up_left_bytes",
                "Bytes that this node still fetches to catch up; 0 if it does not.",
                () -> state.progress().leftBytes());
        metrics.gauge(
                "raftsman_collector_damaged_segments",
                "Sealed segments damaged or missing here and not yet fetched again.",
                () -> care(state, care -> care.damaged().size()));
        metrics.counter(
                "raftsman_collector_damage_found_total",
                "Sealed segments found damaged or missing here since the state was opened.",
                () -> care(state, SegmentCare::found));
        metrics.counter(
                "raftsman_collector_segments_repaired_total",
                "Sealed segments fetched again from other nodes since the state was opened.",
                () -> care(state, SegmentCare::repaired));
        metrics.counter(
                "raftsman_collector_scrubbed_bytes_total",
                "Bytes of sealed segments read again to compare them.",
                upkeep::scrubbedBytes);
        metrics.gauge(
                "raftsman_collector_is_leader",
                "1 if this node leads and takes entries.",
                () -> log.leadership().ready() ? 1 : 0);
        metrics.gauge(
                "raftsman_collector_applied_index",
                "Raft index of the last entry applied.",
                () -> log.facts().appliedIndex());
        metrics.gauge(
                "raftsman_collector_raft_log_disk_bytes",
                "Size of the log's files.",
                () -> log.facts().logBytes());
        metrics.gauge(
                "raftsman_collector_silent_followers",
                "Members that this node, leading, has not heard for 5 s.",
                clockwork::silentFollowers);
        metrics.gauge("raftsman_collector_disk_free_bytes", "Free space for data.", data::usableBytes);
        metrics.gauge(
                "raftsman_collector_disk_room",
                "2: enough; 1: the reserve is reached, no blocks are taken; 0: full, nothing is taken.",
                () -> switch (marks.room()) {
                    case ENOUGH -> 2;
                    case RESERVE -> 1;
                    case FULL -> 0;
                });
        metrics.gauge(
                "raftsman_collector_disk_soft_mark_bytes",
                "Free space below which no blocks are taken: the reserve.",
                marks::softBytes);
        metrics.gauge(
                "raftsman_collector_disk_hard_mark_bytes",
                "Free space below which nothing is taken.",
                marks::hardBytes);
        metrics.gauge(
                "raftsman_collector_votes",
                "1 if this node is a member that votes.",
                () -> votes.getAsBoolean() ? 1 : 0);
        metrics.gauges(
                "raftsman_collector_segments",
                "Segments in the tables, by state; open and sealed ones are on the collectors.",
                "state",
                () -> byState(state.view(), segment -> 1));
        metrics.gauges(
                "raftsman_collector_segments_bytes",
                "Their bytes; of archived ones those that they had here.",
                "state",
                () -> byState(state.view(), SegmentView::bytes));
        metrics.gauge(
                "raftsman_collector_throttled_streams",
                "Streams whose blocks are refused while their archive cannot be reached.",
                () -> state.view().throttles() == null
                        ? 0
                        : state.view().throttles().size());
        metrics.gauge(
                "raftsman_collector_scrub_pass_seconds",
                "How long the pass lasts by now in which every sealed segment is read again.",
                () -> upkeep.scrubPassMillis() / MILLIS_PER_SECOND);
        metrics.gauge(
                "raftsman_collector_scrub_period_seconds",
                "How long it should last at most.",
                () -> scrubPeriod.toMillis() / MILLIS_PER_SECOND);
        metrics.gauge(
                "process_start_time_seconds",
                "When this process started, in seconds since 1970.",
                () -> STARTED_MILLIS / MILLIS_PER_SECOND);
        metrics.gauge(
                "raftsman_collector_apply_waits_for_space",
                "1 while a committed entry waits for space.",
                () -> state.waitingForSpace() ? 1 : 0);
    }

    /** What they say of themselves; the sum, since there may be thousands. */
    static void registerAgents(CollectorMetrics metrics, Supplier<List<AgentLag>> agents) {
        metrics.gauge(
                "raftsman_collector_agents",
                "Agents that are connected to this node, which is only where it leads.",
                () -> here(agents).count());
        metrics.gauge(
                "raftsman_collector_agents_lag_bytes",
                "Bytes that connected agents have, and that are not acknowledged.",
                () -> here(agents).mapToLong(AgentLag::lagBytes).sum());
        metrics.gauge(
                "raftsman_collector_agents_lag_seconds",
                "Age of the oldest of these bytes.",
                () -> here(agents).mapToDouble(AgentLag::lagSeconds).max().orElse(0));
    }

    /** Certificates of this node, by what they are shown to: sidecars, other nodes. */
    static void registerCertificates(CollectorMetrics metrics, Map<String, Supplier<TlsStatus>> certificates) {
        metrics.gauges(
                "raftsman_collector_certificate_not_after_timestamp_seconds",
                "When this node's certificate ends, in seconds since 1970; 0 where it talks in plain text.",
                "use",
                () -> byUse(certificates, tls -> Math.max(0, tls.notAfterMillis()) / MILLIS_PER_SECOND));
        metrics.gauges(
                "raftsman_collector_certificate_files_unusable",
                "1 while changed TLS files cannot be used; those before stay in force.",
                "use",
                () -> byUse(certificates, tls -> tls.filesUnusable() ? 1.0 : 0.0));
    }

    private static Map<String, Double> byUse(
            Map<String, Supplier<TlsStatus>> certificates, ToDoubleFunction<TlsStatus> what) {
        Map<String, Double> values = new TreeMap<>();
        certificates.forEach((use, status) -> {
            TlsStatus tls = status.get();
            values.put(use, tls == null ? 0 : what.applyAsDouble(tls));
        });
        return values;
    }

    private static Map<String, Double> byState(CatalogView view, ToLongFunction<SegmentView> what) {
        Map<SegmentState, Long> sums = new EnumMap<>(SegmentState.class);
        for (SegmentState each : SegmentState.values()) {
            sums.put(each, 0L);
        }
        view.segments().forEach(segment -> sums.merge(segment.state(), what.applyAsLong(segment), Long::sum));
        Map<String, Double> values = new TreeMap<>();
        sums.forEach((each, sum) -> values.put(each.name().toLowerCase(Locale.ROOT), (double) sum));
        return values;
    }

    private static Stream<AgentLag> here(Supplier<List<AgentLag>> agents) {
        return agents.get().stream().filter(AgentLag::connected);
    }

    static void register(CollectorMetrics metrics, QueryServer query) {
        metrics.gauge("raftsman_collector_tails", "Readers that follow a stream at this node now.", query::tailsOpen);
        metrics.counter(
                "raftsman_collector_tail_items_total",
                "Events, lines and gaps sent to readers that follow streams, since the start.",
                query::itemsServed);
    }

    private static long care(StoreState.Holder state, ToLongFunction<SegmentCare> what) {
        ReplicatedState now = state.get();
        return now == null ? 0 : what.applyAsLong(now.care());
    }
}
