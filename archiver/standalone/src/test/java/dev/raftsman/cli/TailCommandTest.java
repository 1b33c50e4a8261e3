package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.StreamView;
import dev.raftsman.client.Offset;
import dev.raftsman.client.StreamRecord;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TailCommandTest {
    private static final StreamView STREAM = new StreamView(1, "acme", "audit", 0);
    private static final StreamRecord EVENT = new StreamRecord(
            Offset.parse("7.0"),
            Instant.parse("2026-11-30T06:00:00.5Z"),
            "WARN",
            "shop",
            "main",
            "a\u001b[31m\nb",
            "java.lang.X\n\tat y",
            Map.of("user", "\u202e7"),
            "app",
            3,
            17,
            false,
            null);
    private static final StreamRecord GAP = new StreamRecord(
            Offset.parse("7.1"),
            null,
            null,
            null,
            null,
            null,
            null,
            Map.of(),
            "app",
            3,
            -1,
            false,
            new StreamRecord.Gap(18, 20, "PROCESS_DIED", 3));

    @TempDir
    private Path directory;

    private static String shown(boolean json, boolean raw, boolean named) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TailOutput output = new TailOutput(out, json, raw, false, named);
        output.show(STREAM, EVENT);
        output.show(STREAM, GAP);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void showsALineForEachThatNoTerminalObeys() throws IOException {
        assertThat(shown(false, false, true)).isEqualTo("""
                audit: 2026-11-30T06:00:00.500Z WARN shop [main] a\\u001b[31m\\nb user=\\u202e7 | java.lang.X\\n\tat y
                audit: -- gap: 3 events from sequence 18 are not here, reason=PROCESS_DIED --
                """);
        assertThat(shown(false, true, true)).as("raw").isEqualTo("a\u001b[31m\nb\n");
    }

    @Test
    void writesJsonWithOffsets() throws IOException {
        assertThat(shown(true, false, true)).isEqualTo("""
                {"tenant":"acme","stream":"audit","offset":"7.0","time":"2026-11-30T06:00:00.500Z","level":"WARN",\
                "logger":"shop","thread":"main","message":"a\\u001B[31m\\nb","throwable":"java.lang.X\\n\\tat y",\
                "fields":{"user":"\u202e7"},"producer":"app","epoch":3,"sequence":17}
                {"tenant":"acme","stream":"audit","offset":"7.1","producer":"app","epoch":3,\
                "gap":{"from":18,"to":20,"reason":"PROCESS_DIED","count":3}}
                """);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "tail|64|STREAM",
                "tail --json --raw audit|64|exclude each other",
                "tail --from yesterday audit|64|'yesterday' is no offset; expected one such as 4711.0, earliest or latest",
                "tail -n 100001 audit|64|expected 0 to 100000",
                "tail --level LOUD audit|64|LOUD",
                "tail --cluster nowhere audit|64|nowhere",
                "tail --token-file DIR/missing audit|66|cannot be read",
                "tail --token-file DIR/empty audit|66|is empty"
            })
    void badInputIsOneLineAndItsExitCode(String command, int code, String what) throws IOException {
        Files.writeString(directory.resolve("empty"), "\n");
        StringWriter err = new StringWriter();
        CommandLine line = Main.commandLine().setErr(new PrintWriter(err, true));
        assertThat(line.execute(command.replace("DIR", directory.toString()).split(" ")))
                .as(err.toString())
                .isEqualTo(code);
        assertThat(err.toString()).contains(what).hasLineCount(1);
    }
}
