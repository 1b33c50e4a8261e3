package dev.raftsman.raft;

import dev.raftsman.config.Section;
import dev.raftsman.tls.TlsFiles;
import dev.raftsman.tls.TlsMaterial;
import dev.raftsman.tls.TlsRotation;
import dev.raftsman.tls.TlsStatus;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.apache.ratis.grpc.GrpcTlsConfig;
import org.apache.ratis.thirdparty.io.grpc.netty.GrpcSslContexts;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.ClientAuth;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContext;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslContextBuilder;
import org.apache.ratis.thirdparty.io.netty.handler.ssl.SslProvider;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * TLS 1.3 between the nodes: each shows a certificate for its own host, and believes one CA. Whoever has a certificate of that
 * CA may do what a node may, so it must vouch for nodes only.
 *
 * <p>Files that change on disk are taken up for connections to come ({@link #step}, one thread); the contexts given out follow
 * them.
 */
public final class LogTls {
    private static final Logger LOG = LoggerFactory.getLogger(LogTls.class);
    private static final String PROTOCOL = "TLSv1.3";

    /** What the files made; replaced as a whole. */
    private record Identity(X509ExtendedKeyManager keys, X509ExtendedTrustManager trust) {
        static Identity of(TlsMaterial material) throws IOException {
            try {
                KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                for (X509Certificate authority : material.trusted()) {
                    store.setCertificateEntry("ca-" + store.size(), authority);
                }
                TrustManagerFactory factory =
                        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                factory.init(store);
                for (TrustManager manager : factory.getTrustManagers()) {
                    if (manager instanceof X509ExtendedTrustManager extended) {
                        return new Identity(material.keyManager(), extended);
                    }
                }
                throw new IOException("this Java checks no certificates");
            } catch (GeneralSecurityException e) {
                throw new IOException(e);
            }
        }
    }

    private final TlsRotation<Identity> rotation;
    private final Keys keys = new Keys();
    private final Trust trust = new Trust();
    private volatile Identity identity;

    private LogTls(TlsRotation<Identity> rotation) {
        this.rotation = rotation;
        this.identity = rotation.current();
    }

    /** The section {@code tls} of a section; null if it is left out, or has problems. */
    public static TlsFiles read(Section parent) {
        return TlsFiles.read(
                parent.section("tls", "TLS 1.3 between the nodes, each showing a certificate; left out: plain text."),
                parent.has("tls"),
                "PEM file: the certificate shown, intermediates after it; for the host of this node's 'raft' in raft.peers.",
                true,
                "PEM file: the certificate's private key, PKCS#8, mode 0600.",
                "PEM file: the CA that vouches for nodes, and for nobody else: its certificates may do all that a node may.",
                true);
    }

    /** @throws IOException if the files cannot be used */
    public static LogTls open(TlsFiles files, long nowNanos) throws IOException {
        return new LogTls(TlsRotation.open(
                files,
                Identity::of,
                new TlsRotation.Listener() {
                    @Override
                    public void takenUp(TlsMaterial material) {
                        LOG.info("TLS between nodes: {}, trust={}", material.describe(), files.trust());
                        if (!material.invalidity().isEmpty()) {
                            LOG.warn("the own certificate {}: file={}", material.invalidity(), files.certificate());
                        }
                    }

                    @Override
                    public void kept(String reason) {
                        LOG.error("changed TLS files cannot be used, those before stay in force: reason={}", reason);
                    }
                },
                nowNanos));
    }

    /** Looks for changed files, every two seconds however often it is called. One thread. */
    public void step(long nowNanos) {
        rotation.step(nowNanos);
        identity = rotation.current();
    }

    /** Any thread. */
    public TlsStatus status() {
        return rotation.status();
    }

    /** For the engine's own connections. The JDK's TLS: the native one would need a directory to run code from. */
    GrpcTlsConfig engine() {
        return GrpcTlsConfig.newBuilder()
                .setName("raft")
                .setKeyManager(keys)
                .setTrustManager(trust)
                .setMutualTls(true)
                .setSslProvider(SslProvider.JDK)
                .setProtocols(PROTOCOL)
                .build();
    }

    SslContext clientContext() {
        return context(SslContextBuilder.forClient().keyManager(keys));
    }

    SslContext serverContext() {
        return context(SslContextBuilder.forServer(keys).clientAuth(ClientAuth.REQUIRE));
    }

    private SslContext context(SslContextBuilder builder) {
        try {
            return GrpcSslContexts.configure(builder, SslProvider.JDK)
                    .trustManager(trust)
                    .protocols(PROTOCOL)
                    .build();
        } catch (SSLException e) {
            throw new IllegalStateException("the JDK has TLS 1.3", e);
        }
    }

    /** Shows what the files hold now. */
    private final class Keys extends X509ExtendedKeyManager {
        @Override
        public String[] getClientAliases(String keyType, Principal[] issuers) {
            return identity.keys().getClientAliases(keyType, issuers);
        }

        @Override
        public String chooseClientAlias(String[] keyType, Principal[] issuers, Socket socket) {
            return identity.keys().chooseClientAlias(keyType, issuers, socket);
        }

        @Override
        public String chooseEngineClientAlias(String[] keyType, Principal[] issuers, SSLEngine engine) {
            return identity.keys().chooseEngineClientAlias(keyType, issuers, engine);
        }

        @Override
        public String[] getServerAliases(String keyType, Principal[] issuers) {
            return identity.keys().getServerAliases(keyType, issuers);
        }

        @Override
        public String chooseServerAlias(String keyType, Principal[] issuers, Socket socket) {
            return identity.keys().chooseServerAlias(keyType, issuers, socket);
        }

        @Override
        public String chooseEngineServerAlias(String keyType, Principal[] issuers, SSLEngine engine) {
            return identity.keys().chooseEngineServerAlias(keyType, issuers, engine);
        }

        @Override
        public X509Certificate[] getCertificateChain(String alias) {
            return identity.keys().getCertificateChain(alias);
        }

        @Override
        public PrivateKey getPrivateKey(String alias) {
            return identity.keys().getPrivateKey(alias);
        }
    }

    /** Believes whom the files name now. */
    private final class Trust extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            identity.trust().checkClientTrusted(chain, authType);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            identity.trust().checkClientTrusted(chain, authType, socket);
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            identity.trust().checkClientTrusted(chain, authType, engine);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
            identity.trust().checkServerTrusted(chain, authType);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
                throws CertificateException {
            identity.trust().checkServerTrusted(chain, authType, socket);
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
                throws CertificateException {
            identity.trust().checkServerTrusted(chain, authType, engine);
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return identity.trust().getAcceptedIssuers();
        }
    }
}
