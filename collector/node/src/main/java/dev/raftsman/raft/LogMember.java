package dev.raftsman.raft;

/** A node that votes. */
public record LogMember(String id, String host, int port) {
    String address() {
        return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }
}
