package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What rules and dashboard ask for is what processes print. */
class ObservabilityKitIT {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    /** By a label that is known only when something happens that does not here; declared in these classes. */
    private static final Map<String, String> ONLY_IN_TROUBLE = Map.of(
            "raftsman_agent_stopped_sources_total",
                    "agent/sidecar/src/main/java/dev/raftsman/sidecar/AgentMetrics.java",
            "raftsman_agent_dropped_events_total", "agent/sidecar/src/main/java/dev/raftsman/sidecar/AgentMetrics.java",
            "raftsman_archiver_failures_total",
                    "archiver/tiering/src/main/java/dev/raftsman/archiver/ArchiverMetrics.java",
            "raftsman_archiver_marks_total",
                    "archiver/tiering/src/main/java/dev/raftsman/archiver/ArchiverMetrics.java");

    private static final Pattern SAMPLE = Pattern.compile("(?m)^([a-z_]+)(?:\\{.*})? [^ ]+$");

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void processesPrintWhatRulesAndDashboardAskFor() throws IOException {
        Path log = directory.path().resolve("feed.log");
        Files.writeString(log, "a line\n".repeat(1_000));
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 1);
        files.writeCollectors("1MiB", "1s");
        files.writeAgent(Map.of("feed", log), "64MiB");
        files.writeArchiver(
                "500ms", """
                version: 1
                targets: {cold: {type: directory, path: %s}}
                policies: [{name: all, to: cold, keepHot: {age: 0s}}]
                """.formatted(ClusterFiles.quoted(directory.path().resolve("cold"))));
        Set<String> printed = new HashSet<>();
        try (LocalCluster cluster = new LocalCluster(files)) {
            cluster.startCollectors();
            cluster.startAgent();
            cluster.startArchiver();
            LocalCluster.await(
                    "a segment in the archive",
                    LIMIT,
                    () -> cluster.metrics(files.archiverHttp())
                                    .sum("raftsman_archiver_decisions_total", "decision=\"archive\"")
                            > 0);
            LocalCluster.await(
                    "the agent's word that nothing is left",
                    LIMIT,
                    () -> cluster.get(files.http(1), "/v1/agents")
                            .orElse("")
                            .contains("{\"stream\":\"feed\",\"lagBytes\":0,\"lagSeconds\":0.0,"));
            for (String http : List.of(files.http(1), files.agentHttp(), files.archiverHttp())) {
                String page = cluster.get(http, "/metrics").orElseThrow();
                SAMPLE.matcher(page).results().forEach(sample -> printed.add(sample.group(1)));
            }
        }
        for (Map.Entry<String, String> rare : ONLY_IN_TROUBLE.entrySet()) {
            assertThat(Files.readString(Checkout.root().resolve(rare.getValue())))
                    .contains("\"" + rare.getKey() + "\"");
            printed.add(rare.getKey());
        }
        Set<String> asked = ObservabilityKit.read().metrics();
        assertThat(asked).hasSizeGreaterThan(50);
        assertThat(printed).containsAll(asked);
    }
}
