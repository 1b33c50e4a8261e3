package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.restore.StreamReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** {@code grep} and {@code cat} before collectors that ask for a token. */
class ReadersTokenTest {
    @TempDir
    private Path temporary;

    private ServedState cluster;
    private String right;

    @BeforeEach
    void begin() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        cluster.sealed("orders", "one", "two needle", "three needles");
        cluster.token = "s3cret";
        right = Files.writeString(temporary.resolve("token"), "s3cret\n").toString();
        Files.writeString(temporary.resolve("wrong"), "s3cre\n");
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    @Test
    void everyRequestForWordsAndBytesCarriesTheToken() throws IOException {
        GrepCommand grep = new GrepCommand();
        new CommandLine(grep)
                .parseArgs("--cluster", cluster.address(), "--token-file", right, "-w", "needle", "orders");
        ByteArrayOutputStream found = new ByteArrayOutputStream();
        assertThat(grep.run(found)).isZero();
        assertThat(found.toString(StandardCharsets.UTF_8)).isEqualTo("two needle\n");
        assertThat(cluster.asked)
                .anyMatch(path -> path.equals("/v1/catalog"))
                .anyMatch(path -> path.equals("/v1/words"))
                .anyMatch(path -> path.startsWith("/v1/segments/"));

        cluster.asked.clear();
        CatCommand cat = new CatCommand();
        new CommandLine(cat).parseArgs("--cluster", cluster.address(), "--token-file", right, "--raw", "orders");
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        try (StreamReader reader = cat.open()) {
            cat.write(reader, cat.names(reader), all);
        }
        assertThat(all.toString(StandardCharsets.UTF_8)).isEqualTo("one\ntwo needle\nthree needles\n");
        assertThat(cluster.asked).anyMatch(path -> path.startsWith("/v1/segments/"));
        assertThat(cluster.refused).hasValue(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "grep -w needle orders",
                "cat orders",
                "grep --token-file WRONG -w needle orders",
                "cat --token-file WRONG orders"
            })
    void withoutTheTokenItEndsWithOneLineThatSaysSo(String command) {
        StringWriter err = new StringWriter();
        List<String> words = List.of(
                (command.replace("WRONG", temporary.resolve("wrong").toString()) + " --cluster " + cluster.address())
                        .split(" "));
        int code = Main.commandLine().setErr(new PrintWriter(err, true)).execute(words.toArray(String[]::new));
        assertThat(code).as(err.toString()).isEqualTo(ExitCodes.NO_PERMISSION);
        assertThat(err.toString())
                .startsWith("raftsman: ")
                .contains(cluster.address(), "answers 401", "a token is needed")
                .hasLineCount(1);
    }
}
