package dev.raftsman.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which agents are connected, and how far behind they said they are. In memory and for people to see: nothing depends on
 * it. The loop of ingest writes, any thread reads; each agent has a lock of its own, or a reader of many would hold up
 * ingest.
 *
 * <p>Bounds: {@link #MOST_STREAMS} of a connection, those said last. A stream that was not said for {@link #STREAM_MILLIS}
 * is gone from its agent. An agent whose connection ended is shown for {@link #ABSENT_MILLIS}, unless it came again, or
 * {@link #MOST_ABSENT} others left after it, or this node does not lead any more: it is connected elsewhere then.
 */
final class ConnectedAgents {
    /** An agent says fewer. */
    static final int MOST_STREAMS = 100;

    static final int MOST_ABSENT = 1_000;
    static final long STREAM_MILLIS = 60_000;
    static final long ABSENT_MILLIS = 5 * 60_000;

    private static final double MILLIS_PER_SECOND = 1e3;
    private static final long HERE = Long.MAX_VALUE;

    private final Map<IngestSession, Agent> agents = new ConcurrentHashMap<>();

    /** Those of them who left, in that order. The loop's alone. */
    private final Deque<IngestSession> absent = new ArrayDeque<>();

    private static final class Agent {
        final String tenant;
        final String name;
        final String address;
        final long sinceMillis;
        volatile long goneMillis = HERE;

        /** Those said last are at the end. Guarded by this agent. */
        private final Map<String, AgentLag.Stream> streams = new LinkedHashMap<>();

        Agent(String tenant, String name, String address, long sinceMillis) {
            this.tenant = tenant;
            this.name = name;
            this.address = address;
            this.sinceMillis = sinceMillis;
        }

        boolean isSameAs(Agent other) {
            return name.equals(other.name) && tenant.equals(other.tenant);
        }

        synchronized void say(AgentLag.Stream lag) {
            streams.remove(lag.stream());
            streams.put(lag.stream(), lag);
            Iterator<AgentLag.Stream> each = streams.values().iterator();
            while (each.next().asOfMillis() < lag.asOfMillis() - STREAM_MILLIS || streams.size() > MOST_STREAMS) {
                each.remove();
            }
        }

        synchronized AgentLag lag(long nowMillis) {
            long leastMillis = Math.min(nowMillis, goneMillis) - STREAM_MILLIS;
            return new AgentLag(
                    tenant,
                    name,
                    address,
                    sinceMillis,
                    goneMillis == HERE,
                    streams.values().stream()
                            .filter(stream -> stream.asOfMillis() >= leastMillis)
                            .toList());
        }
    }

    /** A session knows whom it serves. */
    void greeted(IngestSession session, String tenant, String name, String address, long nowMillis) {
        Agent agent = new Agent(tenant, name, address, nowMillis);
        for (Iterator<IngestSession> each = absent.iterator(); each.hasNext(); ) {
            IngestSession other = each.next();
            if (agents.get(other).isSameAs(agent)) {
                each.remove();
                agents.remove(other);
            }
        }
        agents.put(session, agent);
    }

    void lag(IngestSession session, String stream, long bytes, long millis, long nowMillis) {
        agents.get(session).say(new AgentLag.Stream(stream, bytes, millis / MILLIS_PER_SECOND, nowMillis));
    }

    void gone(IngestSession session, long nowMillis) {
        Agent agent = agents.get(session);
        if (agent != null) { // else it never said who it is
            agent.goneMillis = nowMillis;
            absent.add(session);
            if (absent.size() > MOST_ABSENT) {
                agents.remove(absent.remove());
            }
        }
    }

    /** Forgets who is gone for long, or, where this node does not lead, who is gone. */
    void expire(boolean leads, long nowMillis) {
        while (!absent.isEmpty() && (!leads || nowMillis - agents.get(absent.peek()).goneMillis >= ABSENT_MILLIS)) {
            agents.remove(absent.remove());
        }
    }

    /** By tenant and name. Any thread. */
    List<AgentLag> list(long nowMillis) {
        List<AgentLag> list = new ArrayList<>();
        agents.values().forEach(agent -> list.add(agent.lag(nowMillis)));
        list.sort(Comparator.comparing(AgentLag::tenant).thenComparing(AgentLag::agent));
        return list;
    }
}
