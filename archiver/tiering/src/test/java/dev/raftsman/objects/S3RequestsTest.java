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
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is asked of an S3 server, as the server sees it. */
class S3RequestsTest {
    private static final ObjectKey KEY = ObjectKey.of("segments", "a.seg");

    private final List<String> asked = new ArrayList<>();
    private final Map<String, String> shown = new TreeMap<>();
    private int status = 200;
    private String code = "InvalidRequest";
    private String answer = "";
    private HttpServer server;

    @BeforeEach
    void begin() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            asked.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().entrySet() + " " + body);
            boolean head = exchange.getRequestMethod().equals("HEAD");
            shown.forEach((name, value) -> exchange.getResponseHeaders().set(name, value));
            byte[] bytes = (status == 200 ? answer : "<Error><Code>" + code + "</Code></Error>")
                    .getBytes(StandardCharsets.UTF_8);
            int sent = head && status != 404 ? 200 : status;
            exchange.sendResponseHeaders(sent, bytes.length == 0 || head ? -1 : bytes.length);
            if (bytes.length > 0 && !head) {
                exchange.getResponseBody().write(bytes);
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

    private List<String> changes() {
        return asked.stream().filter(request -> !request.startsWith("HEAD ")).toList();
    }

    private void show(String mode, String until, String hold) {
        shown.clear();
        shown.put("x-amz-object-lock-mode", mode);
        shown.put("x-amz-object-lock-retain-until-date", until);
        shown.put("x-amz-object-lock-legal-hold", hold);
    }

    @Test
    void locksAndHoldsAnObjectInTheStoreAndBelievesWhatItShowsAfterwards() throws Exception {
        Protection wanted = new Protection(Protection.Mode.COMPLIANCE, 1_799_999_999_001L, true);
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            assertThat(store.protect(KEY, Protection.NONE)).isEqualTo(Protection.NONE);
            assertThat(changes()).isEmpty();
            assertThatThrownBy(() -> store.protect(KEY, wanted))
                    .as("a server that ignores it, or does not show it to us")
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("shows 'none'; expected 'COMPLIANCE until 2027-01-15T08:00:00Z, legal hold'")
                    .hasMessageContaining("s3:GetObjectRetention");
        }
        assertThat(changes()).hasSize(2);
        assertThat(changes().get(0))
                .startsWith("PUT /logs/prod/segments/a.seg?retention ")
                .contains("<Mode>COMPLIANCE</Mode><RetainUntilDate>2027-01-15T08:00:00Z</RetainUntilDate>");
        assertThat(changes().get(1))
                .startsWith("PUT /logs/prod/segments/a.seg?legal-hold ")
                .contains("<Status>ON</Status>");
    }

    @Test
    void whatGuardsAnObjectAlreadyIsNeverShortenedOrAskedForAgain() throws Exception {
        show("COMPLIANCE", "2030-01-01T00:00:00Z", "ON");
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            Protection there =
                    store.protect(KEY, new Protection(Protection.Mode.GOVERNANCE, 1_800_000_000_000L, false));
            assertThat(there).hasToString("COMPLIANCE until 2030-01-01T00:00:00Z, legal hold");
        }
        assertThat(changes()).isEmpty();
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

    @Test
    void doesNotEvenTryToDeleteWhatIsLocked() throws Exception {
        shown.put("x-amz-version-id", "v7");
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            show("GOVERNANCE", "2999-01-01T00:00:00Z", "OFF");
            assertThatThrownBy(() -> store.delete(KEY))
                    .isInstanceOf(LockedObjectException.class)
                    .hasMessage("s3://logs/prod/segments/a.seg is locked: GOVERNANCE until 2999-01-01T00:00:00Z");
            show("GOVERNANCE", "2020-01-01T00:00:00Z", "ON");
            assertThatThrownBy(() -> store.delete(KEY)).isInstanceOf(LockedObjectException.class);
            assertThat(changes()).isEmpty();

            show("GOVERNANCE", "2020-01-01T00:00:00Z", "OFF");
            shown.put("x-amz-version-id", "v7");
            store.delete(KEY);
        }
        assertThat(changes()).singleElement().asString().startsWith("DELETE /logs/prod/segments/a.seg?versionId=v7 ");
    }

    /** 403 says no more than that we may not ask. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "200|                                      | YES     | bucket logs has Object Lock",
                "200|none                                  | NO      | bucket logs has no Object Lock",
                "404|ObjectLockConfigurationNotFoundError  | NO      | 404 ObjectLockConfigurationNotFoundError",
                "501|NotImplemented                        | NO      | 501 NotImplemented",
                "405|MethodNotAllowed                      | NO      | 405 MethodNotAllowed",
                "400|InvalidRequest                        | NO      | 400 InvalidRequest",
                "404|NoSuchBucket                          | UNKNOWN | 404 NoSuchBucket",
                "403|AccessDenied                          | UNKNOWN | 403 AccessDenied",
            })
    void asksTheBucketWhetherItLocks(int given, String said, LockSupport.Answer expected, String why) {
        status = given;
        code = said;
        answer = said == null
                ? "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>"
                : "<ObjectLockConfiguration/>";
        try (S3ObjectStore store = store(S3Settings.Encryption.OF_THE_BUCKET)) {
            LockSupport support = store.lockSupport();
            assertThat(support.answer()).isEqualTo(expected);
            assertThat(support.why()).contains(why);
        }
        assertThat(asked).singleElement().asString().startsWith("GET /logs?object-lock ");
    }
}
