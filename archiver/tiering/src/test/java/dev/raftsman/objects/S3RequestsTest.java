package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of an S3 server, as the server sees it. */
class S3RequestsTest {
    private static final ObjectKey KEY = ObjectKey.of("segments", "a.seg");

    private final List<String> asked = new ArrayList<>();
    private int status = 200;
    private HttpServer server;

    @BeforeEach
    void begin() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().entrySet() + " " + body);
            byte[] answer = status == 200
                    ? new byte[0]
                    : "<Error><Code>InvalidRequest</Code></Error>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, answer.length == 0 ? -1 : answer.length);
            if (answer.length > 0) {
                exchange.getResponseBody().write(answer);
            }
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void end() {
        server.stop(0);
    }

    private S3ObjectStore store(S3Settings.Encryption encryption) {
        return S3ObjectStore.open(new S3Settings(
                "logs",
                "prod/",
                "us-east-1",
                Optional.of(URI.create("http://127.0.0.1:" + server.getAddress().getPort())),
                true,
                S3Settings.Checksums.WHEN_REQUIRED,
                Optional.of(new S3Settings.Keys("id", "secret")),
                "STANDARD_IA",
                encryption,
                S3Settings.Timeouts.DEFAULT));
    }

    @Test
    void eachObjectIsEncryptedAsTheTargetSays() throws Exception {
        try (S3ObjectStore store = store(new S3Settings.Encryption("aws:kms", "key-1"))) {
            store.putIfAbsent(KEY, new byte[] {1});
        }
        assertThat(asked)
                .singleElement()
                .asString()
                .startsWith("PUT /logs/prod/segments/a.seg ")
                .containsIgnoringCase("x-amz-server-side-encryption=[aws:kms]")
                .containsIgnoringCase("x-amz-server-side-encryption-aws-kms-key-id=[key-1]")
                .containsIgnoringCase("x-amz-storage-class=[STANDARD_IA]")
                .containsIgnoringCase("if-none-match=[*]");
    }

    @Test
    void whereTheBucketDecidesNoEncryptionIsAsked() throws Exception {
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            store.putIfAbsent(KEY, new byte[] {1});
        }
        assertThat(asked).singleElement().asString().doesNotContainIgnoringCase("server-side-encryption");
    }

    @Test
    void locksAndHoldsAnObjectInTheStore() throws Exception {
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            store.protect(KEY, new Protection(Protection.Mode.COMPLIANCE, 1_800_000_000_000L, true));
            store.protect(KEY, Protection.NONE);
        }
        assertThat(asked).hasSize(2);
        assertThat(asked.get(0))
                .startsWith("PUT /logs/prod/segments/a.seg?retention ")
                .contains("<Mode>COMPLIANCE</Mode><RetainUntilDate>2027-01-15T08:00:00Z</RetainUntilDate>");
        assertThat(asked.get(1))
                .startsWith("PUT /logs/prod/segments/a.seg?legal-hold ")
                .contains("<Status>ON</Status>");
    }

    @Test
    void aBucketThatCannotLockIsAFailure() {
        status = 400;
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            assertThatThrownBy(() -> store.protect(KEY, new Protection(Protection.Mode.GOVERNANCE, 1, false)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("lock s3://logs/prod/segments/a.seg: 400 InvalidRequest");
        }
    }
}
