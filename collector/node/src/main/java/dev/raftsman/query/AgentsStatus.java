package dev.raftsman.query;

import dev.raftsman.ingest.AgentLag;
import java.util.List;

/** The agents that are connected to one node, or were a moment ago: all of them on the leader, none elsewhere. */
public record AgentsStatus(List<AgentLag> agents) {
    public AgentsStatus {
        agents = List.copyOf(agents);
    }
}
