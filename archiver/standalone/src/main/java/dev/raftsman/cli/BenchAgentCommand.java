package dev.raftsman.cli;

import dev.raftsman.standalone.AgentBench;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "agent",
        description = {
            "What an agent costs its host: a file, again and again, through one agent process into one collector process and"
                    + " into three.",
            "Prints the time from starting the agent to the first line acknowledged, memory and CPU of an idle agent, and"
                    + " throughput, CPU, memory and acknowledgement times under load, cold and steady, and events stored twice."
                    + " Some 12 minutes; ends with 1 if a count does not come out."
        })
final class BenchAgentCommand implements Callable<Integer> {
    @Option(names = "--file", paramLabel = "FILE", required = true, description = "what to ship, again and again")
    private Path file;

    @Option(
            names = "--collectors",
            paramLabel = "N",
            split = ",",
            defaultValue = "1,3",
            description = "how many, one run for each number (default: ${DEFAULT-VALUE})")
    private List<Integer> collectors;

    @Mixin
    private BenchPlace place;

    @Option(names = "--json", paramLabel = "FILE", description = "all figures, too")
    private Path json;

    @Option(names = "--quick", description = "some 2 minutes: little of everything, for a look only")
    private boolean quick;

    @Option(names = "--starts", paramLabel = "N", description = "how often the start is measured (default: 7)")
    private Integer starts;

    @Option(
            names = "--idle-seconds",
            paramLabel = "N",
            description = "how long the agent is left alone, fresh and after the load (default: 60)")
    private Long idleSeconds;

    @Option(names = "--cold-mib", paramLabel = "N", description = "MiB that count as cold (default: 1024)")
    private Long coldMib;

    @Option(names = "--cold-only", description = "leave warm-up and steady out")
    private boolean coldOnly;

    @Option(names = "--warm-up-seconds", paramLabel = "N", description = "between cold and steady (default: 60)")
    private Long warmUpSeconds;

    @Option(names = "--steady-mib", paramLabel = "N", description = "MiB that count as steady (default: 10240)")
    private Long steadyMib;

    @Override
    public Integer call() throws IOException {
        GivenPath.readable(file);
        GivenPath.writable(json);
        for (int count : collectors) {
            if (count < 1 || count % 2 == 0 || count > 7) {
                throw new CommandException(ExitCodes.USAGE, count + " collectors; expected an odd number, 7 at most");
            }
        }
        return place.run(dir -> AgentBench.run(settings(dir), System.out));
    }

    private AgentBench.Settings settings(Path dir) {
        return new AgentBench.Settings(
                file,
                dir,
                collectors,
                starts == null ? (quick ? 3 : 7) : starts,
                Duration.ofSeconds(or(idleSeconds, 10, 60)),
                or(coldMib, 256, 1024) << 20,
                Duration.ofSeconds(or(warmUpSeconds, 10, 60)),
                coldOnly ? 0 : or(steadyMib, 1024, 10_240) << 20,
                place.command(),
                json);
    }

    private long or(Long given, long little, long usual) {
        return given == null ? (quick ? little : usual) : given;
    }
}
