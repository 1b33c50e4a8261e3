package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Of our collectors only, and short: that the bench runs, counts and leaves nothing behind. */
class BenchClusterIT {
    @Test
    void whatIsAcknowledgedIsStoredAndMeasured(@TempDir Path dir) throws Exception {
        Path file =
                Files.writeString(dir.resolve("lines"), "2026-11-29 12:00:00 INFO one of many lines\n".repeat(50_000));
        Path json = dir.resolve("figures.json");
        Path data = dir.resolve("data");
        Ran bench = Ran.raftsman(
                "bench",
                "cluster",
                "--quick",
                "--only=raftsman",
                "--warm-up-seconds=1",
                "--seconds=1",
                "--rates=5000",
                "--producers=2",
                "--window-kib=64",
                "--file=" + file,
                "--json=" + json,
                "--data=" + data);

        assertThat(bench.exitCode()).as(bench.output() + bench.error()).isZero();
        assertThat(bench.output())
                .contains("round 1, raftsman:", "full speed", "5,000 events/s")
                .doesNotContain("BROKEN");
        JsonNode round =
                new ObjectMapper().readTree(json.toFile()).path("raftsman").path(0);
        assertThat(round.path("broken")).isEmpty();
        assertThat(round.path("events").asLong()).isPositive();
        for (String figure : new String[] {
            "full.rawMbPerSecond",
            "full.ackP99Millis",
            "5000.ackP50Millis",
            "5000.nodesCores",
            "rssBytes.3",
            "writtenPerStored"
        }) {
            assertThat(round.path(figure).isNumber()).as(figure).isTrue();
        }
        assertThat(data).as("leaves nothing behind").isEmptyDirectory();
    }
}
