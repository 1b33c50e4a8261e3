package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import dev.raftsman.tls.TlsFiles;
import io.netty.pkitesting.CertificateBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole agent to collectors by TLS; what is refused, and how it is said, see LinkTlsTest. */
class AgentTlsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final UnaryOperator<CertificateBuilder> FOR_LOOPBACK = b -> b.addSanIpAddress("127.0.0.1");
    private static final byte[] LINES = "one\ntwo\nthree\n".getBytes(StandardCharsets.UTF_8);

    @TempDir
    Path directory;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private TestCa ca;
    private TlsFiles agentFiles;
    private Path log;

    @BeforeEach
    void certify() throws Exception {
        ca = new TestCa(directory.resolve("pki"), "ca");
        agentFiles = ca.certify("agent", UnaryOperator.identity());
        log = Files.createDirectory(directory.resolve("logs")).resolve("a.log");
        Files.write(log, LINES);
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

    private static String tls(TlsFiles files) {
        return ", tls: {trust: '" + files.trust() + "'"
                + (files.key() == null
                        ? ""
                        : ", certificate: '" + files.certificate() + "', key: '" + files.key() + "'")
                + "}";
    }

    private void startAgent(String tls, String... collectors) throws Exception {
        Path config = Files.writeString(
                directory.resolve("agent.yaml"),
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + String.join("', '", collectors) + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {quota: 64MiB, force: 20ms}",
                        "inputs:",
                        "  - {type: file, paths: ['" + log + "'], idle: 200ms}",
                        "shipper: {linger: 20ms" + tls + "}"));
        Agent agent = new Agent(
                AgentConfig.read(config),
                new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC()));
        agent.start();
        opened.add(0, agent);
    }

    private void awaitThat(Callable<Boolean> holds) {
        try {
            await().atMost(PATIENCE)
                    .pollInterval(Duration.ofMillis(20))
                    .conditionEvaluationListener(null)
                    .until(holds);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said(), e);
        }
    }

    private void awaitStored(FakeCollector collector, byte[] expected) {
        awaitThat(() -> Arrays.equals(collector.raw("a.log"), expected));
    }

    private String said() {
        return said.toString(StandardCharsets.UTF_8);
    }

    @Test
    void shipsToACollectorThatShowsACertificate() throws Exception {
        FakeCollector collector = collector(new TestTls(ca.certify("collector", FOR_LOOPBACK), false));
        startAgent(tls(new TlsFiles(null, null, ca.bundle())), collector.address());
        awaitStored(collector, LINES);
        assertThat(said()).contains("TLS to collectors: certificate=none");
    }

    @Test
    void showsItsOwnCertificate() throws Exception {
        TestTls tls = new TestTls(ca.certify("collector", FOR_LOOPBACK), true);
        FakeCollector collector = collector(tls);
        startAgent(tls(agentFiles), collector.address());
        awaitStored(collector, LINES);
        assertThat(tls.clients()).containsOnly("CN=agent");
    }

    @Test
    void followsAHint() throws Exception {
        FakeCollector hinted = collector(new TestTls(ca.certify("hinted", b -> b.addSanDnsName("localhost")), false));
        FakeCollector first = collector(new TestTls(ca.certify("first", FOR_LOOPBACK), false));
        first.redirect(hinted.address().replace("127.0.0.1", "localhost"));
        startAgent(tls(agentFiles), first.address());
        awaitStored(hinted, LINES);
    }

    @Test
    void losesNothingWhenCertificatesChangeUnderIt() throws Exception {
        TlsFiles collectorFiles = ca.certify("collector", FOR_LOOPBACK);
        TestTls tls = new TestTls(collectorFiles, true);
        FakeCollector collector = collector(tls);
        startAgent(tls(agentFiles), collector.address());
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        written.write(LINES);
        AtomicBoolean enough = new AtomicBoolean();
        Thread writer = new Thread(() -> {
            try {
                for (int i = 0; !enough.get(); i++) {
                    byte[] line = ("line " + i + " while certificates change\n").getBytes(StandardCharsets.UTF_8);
                    Files.write(log, line, StandardOpenOption.APPEND);
                    written.write(line);
                }
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        writer.start();
        opened.add(() -> enough.set(true));
        for (int generation = 1; generation <= 5; generation++) {
            String subject = "CN=generation-" + generation;
            int before = collector.raw("a.log").length;
            awaitThat(() -> collector.raw("a.log").length > before);
            ca.certify("agent", b -> b.subject(subject));
            ca.certify("collector", FOR_LOOPBACK);
            collector.down();
            collector.up();
            awaitThat(() -> tls.clients().contains(subject));
        }
        // A broken file changes nothing: the next connection is made with the one before.
        Files.writeString(agentFiles.certificate(), "rubbish");
        collector.down();
        collector.up();
        int connections = tls.clients().size();
        awaitThat(() -> tls.clients().size() > connections);
        assertThat(tls.clients()).last().isEqualTo("CN=generation-5");
        enough.set(true);
        writer.join();
        awaitStored(collector, written.toByteArray());
        awaitThat(() -> said().contains("ERROR changed TLS files cannot be used, those before stay in force: reason="
                + agentFiles.certificate() + " holds no certificate"));
        assertThat(said()).doesNotContain("rewind");
    }
}
