package dev.raftsman.sidecar;

import dev.raftsman.config.ConfigException;
import dev.raftsman.input.OperatorLog;
import java.io.IOException;
import java.nio.file.Path;

/** A whole agent in the test's own process. */
public final class AgentInTest implements AutoCloseable {
    private final Agent agent;

    public AgentInTest(Path config, OperatorLog log) throws ConfigException, IOException {
        agent = new Agent(AgentConfig.read(config), log);
        agent.start();
    }

    public boolean isConnected() {
        return agent.metrics().isConnected();
    }

    @Override
    public void close() {
        agent.close();
    }
}
