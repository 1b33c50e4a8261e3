package dev.raftsman.raft;

import dev.raftsman.config.HostPort;

/**
 * A node that votes, and where its doors are: what the engine's configuration carries, so that every node knows it of every
 * other, also after changes.
 *
 * @param ingest {@code host:port}, or empty if it is not known
 * @param http {@code host:port}, or empty if it is not known
 */
public record LogMember(String id, String host, int port, String ingest, String http) {
    public LogMember(String id, String host, int port) {
        this(id, host, port, "", "");
    }

    /** Where other nodes reach its log. */
    public HostPort raft() {
        return new HostPort(host, port);
    }

    String address() {
        return raft().toString();
    }
}
