package dev.raftsman.cli;

import dev.raftsman.sidecar.AgentClient;
import dev.raftsman.sidecar.AgentConfig;
import dev.raftsman.sidecar.TapFrame;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.AccessDeniedException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "tap",
        description = {
            "Shows events as an agent of this host ships them, from now on, one line each, with control characters escaped.",
            "For the agent's user and root. Never holds the agent up: what this command is too slow for is missed, and said"
                    + " so. What is sent again after a collector forgot it is shown again."
        })
final class TapCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 16;

    @Mixin
    private AgentOption agent;

    @Option(
            names = "--stream",
            paramLabel = "PATTERN",
            defaultValue = "*",
            description = "only these; * stands for any text, ? for one character")
    private String pattern;

    @Option(
            names = {"-n", "--limit"},
            paramLabel = "N",
            description = "end after so many events")
    private Long limit;

    @Option(names = "--json", description = "NDJSON instead of lines")
    private boolean json;

    @Option(
            names = "--raw",
            description =
                    "lines as they are, whatever they do to a terminal; of events the message. What is said of events"
                            + " rather than by them goes to standard error")
    private boolean raw;

    @Option(
            names = "--colour",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "auto, always or never (default: ${DEFAULT-VALUE}: on a terminal, unless NO_COLOR is set)")
    private WalTailCommand.When colour;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (limit != null && limit < 1) {
            throw new ParameterException(spec.commandLine(), "--limit " + limit + "; expected 1 or more");
        }
        if (json && raw) {
            throw new ParameterException(spec.commandLine(), "--json and --raw exclude each other");
        }
        AgentConfig config = agent.read();
        try (DataInputStream in = listen(config);
                OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES);
                TapOutput output = new TapOutput(
                        config.tenant(),
                        out,
                        json,
                        raw,
                        !json && colour.isOn(),
                        limit == null ? Long.MAX_VALUE : limit)) {
            while (!output.isDone()) {
                TapFrame frame = next(in);
                if (frame == null) {
                    spec.commandLine().getErr().println("raftsman: the agent has ended");
                    break;
                }
                output.show(frame, spec.commandLine().getErr());
                out.flush();
            }
            return ExitCodes.OK;
        }
    }

    private DataInputStream listen(AgentConfig config) throws IOException {
        try {
            return AgentClient.of(config).tap(pattern);
        } catch (AccessDeniedException e) {
            throw new CommandException(
                    ExitCodes.NO_PERMISSION,
                    "events are shown to the agent's user only: cannot read " + e.getFile(),
                    e);
        } catch (AgentClient.RefusedException e) {
            throw new CommandException(e.isRunning() ? ExitCodes.TEMPORARY : ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
    }

    /** A connection that breaks is not an output that nobody reads any more. */
    private static TapFrame next(DataInputStream in) {
        try {
            return TapFrame.read(in);
        } catch (IOException e) {
            throw new CommandException(
                    ExitCodes.UNAVAILABLE, "the connection to the agent is lost: " + e.getMessage(), e);
        }
    }
}
