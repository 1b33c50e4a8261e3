package dev.raftsman.ingest;

import java.util.List;

/**
 * An agent as the node that it is connected to knows it.
 *
 * @param address where it connects from
 * @param connectedSince of this connection, in milliseconds since 1970
 * @param connected false for some minutes after its connection ended
 * @param streams what it said last; none if it speaks version 1 of the protocol, which cannot say
 */
public record AgentLag(
        String tenant, String agent, String address, long connectedSince, boolean connected, List<Stream> streams) {
    /**
     * How far it is behind with one stream.
     *
     * @param stream {@code other} are those beyond what an agent says one by one
     * @param lagBytes that are there and not acknowledged, 0 if none
     * @param lagSeconds age of the oldest of them
     * @param asOfMillis when it said so, in milliseconds since 1970
     */
    public record Stream(String stream, long lagBytes, double lagSeconds, long asOfMillis) {}

    public AgentLag {
        streams = List.copyOf(streams);
    }

    /** Bytes of all its streams. */
    public long lagBytes() {
        return streams.stream().mapToLong(Stream::lagBytes).sum();
    }

    /** Age of the oldest of them. */
    public double lagSeconds() {
        return streams.stream().mapToDouble(Stream::lagSeconds).max().orElse(0);
    }
}
