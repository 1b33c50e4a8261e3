package dev.raftsman.cli;

import dev.raftsman.config.Units;
import dev.raftsman.sidecar.AgentProcess;
import dev.raftsman.standalone.Verb;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = Verb.AGENT,
        description = "Reads WALs and files of this host and ships them to the collectors.",
        customSynopsis = {"raftsman agent --config=FILE", "raftsman agent drain --config=FILE [--within=DURATION]"},
        subcommands = AgentCommand.Drain.class)
final class AgentCommand implements Callable<Integer> {
    // Not 'required', or it would have to be given before the verb 'drain' as well.
    @Option(names = "--config", paramLabel = "FILE", description = "its configuration; see 'raftsman config check'")
    private Path config;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        if (config == null) {
            throw new ParameterException(spec.commandLine(), "Missing required option: '--config=FILE'");
        }
        return AgentProcess.run(config);
    }

    @Command(
            name = "drain",
            description = {
                "Stops reading, ships what the write-ahead logs hold, and ends the agent; what files hold unread stays there and"
                        + " is read at the next start.",
                "Where no agent runs, ships what the last one has left. What applications write meanwhile is not waited"
                        + " for.",
                "Ends with 0 if nothing is left, with 75 if something is; the agent ends in either case, and the next one"
                        + " goes on."
            })
    static final class Drain implements Callable<Integer> {
        @Option(names = "--config", paramLabel = "FILE", required = true, description = "the agent's configuration")
        private Path config;

        @Option(
                names = "--within",
                paramLabel = "DURATION",
                defaultValue = "60s",
                converter = DurationConverter.class,
                description = "how long to ship at most, such as 90s or 5m (default: ${DEFAULT-VALUE})")
        private Duration within;

        @Override
        public Integer call() {
            return AgentProcess.drain(config, within);
        }
    }

    /** As in a configuration: a number and its unit. */
    static final class DurationConverter implements CommandLine.ITypeConverter<Duration> {
        @Override
        public Duration convert(String text) {
            try {
                return Units.duration(text);
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(
                        "'" + text + "' cannot be used; expected " + e.getMessage());
            }
        }
    }
}
