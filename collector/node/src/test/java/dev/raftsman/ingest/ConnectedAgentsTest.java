package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConnectedAgentsTest {
    private static final long NOW = 1_700_000_000_000L;

    private final ConnectedAgents agents = new ConnectedAgents();

    private static IngestSession session() {
        return new IngestSession("n1", 1, null, null);
    }

    private IngestSession greeted(String name) {
        IngestSession session = session();
        agents.greeted(session, "acme", name, "192.0.2.1:4000", NOW);
        return session;
    }

    private List<String> shown(long nowMillis) {
        return agents.list(nowMillis).stream()
                .map(agent -> agent.agent() + (agent.connected() ? "" : " gone") + " " + agent.lagBytes())
                .toList();
    }

    @Test
    void keepsTheLastWordOnEachStream() {
        IngestSession session = greeted("a");
        agents.lag(session, "orders", 100, 2_500, NOW);
        agents.lag(session, "audit", 7, 9_000, NOW);
        agents.lag(session, "orders", 50, 1_500, NOW + 1);
        AgentLag agent = agents.list(NOW + 1).get(0);
        assertThat(agent)
                .isEqualTo(new AgentLag(
                        "acme",
                        "a",
                        "192.0.2.1:4000",
                        NOW,
                        true,
                        List.of(
                                new AgentLag.Stream("audit", 7, 9, NOW),
                                new AgentLag.Stream("orders", 50, 1.5, NOW + 1))));
        assertThat(agent.lagBytes()).isEqualTo(57);
        assertThat(agent.lagSeconds()).isEqualTo(9);
    }

    @Test
    void showsByTenantAndNameAlsoWhoSaysNothing() {
        greeted("b");
        greeted("a");
        agents.greeted(session(), "aaa", "z", "", NOW);
        assertThat(shown(NOW)).containsExactly("z 0", "a 0", "b 0");
    }

    @Test
    void dropsAStreamThatIsNotSpokenOfAnyMore() {
        IngestSession session = greeted("a");
        agents.lag(session, "old", 1, 1, NOW);
        assertThat(shown(NOW + ConnectedAgents.STREAM_MILLIS)).containsExactly("a 1");
        assertThat(shown(NOW + ConnectedAgents.STREAM_MILLIS + 1)).containsExactly("a 0");
    }

    @Test
    void boundsTheStreamsOfOneConnection() {
        IngestSession session = greeted("a");
        for (int i = 0; i < 10_000; i++) {
            agents.lag(session, "s" + i, 1, 1, NOW);
        }
        assertThat(agents.list(NOW).get(0).streams())
                .hasSize(ConnectedAgents.MOST_STREAMS)
                .last()
                .isEqualTo(new AgentLag.Stream("s9999", 1, 0.001, NOW));
    }

    @Test
    void showsWhoIsGoneForSomeMinutes() {
        IngestSession session = greeted("a");
        agents.lag(session, "orders", 5, 1, NOW);
        agents.gone(session, NOW);
        agents.gone(session(), NOW); // never said who it is
        long last = NOW + ConnectedAgents.ABSENT_MILLIS - 1;
        agents.expire(true, last);
        assertThat(shown(last)).containsExactly("a gone 5");
        agents.expire(true, last + 1);
        assertThat(shown(last + 1)).isEmpty();
    }

    @Test
    void showsWhoCameAgainOnce() {
        agents.gone(greeted("a"), NOW);
        agents.gone(greeted("b"), NOW);
        greeted("a");
        assertThat(shown(NOW)).containsExactly("a 0", "b gone 0");
    }

    @Test
    void showsNobodyWhoIsConnectedElsewhereNow() {
        agents.gone(greeted("a"), NOW);
        greeted("b");
        agents.expire(false, NOW);
        assertThat(shown(NOW)).containsExactly("b 0");
    }

    @Test
    void boundsThoseWhoAreGone() {
        for (int i = 0; i < 3 * ConnectedAgents.MOST_ABSENT; i++) {
            agents.gone(greeted("a" + i), NOW);
        }
        assertThat(agents.list(NOW)).hasSize(ConnectedAgents.MOST_ABSENT);
    }
}
