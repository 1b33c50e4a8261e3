package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.objects.FaultyS3.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of a put and a get when the server or the way to it fails, once or for good. */
class S3FaultsTest {
    private static final ObjectKey KEY = ObjectKey.of("segments", "a.seg");

    private static final int BYTES = 100_000;

    /** More than the sockets between the two hold. */
    private static final int MANY_BYTES = 12 << 20;

    private static final int ONCE = 1;
    private static final int FOR_GOOD = Integer.MAX_VALUE;

    @TempDir
    Path temporary;

    private FaultyS3 server;
    private S3ObjectStore store;
    private byte[] bytes;
    private Path file;

    @BeforeEach
    void begin() throws IOException {
        server = new FaultyS3();
        store = S3ObjectStore.open(new S3Settings(
                "logs",
                "",
                "us-east-1",
                Optional.of(server.address()),
                true,
                S3Settings.Checksums.WHEN_REQUIRED,
                Optional.of(new S3Settings.Keys("id", "secret")),
                "",
                new S3Settings.Timeouts(
                        Duration.ofSeconds(5), Duration.ofSeconds(2), Duration.ofSeconds(20), Duration.ofSeconds(60))));
        bytes = random(BYTES);
        file = temporary.resolve("a.seg");
    }

    @AfterEach
    void end() {
        store.close();
        server.close();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private PutOutcome put(byte[] content) throws IOException {
        return store.putIfAbsent(KEY, Files.write(file, content), Sha256.of(content));
    }

    private void assertThatItIsThere() throws IOException {
        try (InputStream in = store.open(KEY)) {
            assertThat(Sha256.of(in).sha256()).isEqualTo(Sha256.of(bytes));
        }
    }

    @ParameterizedTest
    @EnumSource(
            names = {
                "INTERNAL_ERROR",
                "SLOW_DOWN",
                "CONFLICT",
                "RESET",
                "SILENCE",
                "INTERNAL_ERROR_AFTERWARDS",
                "RESET_AFTERWARDS",
                "SILENCE_AFTERWARDS"
            })
    void onceIsNoFailure(Fault fault) throws Exception {
        server.fail("PUT", fault, ONCE);
        assertThat(put(bytes)).isIn(PutOutcome.CREATED, PutOutcome.SAME);
        assertThatItIsThere();
    }

    @ParameterizedTest
    @CsvSource({
        "INTERNAL_ERROR, 500 InternalError",
        "SLOW_DOWN,      503 SlowDown",
        "EXPIRED_TOKEN,  400 ExpiredToken",
        "ACCESS_DENIED,  403 AccessDenied",
        "NO_BUCKET,      404 NoSuchBucket",
        "BAD_DIGEST,     400 BadDigest",
        "CONFLICT,       409 ConditionalRequestConflict",
        "RESET,          ''",
    })
    void whatWasNotDoneIsAFailureThatSaysWhy(Fault fault, String why) throws Exception {
        server.fail("PUT", fault, FOR_GOOD);
        assertThatThrownBy(() -> put(bytes))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("put s3://logs/segments/a.seg: " + why)
                .hasMessageNotContaining("secret");
        assertThat(store.head(KEY)).isEmpty();
        server.heal();
        assertThat(put(bytes)).isEqualTo(PutOutcome.CREATED);
    }

    @ParameterizedTest
    @EnumSource(names = {"INTERNAL_ERROR_AFTERWARDS", "RESET_AFTERWARDS"})
    void whatWasDoneIsFoundThoughNoAnswerComes(Fault fault) throws Exception {
        server.fail("PUT", fault, FOR_GOOD);
        assertThat(put(bytes)).isEqualTo(PutOutcome.SAME);
        assertThatItIsThere();
    }

    /** The server need not read what it will not keep. */
    @Test
    void aTakenKeyIsSaidToBeTakenThoughTheServerHangsUpEarly() throws Exception {
        bytes = random(MANY_BYTES);
        put(bytes);
        server.fail("PUT", Fault.ANSWERS_EARLY, FOR_GOOD);
        assertThat(put(bytes)).isEqualTo(PutOutcome.SAME);
        byte[] others = bytes.clone();
        others[MANY_BYTES / 2] ^= 1;
        assertThat(put(others)).isEqualTo(PutOutcome.OCCUPIED);
        assertThatItIsThere();
    }

    @Test
    void aServerThatHangsUpEarlyAndHasNothingIsAFailure() throws Exception {
        bytes = random(MANY_BYTES);
        server.fail("PUT", Fault.ANSWERS_EARLY, FOR_GOOD);
        assertThatThrownBy(() -> put(bytes)).isInstanceOf(IOException.class).hasMessageContaining("segments/a.seg");
        server.heal();
        assertThat(put(bytes)).isEqualTo(PutOutcome.CREATED);
    }

    @ParameterizedTest
    @EnumSource(names = {"HALF_A_BODY", "INTERNAL_ERROR", "RESET", "EXPIRED_TOKEN", "NO_BUCKET"})
    void halfAnObjectIsNeverTakenForAWholeOne(Fault fault) throws Exception {
        put(bytes);
        server.fail("GET", fault, FOR_GOOD);
        assertThatThrownBy(() -> {
                    try (InputStream in = store.open(KEY)) {
                        in.readAllBytes();
                    }
                })
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(NoSuchObjectException.class);
        server.heal();
        assertThatItIsThere();
    }
}
