package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.config.HostPort;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.tls.TlsFiles;
import dev.raftsman.tls.TlsMaterial;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.RefuseReason;
import io.netty.pkitesting.CertificateBuilder;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Who comes in by TLS and who does not, over real sockets; the log behind the server only says that it leads. */
class IngestTlsTest {
    private static final int TIMEOUT_MILLIS = 20_000;
    private static final UnaryOperator<CertificateBuilder> FOR_LOOPBACK = b -> b.addSanIpAddress("127.0.0.1");

    @TempDir
    Path directory;

    private final List<ILoggingEvent> said = new CopyOnWriteArrayList<>();
    private final AppenderBase<ILoggingEvent> ear = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            said.add(event);
        }
    };
    private TestCa ca;
    private TlsFiles files;
    private IngestServer server;

    @BeforeEach
    void listen() throws Exception {
        ca = new TestCa(directory.resolve("pki"), "ca");
        files = ca.certify("collector", FOR_LOOPBACK);
        ear.start();
        ours().addAppender(ear);
    }

    @AfterEach
    void close() {
        ours().detachAppender(ear);
        if (server != null) {
            server.close();
        }
    }

    private static Logger ours() {
        return (Logger) LoggerFactory.getLogger("dev.raftsman.ingest");
    }

    private void start(IngestTls tls) throws IOException {
        server = IngestServer.start(
                "n1",
                new IngestSettings(new HostPort("127.0.0.1", 0), 16 << 20, 48 << 20, Duration.ZERO, 100, tls),
                new LeadingLog(),
                new Nothing(),
                new Nothing());
    }

    private Client client(TlsFiles shown, String... protocols) throws Exception {
        return new Client(clientContext(shown), server.port(), protocols);
    }

    private TlsFiles agent(UnaryOperator<CertificateBuilder> as) throws Exception {
        return ca.certify("agent", as);
    }

    private static Instant days(int fromNow) {
        return Instant.now().plus(fromNow, ChronoUnit.DAYS);
    }

    private List<String> warnings() {
        return said.stream()
                .filter(event -> event.getLevel() == Level.WARN)
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    /** One line, and the client is told; by Java in so many words only that it was the certificate. */
    private void refuses(TlsFiles shown, String line) throws Exception {
        start(new IngestTls(files, true));
        try (Client client = client(shown)) {
            assertThatThrownBy(client::greet).isInstanceOf(SSLException.class).hasMessageContaining("certificate");
        }
        await().untilAsserted(() -> assertThat(warnings())
                .singleElement()
                .asString()
                .startsWith("refused: peer=/127.0.0.1:")
                .contains("reason=TLS: " + line));
    }

    @Test
    void asksNoCertificateIfNobodyIsTrusted() throws Exception {
        start(new IngestTls(new TlsFiles(files.certificate(), files.key(), null), false));
        try (Client client = client(new TlsFiles(null, null, ca.bundle()))) {
            assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
            assertThat(client.session().getProtocol()).isEqualTo("TLSv1.3");
        }
    }

    @Test
    void letsInWhoShowsACertificateOfATrustedCa() throws Exception {
        start(new IngestTls(files, true));
        try (Client client = client(agent(UnaryOperator.identity()))) {
            assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
            assertThat(client.ask(new Frame.Ping(7))).isEqualTo(new Frame.Pong(7));
        }
        assertThat(warnings()).isEmpty();
    }

    @Test
    void refusesWhoShowsNone() throws Exception {
        refuses(new TlsFiles(null, null, ca.bundle()), "the client's certificate is missing");
    }

    @Test
    void refusesAnExpiredCertificate() throws Exception {
        refuses(
                agent(b -> b.notBefore(days(-2)).notAfter(days(-1))),
                "the client's certificate has expired (NotAfter: ");
    }

    @Test
    void refusesACertificateOfTheFuture() throws Exception {
        refuses(
                agent(b -> b.notBefore(days(1)).notAfter(days(2))),
                "the client's certificate is not yet valid (NotBefore: ");
    }

    @Test
    void refusesACertificateOfAnotherCa() throws Exception {
        TlsFiles foreign = new TestCa(directory.resolve("other"), "other").certify("agent", UnaryOperator.identity());
        refuses(
                new TlsFiles(foreign.certificate(), foreign.key(), ca.bundle()),
                "the client's certificate is of an unknown CA");
    }

    @Test
    void refusesACertificateForServers() throws Exception {
        refuses(
                agent(CertificateBuilder::addExtendedKeyUsageServerAuth),
                "Extended key usage does not permit use for TLS client authentication");
    }

    @Test
    void tellsWhyEvenWhenTheClientHasGoneOnSending() throws Exception {
        start(new IngestTls(files, true));
        SSLContext context = clientContext(new TlsFiles(null, null, ca.bundle()));
        for (int i = 0; i < 5; i++) {
            try (Client client = new Client(context, server.port())) {
                client.raw(new byte[256 << 10]);
                assertThatThrownBy(client::receive)
                        .isInstanceOf(SSLException.class)
                        .hasMessageContaining("certificate");
            }
        }
    }

    @Test
    void refusesOlderTls() throws Exception {
        start(new IngestTls(files, true));
        try (Client client = client(agent(UnaryOperator.identity()), "TLSv1.2")) {
            assertThatThrownBy(client::greet).isInstanceOf(SSLException.class).hasMessageContaining("protocol_version");
        }
        await().untilAsserted(
                        () -> assertThat(warnings()).singleElement().asString().contains("TLSv1.2"));
    }

    @Test
    void refusesPlainTextInPlainText() throws Exception {
        start(new IngestTls(files, true));
        try (Client client = new Client(null, server.port())) {
            Frame.Refuse refuse = (Frame.Refuse) client.greet();
            assertThat(refuse.reason()).isEqualTo(RefuseReason.BAD_FRAME);
            assertThat(refuse.detail()).isEqualTo(PlainTextRefusal.DETAIL);
            assertThat(client.receive()).isNull();
        }
        await().untilAsserted(() ->
                assertThat(warnings()).singleElement().asString().contains("reason=TLS: the client speaks plain text"));
    }

    @Test
    void takesNoHelloForTls() throws Exception {
        // As long as the first byte of a handshake says.
        start(new IngestTls(files, true));
        try (Client client = new Client(null, server.port())) {
            Frame.Hello hello = new Frame.Hello(1, 1, "default", "host-123");
            assertThat(FrameCodec.encode(hello).get(0)).isEqualTo((byte) 22);
            assertThat(client.ask(hello)).isInstanceOf(Frame.Refuse.class);
        }
    }

    @Test
    void refusesTlsWhereItHasNone() throws Exception {
        start(null);
        try (Client client = client(agent(UnaryOperator.identity()))) {
            assertThatThrownBy(client::greet).isInstanceOf(SSLException.class);
        }
        await().untilAsserted(() -> assertThat(warnings())
                .singleElement()
                .asString()
                .contains("reason=BAD_FRAME")
                .contains("a TLS handshake; this port speaks plain text, it has no ingest.tls"));
    }

    @Test
    void complainsOfManyInOneLine() throws Exception {
        start(new IngestTls(files, true));
        for (int i = 0; i < 20; i++) {
            try (Client client = new Client(null, server.port())) {
                assertThat(client.greet()).isInstanceOf(Frame.Refuse.class);
            }
        }
        assertThat(warnings()).hasSizeLessThan(5);
    }

    @Test
    void closesWhoDoesNotGoOnWithItsHandshake() throws Exception {
        start(new IngestTls(files, true));
        try (Client client = new Client(null, server.port())) {
            client.raw(new byte[] {22, 3, 1, 0, 100, 1});
            assertThat(client.socket.getInputStream().readAllBytes().length).isLessThan(100);
        }
        await().untilAsserted(() ->
                assertThat(warnings()).singleElement().asString().contains("handshake timed out after 5000ms"));
    }

    @Test
    void saysNothingOfWhoOnlyLooksWhetherThePortIsOpen() throws Exception {
        start(new IngestTls(files, true));
        new Client(null, server.port()).close();
        try (Client client = client(agent(UnaryOperator.identity()))) {
            assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
        }
        assertThat(warnings()).isEmpty();
    }

    @Test
    void resumesNoSession() throws Exception {
        // A resumed one would not look at the certificate again.
        start(new IngestTls(files, true));
        SSLContext context = clientContext(agent(UnaryOperator.identity()));
        Set<Long> created = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            try (Client client = new Client(context, server.port())) {
                assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
                assertThat(client.ask(new Frame.Ping(i))).isEqualTo(new Frame.Pong(i)); // tickets come before it
                created.add(client.session().getCreationTime());
            }
            await().pollInterval(Duration.ofMillis(1)).until(() -> !created.contains(System.currentTimeMillis()));
        }
        assertThat(created).as("a resumed session has the time of its first").hasSize(3);
    }

    @Test
    void showsNewConnectionsWhatChangedOnDiskAndKeepsTheOldOnes() throws Exception {
        start(new IngestTls(files, true));
        TlsFiles agent = agent(UnaryOperator.identity());
        try (Client old = client(agent)) {
            assertThat(old.greet()).isInstanceOf(Frame.Welcome.class);
            ca.certify("collector", b -> FOR_LOOPBACK.apply(b).subject("CN=second"));
            await().until(() -> {
                try (Client client = client(agent)) {
                    assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
                    return client.session().getPeerPrincipal().getName().equals("CN=second");
                }
            });
            Files.writeString(files.certificate(), "rubbish");
            await().atMost(Duration.ofSeconds(15))
                    .untilAsserted(() -> assertThat(said)
                            .filteredOn(event -> event.getLevel() == Level.ERROR)
                            .singleElement()
                            .extracting(ILoggingEvent::getFormattedMessage)
                            .asString()
                            .contains("those before stay in force: reason=" + files.certificate()
                                    + " holds no certificate"));
            try (Client client = client(agent)) {
                assertThat(client.greet()).isInstanceOf(Frame.Welcome.class);
            }
            assertThat(old.ask(new Frame.Ping(1))).isEqualTo(new Frame.Pong(1));
        }
    }

    private static SSLContext clientContext(TlsFiles shown) throws Exception {
        TlsMaterial material = TlsMaterial.load(shown);
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        trusted.setCertificateEntry("ca", material.trusted().get(0));
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(new KeyManager[] {material.keyManager()}, trust.getTrustManagers(), null);
        return context;
    }

    /** The JDK's own blocking sockets: not the code that is tested. */
    private static final class Client implements AutoCloseable {
        final Socket socket;

        Client(SSLContext context, int port, String... protocols) throws IOException {
            Socket plain = new Socket(InetAddress.getLoopbackAddress(), port);
            plain.setSoTimeout(TIMEOUT_MILLIS);
            socket = context == null ? plain : context.getSocketFactory().createSocket(plain, "127.0.0.1", port, true);
            if (protocols.length > 0) {
                ((SSLSocket) socket).setEnabledProtocols(protocols);
            }
        }

        SSLSession session() {
            return ((SSLSocket) socket).getSession();
        }

        Frame greet() throws IOException {
            return ask(new Frame.Hello(1, 1, "acme", "host-1"));
        }

        Frame ask(Frame frame) throws IOException {
            ByteBuffer bytes = FrameCodec.encode(frame);
            byte[] sent = new byte[bytes.remaining()];
            bytes.get(sent);
            raw(sent);
            return receive();
        }

        void raw(byte[] bytes) throws IOException {
            socket.getOutputStream().write(bytes);
        }

        /** The next frame, or null at the end of the stream. */
        Frame receive() throws IOException {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            try {
                byte[] frame = new byte[Integer.reverseBytes(in.readInt())];
                in.readFully(frame);
                return FrameCodec.decode(ByteBuffer.wrap(frame));
            } catch (EOFException e) {
                return null;
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** Leads, and takes nothing. */
    private static final class LeadingLog implements ReplicatedLog {
        @Override
        public CompletableFuture<Outcome> submit(ByteBuffer entry) {
            return CompletableFuture.completedFuture(new Outcome.Unavailable("a test's"));
        }

        @Override
        public CompletableFuture<Outcome> readBarrier() {
            return submit(null);
        }

        @Override
        public Leadership leadership() {
            return new Leadership("n1", true, 1);
        }

        @Override
        public void onLeadershipChange(Runnable listener) {}

        @Override
        public LogFacts facts() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void requestSnapshot() {}

        @Override
        public void close() {}
    }

    private static final class Nothing implements IngestServer.Surroundings, IngestObserver {
        @Override
        public OptionalLong last(long epoch) {
            return OptionalLong.empty();
        }

        @Override
        public String ingestAddress(String node) {
            return "";
        }

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public long clockMillis() {
            return 0;
        }

        @Override
        public void block(Verdict.Kind verdict, BlockContents contents) {}

        @Override
        public void refused(RefuseReason reason) {}

        @Override
        public void entry(int bytes, long waitedNanos, long committedNanos) {}

        @Override
        public void connections(int open) {}
    }
}
