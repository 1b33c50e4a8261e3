package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.raftsman.config.HostPort;
import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiverProcessTest {
    @TempDir
    Path temporary;

    private Path data;

    @BeforeEach
    void policies() throws IOException {
        data = temporary.resolve("data");
        Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold}]
                """.formatted(temporary.resolve("archive")));
    }

    private record Ended(int code, String line) {}

    private Ended start(String yaml) throws IOException {
        Path config = Files.writeString(temporary.resolve("archiver.yaml"), yaml);
        PrintStream before = System.err;
        ByteArrayOutputStream said = new ByteArrayOutputStream();
        System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
        try {
            return new Ended(ArchiverProcess.run(config), said.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    private String config(String listen) {
        return """
                version: 1
                data: "%s"
                collectors: ["127.0.0.1:1"]
                retention: "%s"
                http: {listen: "%s"}
                """.formatted(data, temporary.resolve("retention.yaml"), listen);
    }

    @Test
    void endsWith78AndEveryProblemWhereTheConfigurationIsWrong() throws Exception {
        Ended ended = start("version: 1\ndata: x\ncolectors: []\nevery: 10\n");
        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.line().lines())
                .hasSizeGreaterThanOrEqualTo(4)
                .anyMatch(line -> line.contains("archiver.yaml:3:1 colectors: unknown key; did you mean 'collectors'"))
                .anyMatch(line -> line.contains("archiver.yaml:4:8 every: '10' cannot be used"))
                .anyMatch(line -> line.contains("retention: is missing"));

        Files.writeString(temporary.resolve("retention.yaml"), "policies: [{name: rest}]");
        ended = start(config("127.0.0.1:0"));
        assertThat(ended.code()).isEqualTo(78);
        assertThat(ended.line()).contains("retention.yaml:1:12 ");
    }

    @Test
    void endsWith78WhereATargetSaysThatItCannotLockWhatAPolicyWantsLocked() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            byte[] body = "<Error><Code>NotImplemented</Code></Error>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(501, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        try {
            Path retention = Files.writeString(temporary.resolve("retention.yaml"), """
                    targets:
                      cold: {type: s3, bucket: b, endpoint: "http://127.0.0.1:%d", pathStyle: true,
                             accessKeyId: canary4711, secretAccessKey: canary4712}
                    policies:
                      - name: audit
                        to: cold
                        match: {stream: audit}
                        archive:
                          keep: 7y
                          lock: compliance
                      - name: court
                        to: cold
                        archive: {legalHold: true}
                    """.formatted(
                            server.getAddress().getPort()));
            Ended ended = start(config("127.0.0.1:0"));
            assertThat(ended.code()).isEqualTo(78);
            String why = ": cannot be kept by target 'cold' of line 2: bucket b: 501 NotImplemented, request id null;"
                    + " expected a bucket made with Object Lock";
            assertThat(ended.line().lines())
                    .containsExactly(
                            retention + ":10:13 policies[0].archive.lock" + why,
                            retention + ":13:26 policies[1].archive.legalHold" + why);
            assertThat(ended.line()).doesNotContain("canary");
        } finally {
            server.stop(0);
        }
    }

    @Test
    void actsUnlessToldNotTo() throws Exception {
        Path file = Files.writeString(temporary.resolve("archiver.yaml"), config("127.0.0.1:0"));
        assertThat(ArchiverConfig.read(file).act()).isTrue();
        Files.writeString(file, config("127.0.0.1:0") + "act: false\n");
        assertThat(ArchiverConfig.read(file).act()).isFalse();
        assertThat(start(config("127.0.0.1:0") + "act: maybe\n").line()).contains("act: 'maybe' cannot be used");
    }

    @Test
    void endsWith75WhereAnotherRunsOnTheSameDirectory() throws Exception {
        Files.createDirectories(data);
        try (DirectoryLock held = DirectoryLock.acquire(data.resolve("archiver.lock"))) {
            assertThat(held).isNotNull();
            Ended ended = start(config("127.0.0.1:0"));
            assertThat(ended.code()).isEqualTo(75);
            assertThat(ended.line()).contains(data.toString()).contains("in use");
        }
    }

    @Test
    void endsWith69WhereThePortIsTakenAnd73WhereNoDirectoryCanBe() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            Ended ended = start(config("127.0.0.1:" + taken.getLocalPort()));
            assertThat(ended.code()).isEqualTo(69);
            assertThat(ended.line())
                    .contains("127.0.0.1:" + taken.getLocalPort())
                    .hasLineCount(1);
        }
        Files.writeString(temporary.resolve("file"), "");
        data = temporary.resolve("file").resolve("below");
        assertThat(start(config("127.0.0.1:0")).code()).isEqualTo(73);
    }

    @Test
    void servesFiguresAndReadiness() throws Exception {
        ArchiverMetrics metrics = new ArchiverMetrics(List.of("cold"));
        metrics.stored("cold", 42);
        metrics.done(new Decision.Snapshot(List.of(), "ledger", new Reason("first-snapshot", "", Map.of()), "cold"));
        AtomicBoolean ready = new AtomicBoolean();
        try (StatusPages pages = StatusPages.start(new HostPort("127.0.0.1", 0), metrics, ready::get)) {
            assertThat(get(pages, "/metrics").body())
                    .contains("raftsman_archiver_objects_total{target=\"cold\"} 1.0")
                    .contains("raftsman_archiver_object_bytes_total{target=\"cold\"} 42.0")
                    .contains("raftsman_archiver_decisions_total{decision=\"snapshot\",policy=\"ledger\","
                            + "reason=\"first-snapshot\"} 1.0");
            assertThat(get(pages, "/livez").statusCode()).isEqualTo(200);
            assertThat(get(pages, "/readyz").statusCode()).isEqualTo(503);
            ready.set(true);
            assertThat(get(pages, "/readyz").statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> get(StatusPages pages, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + pages.port() + path);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void explainsEveryKey() {
        assertThat(ArchiverConfig.reference())
                .isNotEmpty()
                .allMatch(key -> !key.explanation().isBlank());
    }
}
