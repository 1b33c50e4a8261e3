package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.disk.DirectoryLock;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class CheckpointCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    Path directory;

    private Path config;
    private Path data;
    private Path there;

    @BeforeEach
    void agentThatWasHere() throws IOException {
        data = Files.createDirectory(directory.resolve("data"));
        config = Files.writeString(
                directory.resolve("agent.yaml"), "agent: host\ndata: " + data + "\ncollectors: ['127.0.0.1:1']\n");
        there = Files.writeString(directory.resolve("app.log"), "one\ntwo\nthree\n");
        cursor("source\t1000\t7\t" + Files.getAttribute(there, "unix:dev") + "\t"
                + Files.getAttribute(there, "unix:ino") + "\t0\t0\t0\t8\tapp.log\t" + there + "\n"
                + "source\t1000\t8\t1\t2\t0\t0\t0\t4711\tgone\u001b[2J.log\t/nowhere/gone%1B[2J.log\n");
    }

    private void cursor(String lines) throws IOException {
        byte[] body = ("raftsman-cursor-1\n" + lines).getBytes(StandardCharsets.UTF_8);
        CRC32C crc = new CRC32C();
        crc.update(body);
        Files.write(data.resolve("cursor"), body);
        Files.writeString(
                data.resolve("cursor"),
                "crc\t%08x\n".formatted((int) crc.getValue()),
                java.nio.file.StandardOpenOption.APPEND);
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        String[] all = new String[arguments.length + 3];
        all[0] = "checkpoint";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        all[arguments.length + 1] = "--config";
        all[arguments.length + 2] = config.toString();
        return line.execute(all);
    }

    private JsonNode listed() throws IOException {
        assertThat(run("list", "--json")).as(err.toString()).isZero();
        return new ObjectMapper().readTree(out.toString()).path("sources");
    }

    @Test
    void listsEachFileAndNothingThatATerminalObeys() throws IOException {
        assertThat(run("list")).as(err.toString()).isZero();
        assertThat(out.toString())
                .contains(there + "\n  stream app.log, device ")
                .contains("  read 8 of 14, 6 behind; acknowledged\n")
                .contains("/nowhere/gone\\u001b[2J.log\n  stream gone\\u001b[2J.log, device 1, inode 2\n"
                        + "  read 4,711 file is gone; acknowledged\n")
                .doesNotContain("\u001b");
        JsonNode sources = listed();
        assertThat(sources).hasSize(2);
        assertThat(sources.path(1).path("stream").asText()).isEqualTo("app.log");
        assertThat(sources.path(1).path("behind").asLong()).isEqualTo(6);
        assertThat(sources.path(0).path("file").asText()).isEqualTo("gone");
    }

    @Test
    void asksBeforeItChangesAnythingAndRefusesWhereNobodyCanAnswer() throws IOException {
        byte[] before = Files.readAllBytes(data.resolve("cursor"));
        assertThat(run("reset", "app.log")).isEqualTo(ExitCodes.USAGE);
        assertThat(out.toString())
                .contains(there + " (stream app.log): offset 8 -> 0")
                .contains("8 bytes are read again; their events get new sequences: they are stored again");
        assertThat(err.toString()).isEqualTo("raftsman: nothing was changed; --yes does it\n");
        assertThat(Files.readAllBytes(data.resolve("cursor"))).isEqualTo(before);
    }

    @Test
    void resetsToTheBeginningAndToTheEnd() throws IOException {
        assertThat(run("reset", "*/app.log", "--yes")).as(err.toString()).isZero();
        assertThat(out.toString()).contains("1 files reset");
        assertThat(listed().path(1).path("offset").asLong()).isZero();

        assertThat(run("reset", "--all", "--to", "end", "--yes"))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .contains("offset 0 -> 14")
                .contains("14 bytes are skipped, without a gap in the cluster; they are noted in "
                        + data.resolve("checkpoint-resets.log"))
                .contains("1 files stay: not there, or at that place already");
        assertThat(listed().path(1).path("offset").asLong()).isEqualTo(14);
        assertThat(Files.readString(data.resolve("checkpoint-resets.log"))).hasLineCount(2);
    }

    @Test
    void whileAnAgentRunsNothingIsReset() throws IOException {
        try (DirectoryLock held = DirectoryLock.acquire(data.resolve("agent.lock"))) {
            assertThat(held).isNotNull();
            assertThat(run("reset", "--all", "--yes")).isEqualTo(ExitCodes.TEMPORARY);
            assertThat(err.toString())
                    .hasLineCount(1)
                    .contains(data + " is in use by ")
                    .contains("raftsman agent drain");
            assertThat(run("list")).isZero();
        }
    }

    @Test
    void whatMakesNoSenseIsSaid() throws IOException {
        assertThat(run("reset", "--yes")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("reset", "--all", "x", "--yes")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("reset", "--all", "--to", "middle", "--yes")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("reset", "nothing*", "--yes")).isEqualTo(ExitCodes.NO_INPUT);
        assertThat(err.toString()).isEqualTo("raftsman: no file matches nothing*\n");
        Files.writeString(data.resolve("cursor"), "raftsman-cursor-1\n");
        assertThat(run("list")).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(run("reset", "--all", "--yes")).isEqualTo(ExitCodes.DATA_ERROR);
        assertThat(err.toString()).hasLineCount(1).contains("cursor is damaged");
        Files.writeString(config, "agent: x\n");
        assertThat(run("list")).isEqualTo(ExitCodes.CONFIG);
        assertThat(err.toString()).startsWith(config + ":1:1 ");
    }
}
