package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = Main.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(arguments);
    }

    @Test
    void wrongArgumentsAreOneLineAndUsage() {
        for (String[] wrong : new String[][] {
            {},
            {"nonsense"},
            {"agent"},
            {"cat", "--data", "x"},
            {"demo", "--events", "many"},
            {"audit", "--data", "x", "--cluster", "127.0.0.1:1"},
            {"restore", "--archive", "--policy", "x"},
            {"status", "--cluster", "nonsense"},
            {"config"},
            {"cat", "--bogus"}
        }) {
            err.getBuffer().setLength(0);
            assertThat(run(wrong)).as(String.join(" ", wrong)).isEqualTo(ExitCodes.USAGE);
            assertThat(err.toString().lines())
                    .as(err.toString())
                    .hasSize(1)
                    .allMatch(line -> line.startsWith("raftsman: "));
        }
    }

    @Test
    void everyVerbHasHelpWithItsPurpose() {
        for (String verb : Main.commandLine().getSubcommands().keySet()) {
            out.getBuffer().setLength(0);
            assertThat(run(verb, "--help")).as(verb).isZero();
            assertThat(out.toString().lines())
                    .as(verb)
                    .hasSizeGreaterThan(3)
                    .first()
                    .asString()
                    .contains("raftsman " + verb);
        }
    }

    @Test
    void bashLearnsEveryVerb() {
        assertThat(run("completion")).isZero();
        assertThat(out.toString())
                .startsWith("#!")
                .contains(Main.commandLine().getSubcommands().keySet())
                .contains("--producer", "complete -F _complete_raftsman");
    }

    @Test
    void whatIsNotThereIsSaidInOneLine(@TempDir Path dir) {
        assertThat(run("cat", "--data", dir.resolve("absent").toString(), "orders"))
                .isEqualTo(ExitCodes.NO_INPUT);
        assertThat(run("cat", "--data", dir.toString(), "orders")).isEqualTo(ExitCodes.NO_INPUT);
        assertThat(run("config", "check", dir.resolve("agent.yaml").toString())).isEqualTo(ExitCodes.NO_INPUT);
        assertThat(run("bench", "pipeline", "--file", dir.resolve("absent").toString()))
                .isEqualTo(ExitCodes.NO_INPUT);
        assertThat(err.toString().lines()).hasSize(4).allMatch(line -> line.startsWith("raftsman: "));
    }

    @Test
    void theAppendersBenchIsNotInstalled(@TempDir Path dir) {
        String launcher =
                System.setProperty("raftsman.launcher", dir.resolve("raftsman").toString());
        try {
            assertThat(run("bench", "appender", "--quick")).isEqualTo(ExitCodes.UNAVAILABLE);
        } finally {
            if (launcher == null) {
                System.clearProperty("raftsman.launcher");
            } else {
                System.setProperty("raftsman.launcher", launcher);
            }
        }
        assertThat(err.toString().lines()).hasSize(1).allMatch(line -> line.contains("part of a checkout"));
    }
}
