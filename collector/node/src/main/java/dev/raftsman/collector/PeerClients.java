package dev.raftsman.collector;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.PeerClient;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** One client for each other node, made when it is first asked for something. Any thread. */
final class PeerClients implements AutoCloseable {
    private final LogTls tls;
    private final Map<HostPort, PeerClient> clients = new ConcurrentHashMap<>();

    /** @param tls null for plain text */
    PeerClients(LogTls tls) {
        this.tls = tls;
    }

    PeerClient of(HostPort peer) {
        return clients.computeIfAbsent(peer, to -> PeerClient.to(to, tls));
    }

    @Override
    public void close() {
        clients.values().forEach(PeerClient::close);
    }
}
