package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bench measures what it says it does: its exit code tells whether every call was found again or declared lost. */
@Tag("campaign")
class BenchAppenderIT {
    @Test
    void everyCallOfEverySetUpIsFoundAgain(@TempDir Path dir) throws Exception {
        Path json = dir.resolve("figures.json");
        Path data = dir.resolve("data");
        Ran bench = Ran.raftsman(
                "bench",
                "appender",
                "--quick",
                "--threads=2",
                "--only=log4j2-all-async,raftsman-logback",
                "--json=" + json,
                "--data=" + data);

        assertThat(bench.exitCode()).as(bench.output() + bench.error()).isZero();
        assertThat(bench.output()).contains("| log4j2-all-async ", "| raftsman-logback ");
        assertThat(Files.readString(json)).contains("\"lost\": 0", "\"broken\": []");
        assertThat(data).as("leaves nothing behind").isEmptyDirectory();
    }
}
