package dev.raftsman.cli;

import dev.raftsman.config.ConfigException;
import dev.raftsman.sidecar.AgentConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Which agent of this host: by its configuration. */
final class AgentOption {
    @Option(names = "--config", paramLabel = "FILE", required = true, description = "the agent's configuration")
    private Path file;

    AgentConfig read() {
        try {
            return AgentConfig.read(file);
        } catch (ConfigException e) {
            throw new CommandException(ExitCodes.CONFIG, e.getMessage(), e);
        }
    }
}
