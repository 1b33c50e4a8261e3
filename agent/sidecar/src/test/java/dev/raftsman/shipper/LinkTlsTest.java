package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import dev.raftsman.sidecar.FakeCollector;
import dev.raftsman.sidecar.TestCa;
import dev.raftsman.sidecar.TestTls;
import dev.raftsman.tls.TlsFiles;
import io.netty.pkitesting.CertificateBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No connection is made with a certificate that is not good, and the operator is told why. */
class LinkTlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final UnaryOperator<CertificateBuilder> FOR_LOOPBACK = b -> b.addSanIpAddress("127.0.0.1");

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());
    private final List<AutoCloseable> opened = new ArrayList<>();
    private TestCa ca;
    private TlsFiles agentFiles;
    private NettyLink link;
    private Session session;

    @BeforeEach
    void certify() throws Exception {
        ca = new TestCa(directory.resolve("pki"), "ca");
        agentFiles = ca.certify("agent", UnaryOperator.identity());
    }

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private FakeCollector collector(TestTls tls) throws IOException {
        FakeCollector collector = new FakeCollector(1, 0, tls);
        opened.add(collector);
        return collector;
    }

    private void connect(TlsFiles files, String collector) throws IOException {
        SessionSettings settings = SessionSettings.of("default", "host", List.of(collector), 1 << 20);
        ShipperObserver observer = ShipperObserver.NONE;
        link = new NettyLink(
                (int) settings.connectTimeout().toMillis(),
                LinkTls.open(files, log, System.nanoTime()),
                () -> {},
                observer);
        opened.add(link);
        session = new Session(settings, link, new Random(1), log, observer, System.nanoTime());
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    /** The one complaint there is, and no greeting. */
    private void awaitRefusal(String reason) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() -> {
            long nowNanos = System.nanoTime();
            link.deliver(session, nowNanos);
            session.step(nowNanos);
            return said().contains("no collector takes blocks");
        });
        assertThat(said().lines().filter(line -> line.contains("no collector takes blocks")))
                .singleElement()
                .asString()
                .containsPattern("reason=" + reason);
        assertThat(said()).doesNotContain("connected to collector");
    }

    private void refuses(UnaryOperator<CertificateBuilder> certificate, String reason) throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", certificate), false));
        connect(agentFiles, collector.address());
        awaitRefusal(reason);
    }

    private static Instant days(int fromNow) {
        return Instant.now().plus(fromNow, ChronoUnit.DAYS);
    }

    @Test
    void refusesAnExpiredCertificate() throws Exception {
        refuses(
                b -> FOR_LOOPBACK.apply(b).notBefore(days(-2)).notAfter(days(-1)),
                "TLS: the collector's certificate has expired");
    }

    @Test
    void refusesACertificateOfTheFuture() throws Exception {
        refuses(
                b -> FOR_LOOPBACK.apply(b).notBefore(days(1)).notAfter(days(2)),
                "TLS: the collector's certificate is not yet valid");
    }

    @Test
    void refusesACertificateOfAnotherCa() throws Exception {
        TestCa other = new TestCa(directory.resolve("other"), "other");
        FakeCollector collector = collector(new TestTls(other.certify("collector", FOR_LOOPBACK), false));
        connect(agentFiles, collector.address());
        awaitRefusal("TLS: the collector's certificate is of an unknown CA");
    }

    @Test
    void refusesACertificateOfAnotherCaOfTheSameName() throws Exception {
        TestCa other = new TestCa(directory.resolve("other"), "ca");
        FakeCollector collector = collector(new TestTls(other.certify("collector", FOR_LOOPBACK), false));
        connect(agentFiles, collector.address());
        awaitRefusal("TLS: the collector's certificate is of an unknown CA");
    }

    @Test
    void refusesAValidCertificateOfAnotherAddress() throws Exception {
        refuses(
                b -> b.addSanIpAddress("127.0.0.2").addSanDnsName("localhost"),
                "TLS: the collector's certificate is for another name .*127.0.0.1");
    }

    @Test
    void refusesAValidCertificateOfAnotherName() throws Exception {
        FakeCollector collector = collector(
                new TestTls(ca.certify("collector", b -> FOR_LOOPBACK.apply(b).addSanDnsName("other.example")), false));
        connect(agentFiles, collector.address().replace("127.0.0.1", "localhost"));
        awaitRefusal("TLS: the collector's certificate is for another name .*localhost");
    }

    @Test
    void refusesOlderTls() throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", FOR_LOOPBACK), false, "TLSv1.2"));
        connect(agentFiles, collector.address());
        awaitRefusal("TLS: the other end refuses: protocol_version");
    }

    @Test
    void refusesAHintedCollectorOfAnotherName() throws Exception {
        FakeCollector hinted = collector(new TestTls(ca.certify("hinted", FOR_LOOPBACK), false));
        FakeCollector first = collector(new TestTls(ca.certify("first", FOR_LOOPBACK), false));
        first.redirect(hinted.address().replace("127.0.0.1", "localhost"));
        connect(agentFiles, first.address());
        awaitRefusal("TLS: the collector's certificate is for another name .*localhost");
    }

    @Test
    void saysThatTheCollectorWantsACertificate() throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", FOR_LOOPBACK), true));
        connect(new TlsFiles(null, null, ca.bundle()), collector.address());
        awaitRefusal("TLS: the collector wants a client certificate, and shipper.tls has none");
    }

    @Test
    void saysThatItsOwnCertificateHasExpired() throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", FOR_LOOPBACK), true));
        TlsFiles expired = ca.certify("agent", b -> b.notBefore(days(-2)).notAfter(days(-1)));
        connect(expired, collector.address());
        awaitRefusal("TLS: the collector refuses the agent's certificate, which has expired");
        assertThat(said()).contains("WARN the agent's certificate has expired: file=" + expired.certificate());
    }

    @Test
    void saysThatTheCollectorDoesNotKnowItsCa() throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", FOR_LOOPBACK), true));
        TlsFiles foreign = new TestCa(directory.resolve("other"), "other").certify("agent", UnaryOperator.identity());
        connect(new TlsFiles(foreign.certificate(), foreign.key(), ca.bundle()), collector.address());
        awaitRefusal("TLS: the collector refuses the agent's certificate, which is of an unknown CA");
    }

    @Test
    void saysThatTheCollectorSpeaksPlainText() throws Exception {
        // What a collector without TLS makes of a handshake is its own tests' concern; this one answers like it.
        try (ServerSocket plain = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            Thread answering = new Thread(() -> {
                try {
                    while (true) {
                        try (Socket socket = plain.accept()) {
                            socket.getInputStream().read(new byte[4096]);
                            socket.getOutputStream().write(new byte[] {40, 0, 0, 0, 69, 0, 0, 0, 0});
                            socket.shutdownOutput();
                            socket.getInputStream().readAllBytes();
                        }
                    }
                } catch (IOException closed) {
                    // The test is over.
                }
            });
            answering.setDaemon(true);
            answering.start();
            connect(agentFiles, "127.0.0.1:" + plain.getLocalPort());
            awaitRefusal("TLS: the collector answers in plain text");
        }
    }

    @Test
    void saysThatTheHandshakeIsNotAnswered() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 16, InetAddress.getLoopbackAddress())) {
            connect(agentFiles, "127.0.0.1:" + silent.getLocalPort());
            awaitRefusal("TLS: handshake timed out after 2250ms");
        }
    }
}
