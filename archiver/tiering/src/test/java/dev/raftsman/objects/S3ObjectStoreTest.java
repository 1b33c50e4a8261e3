package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class S3ObjectStoreTest extends ObjectStoreContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private static S3ProxyProcess server;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        server = S3ProxyProcess.start(directory);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Override
    ObjectStore openEmpty() {
        return S3ObjectStore.open(server.bucket("bucket-" + BUCKETS.incrementAndGet()));
    }

    @Test
    void putsWithContentMd5WhereTrailersAreRefused() throws Exception {
        S3Settings all = server.bucket("md5-bucket");
        S3Settings plain = new S3Settings(
                all.bucket(),
                all.prefix(),
                all.region(),
                all.endpoint(),
                all.pathStyle(),
                S3Settings.Checksums.WHEN_REQUIRED,
                all.keys(),
                all.storageClass(),
                all.timeouts());
        try (S3ObjectStore store = S3ObjectStore.open(plain)) {
            byte[] bytes = "whole".getBytes(StandardCharsets.UTF_8);
            assertThat(store.putIfAbsent(ObjectKey.of("a"), bytes)).isIn(createdOutcomes());
            assertThat(store.open(ObjectKey.of("a")).readAllBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void namesStatusAndRequestButNeverTheSecretWhenRefused() {
        S3Settings.Keys wrong = new S3Settings.Keys("raftsman-test", "canary-9f31");
        server.bucket("locked-bucket");
        S3Settings settings = server.settings("locked-bucket", wrong);
        try (S3ObjectStore store = S3ObjectStore.open(settings)) {
            assertThatThrownBy(() -> store.putIfAbsent(ObjectKey.of("a"), new byte[] {1}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("s3://locked-bucket/prod/a")
                    .hasMessageContaining("403")
                    .hasStackTraceContaining("S3Exception")
                    .message()
                    .doesNotContain("canary");
        }
        assertThat(settings.toString()).doesNotContain("canary");
    }

    @Test
    void tellsAMissingBucketFromAMissingObject() {
        try (S3ObjectStore store = S3ObjectStore.open(server.settings("never-made", S3ProxyProcess.KEYS))) {
            assertThatThrownBy(() -> store.open(ObjectKey.of("a")).close())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(NoSuchObjectException.class)
                    .hasMessageContaining("NoSuchBucket");
        }
    }

    /** Over HTTP an answer may be lost after the object was stored; the repetition then finds its own bytes. */
    @Override
    Set<PutOutcome> createdOutcomes() {
        return Set.of(PutOutcome.CREATED, PutOutcome.SAME);
    }
}
