package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.lake.LakeListener;
import dev.raftsman.policy.Decision;
import dev.raftsman.segment.SegmentId;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Instant;
import java.util.Locale;

/** The archiver's figures. Written by the workers, read by any thread. */
final class ArchiverMetrics implements ArchiveListener, LakeListener {
    static final String CONTENT_TYPE = PrometheusTextFormatWriter.CONTENT_TYPE;

    /** Of a round that ended in an error. */
    static final String FAILED = "failed";

    private static final double MILLIS_PER_SECOND = 1e3;

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Counter objects = Counter.builder()
            .name("raftsman_archiver_objects_total")
            .help("Objects created and verified.")
            .labelNames("target")
            .register(registry);
    private final Counter objectBytes = Counter.builder()
            .name("raftsman_archiver_object_bytes_total")
            .help("Bytes of objects created and verified.")
            .labelNames("target")
            .register(registry);
    private final Counter sourceBytes = Counter.builder()
            .name("raftsman_archiver_archived_source_bytes_total")
            .help("Bytes of archived events as their sources had them.")
            .register(registry);
    private final Counter requests = Counter.builder()
            .name("raftsman_archiver_requests_total")
            .help("Requests to object stores, as they are billed.")
            .labelNames("target", "operation")
            .register(registry);
    private final Counter decisions = Counter.builder()
            .name("raftsman_archiver_decisions_total")
            .help("Decisions carried out and committed.")
            .labelNames("decision", "policy", "reason")
            .register(registry);
    private final Counter failures = Counter.builder()
            .name("raftsman_archiver_failures_total")
            .help("Steps that failed and are tried again in the next round.")
            .labelNames("step")
            .register(registry);
    private final Counter mismatches = Counter.builder()
            .name("raftsman_archiver_mismatches_total")
            .help("Objects that were not what was stored. Any is an alarm.")
            .register(registry);
    private final Counter marks = Counter.builder()
            .name("raftsman_archiver_marks_total")
            .help("Segments marked to be deleted after their time of grace.")
            .labelNames("decision", "policy", "reason")
            .register(registry);
    private final Gauge outage = Gauge.builder()
            .name("raftsman_archiver_outage_seconds")
            .help("How long nothing but failures came from a target; 0 while it can be reached.")
            .labelNames("target")
            .register(registry);
    private final Gauge outageDeclared = Gauge.builder()
            .name("raftsman_archiver_outage_declared")
            .help("1 while a policy's onArchiveOutage is in effect for a target. An alarm.")
            .labelNames("target")
            .register(registry);
    private final Gauge unavailableSegments = Gauge.builder()
            .name("raftsman_archiver_unavailable_segments")
            .help("Segments to be archived that no collector sends. Any is an alarm; others go on.")
            .register(registry);
    private final Gauge dueSegments = Gauge.builder()
            .name("raftsman_archiver_due_segments")
            .help("Segments that the policies want stored, and that are not yet; as of the last round that acted.")
            .register(registry);
    private final Gauge dueBytes = Gauge.builder()
            .name("raftsman_archiver_due_bytes")
            .help("Their bytes on the collectors.")
            .register(registry);
    private final Gauge dueSeconds = Gauge.builder()
            .name("raftsman_archiver_due_seconds")
            .help("For how long this archiver has seen the oldest of them due.")
            .register(registry);
    private final Gauge startTime = Gauge.builder()
            .name("process_start_time_seconds")
            .help("When this process started, in seconds since 1970.")
            .register(registry);
    private final Gauge lockedObjects = Gauge.builder()
            .name("raftsman_archiver_locked_objects")
            .help("Objects that are due to be deleted and that the store keeps: locked, or under a legal hold.")
            .labelNames("target")
            .register(registry);
    private final Gauge deletionFrozen = Gauge.builder()
            .name("raftsman_archiver_deletion_frozen")
            .help("1 while nothing is deleted, until 'raftsman retention thaw'. An alarm.")
            .register(registry);
    private final Gauge otherPolicies = Gauge.builder()
            .name("raftsman_archiver_other_policies")
            .help("1 while nothing is done because the cluster's policies are others than this archiver's. An alarm.")
            .register(registry);
    private final Counter rounds = Counter.builder()
            .name("raftsman_archiver_rounds_total")
            .help("Rounds, by what they came to.")
            .labelNames("outcome")
            .register(registry);
    private final Gauge lastRound = Gauge.builder()
            .name("raftsman_archiver_last_round_timestamp_seconds")
            .help("When a round last came to its end.")
            .register(registry);
    private final Counter lakeSegments = Counter.builder()
            .name("raftsman_archiver_lake_segments_total")
            .help("Segments whose events were added to a table.")
            .register(registry);
    private final Counter lakeRows = Counter.builder()
            .name("raftsman_archiver_lake_rows_total")
            .help("Events added to tables.")
            .register(registry);
    private final Counter lakeBytes = Counter.builder()
            .name("raftsman_archiver_lake_bytes_total")
            .help("Bytes of files added to tables.")
            .register(registry);
    private final PrometheusTextFormatWriter writer =
            PrometheusTextFormatWriter.builder().build();

    /** Makes the figures that have no label appear before anything has happened. */
    ArchiverMetrics(Iterable<String> targets) {
        for (String target : targets) {
            objects.initLabelValues(target);
            objectBytes.initLabelValues(target);
            outage.initLabelValues(target);
            outageDeclared.initLabelValues(target);
            lockedObjects.initLabelValues(target);
        }
        for (RetentionRound.Outcome outcome : RetentionRound.Outcome.values()) {
            rounds.initLabelValues(outcome.name().toLowerCase(Locale.ROOT));
        }
        rounds.initLabelValues(FAILED);
        startTime.set(ProcessHandle.current()
                        .info()
                        .startInstant()
                        .map(Instant::toEpochMilli)
                        .orElse(0L)
                / MILLIS_PER_SECOND);
    }

    /** Any thread. */
    void request(String target, String operation) {
        requests.labelValues(target, operation).inc();
    }

    @Override
    public void done(Decision decision) {
        if (decision instanceof Decision.Archive archive) {
            sourceBytes.inc(archive.segment().rawBytes());
        }
        decisions
                .labelValues(
                        decision.verb(), decision.policy(), decision.reason().label())
                .inc();
    }

    @Override
    public void stored(String target, long bytes) {
        objects.labelValues(target).inc();
        objectBytes.labelValues(target).inc(bytes);
    }

    @Override
    public void failed(String step) {
        failures.labelValues(step).inc();
    }

    @Override
    public void marked(Decision.Deletion decision) {
        marks.labelValues(decision.verb(), decision.policy(), decision.reason().label())
                .inc();
    }

    @Override
    public void outage(String target, long seconds, boolean declared) {
        outage.labelValues(target).set(seconds);
        outageDeclared.labelValues(target).set(declared ? 1 : 0);
    }

    @Override
    public void unavailable(int segments) {
        unavailableSegments.set(segments);
    }

    @Override
    public void locked(String target, int objects) {
        lockedObjects.labelValues(target).set(objects);
    }

    @Override
    public void due(int segments, long bytes, long sinceMillis) {
        dueSegments.set(segments);
        dueBytes.set(bytes);
        dueSeconds.set(sinceMillis / MILLIS_PER_SECOND);
    }

    @Override
    public void frozen(boolean frozen) {
        deletionFrozen.set(frozen ? 1 : 0);
    }

    @Override
    public void otherPolicies(boolean others) {
        otherPolicies.set(others ? 1 : 0);
    }

    @Override
    public void mismatch() {
        mismatches.inc();
    }

    @Override
    public void exported(SegmentId segment, long rows, long bytes) {
        lakeSegments.inc();
        lakeRows.inc(rows);
        lakeBytes.inc(bytes);
    }

    void round(String outcome, long nowMillis) {
        rounds.labelValues(outcome).inc();
        lastRound.set(nowMillis / MILLIS_PER_SECOND);
    }

    void write(OutputStream out) throws IOException {
        writer.write(out, registry.scrape());
    }
}
