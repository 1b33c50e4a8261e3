package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Manifest;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.Protection;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.RadosGateway;
import dev.raftsman.objects.S3ObjectStore;
import dev.raftsman.objects.S3Server;
import dev.raftsman.objects.S3Settings;
import dev.raftsman.objects.S3StoreContract;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.ObjectLockLegalHoldStatus;
import software.amazon.awssdk.services.s3.model.ObjectLockRetentionMode;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Stores, archives and locks in Ceph's radosgw, where Debian's packages of it are installed. */
@Tag("long")
class RadosGatewayTest {
    private static RadosGateway server;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        List<String> missing = RadosGateway.missingPrograms();
        assumeTrue(missing.isEmpty(), "skipped: not installed: " + String.join(", ", missing));
        try {
            server = RadosGateway.start(directory.resolve("ceph"));
        } catch (RadosGateway.NotPermittedException e) {
            abort("skipped: Ceph is not permitted here: " + e.getMessage());
        }
    }

    @AfterAll
    static void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Nested
    class Store extends S3StoreContract {
        @Override
        protected S3Server server() {
            return server;
        }
    }

    /**
     * Ceph 16.2 ignores If-None-Match in a bucket that keeps versions: of two writers both succeed, and the later one's bytes
     * are read. The probe finds that out before anything is stored.
     */
    @Test
    void aBucketThatKeepsVersionsIsRefusedIfItLetsAKeyBeWrittenTwice() throws Exception {
        try (S3ObjectStore store = S3ObjectStore.open(server.versionedBucket("versions"))) {
            ObjectKey key = ObjectKey.of("twice");
            store.putIfAbsent(key, new byte[] {1});
            boolean twice = store.putIfAbsent(key, new byte[] {2}) == PutOutcome.CREATED;
            Throwable refused = catchThrowable(() -> new Manifest(store).probe("probe", 1));
            if (twice) {
                assertThat(refused).isInstanceOf(IOException.class).hasMessageContaining("If-None-Match is ignored");
            } else {
                assertThat(refused).isNull();
            }
        }
    }

    @Nested
    class Archive extends S3ArchiveContract {
        @Override
        S3Server server() {
            return server;
        }
    }

    private static String version(S3Client client, String bucket, String key) {
        return client.headObject(b -> b.bucket(bucket).key(key)).versionId();
    }

    /** What anybody with the keys gets who names the version. */
    private static int deleteVersion(S3Client client, String bucket, String key) {
        String version = version(client, bucket, key);
        S3Exception refused = catchThrowableOfType(
                S3Exception.class,
                () -> client.deleteObject(b -> b.bucket(bucket).key(key).versionId(version)));
        if (refused != null) {
            assertThat(version(client, bucket, key)).as("still there").isEqualTo(version);
        }
        return refused == null ? 204 : refused.statusCode();
    }

    private static void hold(S3Client client, String bucket, String key, boolean on) {
        client.putObjectLegalHold(b -> b.bucket(bucket)
                .key(key)
                .legalHold(h -> h.status(on ? ObjectLockLegalHoldStatus.ON : ObjectLockLegalHoldStatus.OFF)));
    }

    @Nested
    class Lock {
        private static final ObjectKey KEY = ObjectKey.of("segments", "a.seg");
        private static final String FULL_KEY = "prod/" + KEY;

        @Test
        void nobodyDeletesALockedVersionBeforeItsTime() throws Exception {
            S3Settings bucket = server.lockingBucket("locks-until");
            try (S3ObjectStore store = S3ObjectStore.open(bucket);
                    S3Client client = server.client()) {
                assertThat(store.lockSupport().answer()).isEqualTo(LockSupport.Answer.YES);
                store.putIfAbsent(KEY, new byte[] {1});
                assertThat(store.protection(KEY)).isEqualTo(Protection.NONE);
                long until = System.currentTimeMillis() + 3_000;
                Protection inForce = store.protect(KEY, new Protection(Protection.Mode.COMPLIANCE, until, false));
                assertThat(inForce.mode()).isEqualTo(Protection.Mode.COMPLIANCE);
                assertThat(inForce.untilMillis()).isBetween(until, until + 999);
                assertThat(store.protect(KEY, new Protection(Protection.Mode.GOVERNANCE, until - 1_000, false)))
                        .as("what is there stays")
                        .isEqualTo(inForce);
                assertThat(deleteVersion(client, bucket.bucket(), FULL_KEY)).isEqualTo(403);
                assertThatThrownBy(() -> store.delete(KEY))
                        .isInstanceOf(LockedObjectException.class)
                        .hasMessageContaining("COMPLIANCE until ");
                Awaitility.await("the end of the lock")
                        .atMost(Duration.ofSeconds(30))
                        .ignoreExceptions()
                        .until(() -> {
                            store.delete(KEY);
                            return true;
                        });
                assertThat(client.listObjectVersions(b -> b.bucket(bucket.bucket()))
                                .versions())
                        .isEmpty();
            }
        }

        @Test
        void nobodyDeletesAHeldVersionUntilTheHoldIsLifted() throws Exception {
            S3Settings bucket = server.lockingBucket("locks-held");
            try (S3ObjectStore store = S3ObjectStore.open(bucket);
                    S3Client client = server.client()) {
                store.putIfAbsent(KEY, new byte[] {1});
                Protection held = new Protection(Protection.Mode.NONE, 0, true);
                assertThat(store.protect(KEY, held)).isEqualTo(held);
                assertThat(store.protect(KEY, held)).isEqualTo(held);
                assertThat(deleteVersion(client, bucket.bucket(), FULL_KEY)).isEqualTo(403);
                assertThatThrownBy(() -> store.delete(KEY)).hasMessageContaining("legal hold");
                hold(client, bucket.bucket(), FULL_KEY, false);
                store.delete(KEY);
                assertThat(store.head(KEY)).isEmpty();
            }
        }
    }

    /**
     * Buckets with Object Lock keep versions, and Ceph 16.2 ignores the condition of a put there, so the archiver refuses them.
     * Here its store asks first whether the object is there, which is enough for one writer; all the rest is the server's.
     */
    @Nested
    class LockedArchive extends LockedArchiveContract {
        private static final AtomicInteger BUCKETS = new AtomicInteger();

        private String bucket;

        @BeforeEach
        void makeBucket() {
            bucket = server.lockingBucket("locked-" + BUCKETS.incrementAndGet()).bucket();
        }

        @Override
        String target() {
            return server.target(bucket);
        }

        @Override
        void withoutLocks() {
            bucket = server.bucket("unlocked-" + BUCKETS.incrementAndGet()).bucket();
        }

        @Override
        ColdTargets.Opener opener() {
            return target -> askingFirst(target.open());
        }

        private ObjectStore askingFirst(ObjectStore real) {
            return (ObjectStore) Proxy.newProxyInstance(
                    getClass().getClassLoader(), new Class<?>[] {ObjectStore.class}, (proxy, method, given) -> {
                        boolean puts = method.getName().equals("putIfAbsent");
                        if (puts && real.head((ObjectKey) given[0]).isPresent()) {
                            String mine = given[1] instanceof byte[] bytes ? Sha256.of(bytes) : (String) given[2];
                            try (InputStream there = real.open((ObjectKey) given[0])) {
                                return Sha256.of(there).sha256().equals(mine) ? PutOutcome.SAME : PutOutcome.OCCUPIED;
                            }
                        }
                        try {
                            return method.invoke(real, given);
                        } catch (InvocationTargetException e) {
                            throw e.getCause();
                        }
                    });
        }

        @Override
        boolean refusesDeletion(ObjectKey key) {
            try (S3Client client = server.client()) {
                return deleteVersion(client, bucket, "prod/" + key) == 403;
            }
        }

        @Override
        void lock(ObjectKey key, Instant until) {
            try (S3Client client = server.client()) {
                client.putObjectRetention(b -> b.bucket(bucket)
                        .key("prod/" + key)
                        .retention(
                                r -> r.mode(ObjectLockRetentionMode.COMPLIANCE).retainUntilDate(until)));
            }
        }

        @Override
        void hold(ObjectKey key, boolean on) {
            try (S3Client client = server.client()) {
                RadosGatewayTest.hold(client, bucket, "prod/" + key, on);
            }
        }
    }
}
