package dev.raftsman.shipper;

import dev.raftsman.config.HostPort;
import dev.raftsman.config.Section;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.tls.TlsFailure;
import dev.raftsman.tls.TlsFiles;
import dev.raftsman.tls.TlsMaterial;
import dev.raftsman.tls.TlsRotation;
import dev.raftsman.tls.TlsStatus;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.X509Certificate;
import java.util.Set;

/**
 * TLS of the connections to collectors: believes collectors whose certificate a trusted CA gave for the very name or address
 * that was dialled, a hinted one like any other, and shows the agent's own if there is one. Shipper's thread, but for what
 * says otherwise.
 */
final class LinkTls {
    private static final String PROTOCOL = "TLSv1.3";
    private static final long CLOSE_NOTIFY_MILLIS = 200;

    /**
     * How a collector says that it does not take the agent's certificate. Java's TLS says "unknown" whatever is wrong with
     * it.
     */
    private static final Set<String> REFUSALS = Set.of(
            "bad_certificate",
            "unsupported_certificate",
            "certificate_expired",
            "certificate_revoked",
            "certificate_unknown",
            "certificate_required",
            "unknown_ca",
            "access_denied");

    private final TlsRotation<Dialer> rotation;

    private LinkTls(TlsRotation<Dialer> rotation) {
        this.rotation = rotation;
    }

    /** The section {@code tls} of a section; null if it is left out. */
    static TlsFiles read(Section parent) {
        return TlsFiles.read(
                parent.section("tls", "TLS 1.3 to the collectors; left out: plain text"),
                parent.has("tls"),
                "PEM file: the certificate that this agent shows, intermediates after it; left out: none",
                false,
                "PEM file: the certificate's private key, PKCS#8, mode 0600",
                "PEM file: the CAs that may vouch for a collector's name; needed with tls",
                true);
    }

    /** @throws IOException if the files cannot be used */
    static LinkTls open(TlsFiles files, OperatorLog log, long nowNanos) throws IOException {
        return new LinkTls(TlsRotation.open(
                files,
                Dialer::new,
                new TlsRotation.Listener() {
                    @Override
                    public void takenUp(TlsMaterial material) {
                        log.over("tls");
                        log.info("TLS to collectors: " + material.describe() + ", trust=" + files.trust());
                        if (!material.invalidity().isEmpty()) {
                            log.warn(
                                    "tls validity",
                                    "the agent's certificate " + material.invalidity() + ": file="
                                            + files.certificate());
                        }
                    }

                    @Override
                    public void kept(String reason) {
                        log.error(
                                "tls",
                                "changed TLS files cannot be used, those before stay in force: reason=" + reason);
                    }
                },
                nowNanos));
    }

    void step(long nowNanos) {
        rotation.step(nowNanos);
    }

    /** Any thread. */
    TlsStatus status() {
        return rotation.status();
    }

    /** With the files as they are now. */
    Dialer dialer(long nowNanos) {
        rotation.look(nowNanos);
        return rotation.current();
    }

    /** Makes connections with one state of the files. Immutable; any thread. */
    static final class Dialer {
        private final TlsMaterial material;
        private final SslContext context;

        Dialer(TlsMaterial material) throws IOException {
            this.material = material;
            this.context = SslContextBuilder.forClient()
                    .sslProvider(SslProvider.JDK)
                    .protocols(PROTOCOL)
                    .keyManager(material.keyManager())
                    .trustManager(material.trusted().toArray(X509Certificate[]::new))
                    // Netty's default since 4.2; a certificate of another name must fail whatever a default becomes.
                    .endpointIdentificationAlgorithm("HTTPS")
                    .build();
        }

        /** @param target as configured or hinted: the certificate must be for this host */
        SslHandler handler(ByteBufAllocator allocator, HostPort target, long timeoutMillis) {
            SslHandler handler = context.newHandler(allocator, target.host(), target.port());
            handler.setHandshakeTimeoutMillis(timeoutMillis);
            // What is on its way to a collector that does not read any more must not stay beside what goes to the next.
            handler.setCloseNotifyFlushTimeoutMillis(CLOSE_NOTIFY_MILLIS);
            return handler;
        }

        /** In the operator's words. */
        String reason(Throwable failure) {
            if (failure instanceof ClosedChannelException) {
                return "TLS: the collector closed the connection during the handshake";
            }
            for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
                if (cause instanceof NotSslRecordException) {
                    // Its own message shows the bytes that came.
                    return "TLS: the collector answers in plain text; it has no ingest.tls";
                }
            }
            TlsFailure known = TlsFailure.of(failure);
            if (known.kind() == TlsFailure.Kind.ALERT && REFUSALS.contains(known.detail())) {
                return "TLS: " + refusal(known.detail());
            }
            return "TLS: " + known.words("the collector's certificate");
        }

        private String refusal(String alert) {
            if (material.chain().isEmpty()) {
                return "the collector wants a client certificate, and shipper.tls has none (" + alert + ")";
            }
            String why = material.invalidity();
            if (why.isEmpty() && (alert.equals("certificate_unknown") || alert.equals("unknown_ca"))) {
                why = TlsFailure.Kind.UNKNOWN_CA.words() + " to it";
            }
            return "the collector refuses the agent's certificate" + (why.isEmpty() ? "" : ", which " + why) + " ("
                    + alert + ")";
        }
    }
}
