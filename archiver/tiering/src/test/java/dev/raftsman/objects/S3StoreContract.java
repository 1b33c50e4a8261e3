package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** What our store must do with a real server, and what that server must do for it. */
public abstract class S3StoreContract extends ObjectStoreContract {
    private static final AtomicInteger BUCKETS = new AtomicInteger();

    private static final ObjectKey KEY = ObjectKey.of("segments", "a.seg");

    protected abstract S3Server server();

    /** The bucket that the contract of every store is tried in. */
    protected S3Settings emptyBucket(String name) {
        return server().bucket(name);
    }

    protected static String newName() {
        return "bucket-" + BUCKETS.incrementAndGet();
    }

    @Override
    protected ObjectStore openEmpty() {
        return S3ObjectStore.open(emptyBucket(newName()));
    }

    /** Over HTTP an answer may be lost after the object was stored; the repetition then finds its own bytes. */
    @Override
    protected Set<PutOutcome> createdOutcomes() {
        return Set.of(PutOutcome.CREATED, PutOutcome.SAME);
    }

    @Test
    void putsWithContentMd5WhereTrailersAreRefused() throws Exception {
        S3Settings all = emptyBucket(newName());
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
            assertThat(store.putIfAbsent(KEY, bytes)).isIn(createdOutcomes());
            assertThat(store.open(KEY).readAllBytes()).isEqualTo(bytes);
        }
    }

    /** What our puts carry with {@code checksums: when-required}. */
    @Test
    void theServerRefusesBytesThatAreNotThoseOfTheirMd5() {
        S3Settings bucket = emptyBucket(newName());
        String md5OfOther = Base64.getEncoder().encodeToString(new byte[16]);
        try (S3Client client = server().client()) {
            S3Exception refused = catchThrowableOfType(
                    S3Exception.class,
                    () -> client.putObject(
                            b -> b.bucket(bucket.bucket()).key("prod/a").contentMD5(md5OfOther),
                            RequestBody.fromString("whole")));
            assertThat(refused.statusCode()).isEqualTo(400);
        }
    }

    /** Where it is no more than a header to the server, what was damaged is found by reading it back. */
    @Test
    void theServerRefusesAWrongChecksumIfItTakesTrailers() {
        S3Settings bucket = emptyBucket(newName());
        String sha256OfOther = Base64.getEncoder().encodeToString(new byte[32]);
        try (S3Client client = server().client()) {
            S3Exception refused = null;
            try {
                client.putObject(
                        b -> b.bucket(bucket.bucket()).key("prod/a").checksumSHA256(sha256OfOther),
                        RequestBody.fromString("whole"));
            } catch (S3Exception e) {
                refused = e;
            }
            if (server().checksums() == S3Settings.Checksums.WHEN_SUPPORTED) {
                assertThat(refused).extracting(S3Exception::statusCode).isEqualTo(400);
            } else {
                assertThat(refused).isNull();
            }
        }
    }

    /** Several parts would be: one of these servers ignores the condition of their completion, and overwrites. */
    @Test
    void anObjectIsOneConditionalRequestHoweverLargeItIs() throws Exception {
        S3Settings bucket = emptyBucket(newName());
        byte[] bytes = new byte[24 << 20];
        new Random(24).nextBytes(bytes);
        Path file = Files.write(temporary.resolve("large.seg"), bytes);
        try (S3ObjectStore store = S3ObjectStore.open(bucket);
                S3Client client = server().client()) {
            assertThat(store.putIfAbsent(KEY, file, Sha256.of(bytes))).isIn(createdOutcomes());
            assertThat(store.putIfAbsent(KEY, new byte[] {1})).isEqualTo(PutOutcome.OCCUPIED);
            String tag = client.headObject(b -> b.bucket(bucket.bucket()).key("prod/" + KEY))
                    .eTag();
            assertThat(tag).as("of several parts it would end in their number").doesNotContain("-");
            try (InputStream in = store.open(KEY)) {
                assertThat(Sha256.of(in).sha256()).isEqualTo(Sha256.of(bytes));
            }
        }
    }

    @Test
    void namesStatusAndRequestButNeverTheSecretWhenRefused() {
        String bucket = emptyBucket(newName()).bucket();
        S3Settings settings =
                server().settings(bucket, new S3Settings.Keys(S3Server.KEYS.accessKeyId(), "canary-9f31"));
        try (S3ObjectStore store = S3ObjectStore.open(settings)) {
            assertThatThrownBy(() -> store.putIfAbsent(KEY, new byte[] {1}))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("s3://" + bucket + "/prod/segments/a.seg")
                    .hasMessageContaining("403")
                    .hasStackTraceContaining("S3Exception")
                    .message()
                    .doesNotContain("canary");
            assertThat(store.lockSupport().answer()).isNotEqualTo(LockSupport.Answer.YES);
            assertThat(store.lockSupport().toString()).doesNotContain("canary");
        }
        assertThat(settings.toString()).doesNotContain("canary");
    }

    @Test
    void tellsAMissingBucketFromAMissingObject() {
        try (S3ObjectStore store = S3ObjectStore.open(server().settings("never-made", S3Server.KEYS))) {
            assertThatThrownBy(() -> store.open(KEY).close())
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(NoSuchObjectException.class)
                    .hasMessageContaining("NoSuchBucket");
            assertThat(store.lockSupport().answer()).isNotEqualTo(LockSupport.Answer.YES);
        }
    }

    @Test
    void saysThatABucketWithoutObjectLockCannotLock() throws Exception {
        try (S3ObjectStore store = S3ObjectStore.open(emptyBucket(newName()))) {
            assertThat(store.lockSupport().answer()).isEqualTo(LockSupport.Answer.NO);
            store.putIfAbsent(KEY, new byte[] {1});
            assertThat(store.protection(KEY)).isEqualTo(Protection.NONE);
            assertThatThrownBy(() -> store.protect(KEY, new Protection(Protection.Mode.NONE, 0, true)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("/prod/segments/a.seg");
        }
    }

    /** A bucket that keeps versions would else keep, and bill, everything that was ever deleted. */
    @Test
    void aDeletedObjectLeavesNoVersionBehind() throws Exception {
        S3Settings bucket = server().versionedBucket(newName());
        try (S3ObjectStore store = S3ObjectStore.open(bucket);
                S3Client client = server().client()) {
            store.putIfAbsent(KEY, new byte[] {1});
            assertThat(client.listObjectVersions(b -> b.bucket(bucket.bucket())).versions())
                    .hasSize(1);
            store.delete(KEY);
            store.delete(KEY);
            assertThat(store.head(KEY)).isEmpty();
            var left = client.listObjectVersions(b -> b.bucket(bucket.bucket()));
            assertThat(left.versions()).isEmpty();
            assertThat(left.deleteMarkers()).isEmpty();
            assertThat(store.putIfAbsent(KEY, new byte[] {3})).isIn(createdOutcomes());
        }
    }
}
