package dev.raftsman.console;

import java.util.Comparator;
import java.util.Map;

/**
 * How far behind an agent is with a stream, or an agent that is connected and reports no stream.
 *
 * @param stream null: none reported
 * @param lagSeconds age of the oldest event that is not acknowledged
 * @param asOfMillis when it said so
 */
record AgentRow(
        String tenant,
        String agent,
        String address,
        long connectedSince,
        boolean connected,
        String stream,
        long lagBytes,
        double lagSeconds,
        long asOfMillis) {
    static final Map<String, Comparator<AgentRow>> COLUMNS = Map.of(
            "agent", Comparator.comparing(AgentRow::name),
            "address", Comparator.comparing(row -> String.valueOf(row.address)),
            "stream", Comparator.comparing(row -> String.valueOf(row.stream)),
            "bytes", Comparator.comparingLong(AgentRow::lagBytes),
            "seconds", Comparator.comparingDouble(AgentRow::lagSeconds),
            "since", Comparator.comparingLong(AgentRow::connectedSince));

    private String name() {
        return tenant + "/" + agent;
    }

    String text() {
        return name() + " " + address + " " + stream;
    }
}
