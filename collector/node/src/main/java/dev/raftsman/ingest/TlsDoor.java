package dev.raftsman.ingest;

import dev.raftsman.tls.TlsFailure;
import dev.raftsman.tls.TlsMaterial;
import dev.raftsman.tls.TlsRotation;
import dev.raftsman.tls.TlsStatus;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets connections in by TLS. The loop's thread, but for the key operations of handshakes, which have their own. */
final class TlsDoor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TlsDoor.class);
    private static final String PROTOCOL = "TLSv1.3";

    /** Below what a client has for its HELLO, so that it is the handshake that is named. */
    private static final long HANDSHAKE_SECONDS = 5;

    /**
     * More than the week that a ticket may last at most, so the JDK gives none out. A resumed session would let in a client
     * whose certificate has expired since, without looking at it.
     */
    private static final long NO_TICKETS_SECONDS = TimeUnit.DAYS.toSeconds(7) + 1;

    private final TlsRotation<SslContext> rotation;

    /** When a leader changes, every sidecar comes at once; the blocks of those who are in must not wait for that. */
    private final ExecutorService handshakes;

    private TlsDoor(TlsRotation<SslContext> rotation) {
        this.rotation = rotation;
        this.handshakes = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "tls-handshakes");
            thread.setDaemon(true);
            return thread;
        });
    }

    /** @throws IOException if the files cannot be used */
    static TlsDoor open(IngestTls settings, long nowNanos) throws IOException {
        return new TlsDoor(TlsRotation.open(
                settings.files(),
                material -> context(material, settings.clientsRequired()),
                new TlsRotation.Listener() {
                    @Override
                    public void takenUp(TlsMaterial material) {
                        LOG.info(
                                "TLS for sidecars: {}, clients={}",
                                material.describe(),
                                settings.clientsRequired() ? "require" : "none");
                        if (!material.invalidity().isEmpty()) {
                            LOG.warn(
                                    "the own certificate {}: file={}",
                                    material.invalidity(),
                                    settings.files().certificate());
                        }
                    }

                    @Override
                    public void kept(String reason) {
                        LOG.error("changed TLS files cannot be used, those before stay in force: reason={}", reason);
                    }
                },
                nowNanos));
    }

    private static SslContext context(TlsMaterial material, boolean clientsRequired) throws IOException {
        SslContextBuilder builder = SslContextBuilder.forServer(material.keyManager())
                .sslProvider(SslProvider.JDK)
                .protocols(PROTOCOL)
                .sessionTimeout(NO_TICKETS_SECONDS)
                .clientAuth(clientsRequired ? ClientAuth.REQUIRE : ClientAuth.NONE);
        if (clientsRequired) {
            builder.trustManager(material.trusted().toArray(X509Certificate[]::new));
        }
        return builder.build();
    }

    void step(long nowNanos) {
        rotation.step(nowNanos);
    }

    /** Any thread. */
    TlsStatus status() {
        return rotation.status();
    }

    /** Puts TLS before whatever the pipeline gets after it. */
    void secure(ChannelPipeline pipeline) {
        SslHandler handler = rotation.current().newHandler(pipeline.channel().alloc(), handshakes);
        handler.setHandshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS);
        pipeline.addLast(new LingeringClose(handler.handshakeFuture()), new PlainTextRefusal(), handler);
    }

    /** In the operator's words. */
    static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof NotSslRecordException) {
                // Its own message shows the bytes that came.
                return "TLS: the client speaks plain text";
            }
        }
        TlsFailure known = TlsFailure.of(failure);
        if (known.kind() == TlsFailure.Kind.ALERT) {
            return "TLS: the client refuses this node's certificate or settings (" + known.detail() + ")";
        }
        return "TLS: " + known.words("the client's certificate");
    }

    @Override
    public void close() {
        handshakes.shutdown();
    }
}
