package dev.raftsman.raft;

import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.Server;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyServerBuilder;

/** Answers peers as the log does on its port, without an engine. */
public final class PeerServer implements AutoCloseable {
    private static final long END_SECONDS = 2;

    private final PeerService service;
    private final Server server;

    private PeerServer(PeerService service, Server server) {
        this.service = service;
        this.server = server;
    }

    /**
     * @param tls null for plain text
     * @throws IOException if the address cannot be bound
     */
    public static PeerServer start(HostPort listen, LogTls tls, Map<String, PeerHandler> handlers) throws IOException {
        PeerService service = new PeerService(handlers);
        NettyServerBuilder builder =
                NettyServerBuilder.forAddress(listen.resolve()).directExecutor().addService(service.definition());
        if (tls != null) {
            builder.sslContext(tls.serverContext());
        }
        try {
            return new PeerServer(service, builder.build().start());
        } catch (IOException | RuntimeException | Error e) {
            service.close();
            throw e;
        }
    }

    /** Where it listens; of use if the port was left to the system. */
    public int port() {
        return server.getPort();
    }

    /** The port is free on return. */
    @Override
    public void close() {
        server.shutdownNow();
        try {
            server.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        service.close();
    }
}
