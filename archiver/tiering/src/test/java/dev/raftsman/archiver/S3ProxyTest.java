package dev.raftsman.archiver;

import dev.raftsman.objects.S3ProxyProcess;
import dev.raftsman.objects.S3Server;
import dev.raftsman.objects.S3Settings;
import dev.raftsman.objects.S3StoreContract;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.io.TempDir;

/** Stores and archives in S3Proxy, which is always at hand. */
class S3ProxyTest {
    private static S3ProxyProcess server;

    @BeforeAll
    static void start(@TempDir Path directory) throws Exception {
        server = S3ProxyProcess.start(directory);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Nested
    class Store extends S3StoreContract {
        @Override
        protected S3Server server() {
            return server;
        }
    }

    @Nested
    class StoreThatKeepsVersions extends S3StoreContract {
        @Override
        protected S3Server server() {
            return server;
        }

        @Override
        protected S3Settings emptyBucket(String name) {
            return server.versionedBucket(name);
        }
    }

    @Nested
    class Archive extends S3ArchiveContract {
        @Override
        S3Server server() {
            return server;
        }
    }
}
