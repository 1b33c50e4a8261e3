package dev.raftsman.policy;

import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.S3ObjectStore;
import dev.raftsman.objects.S3Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;

/** A named place for cold objects. */
public sealed interface Target {
    String name();

    /** Opens the store; the caller closes it. */
    ObjectStore open() throws IOException;

    /** Asks the place whether it can lock objects; seconds at most, and no answer is an answer. */
    LockSupport lockSupport();

    /** What identifies the place, without credentials: part of the policies' hash. */
    String identity();

    /** What it costs; not part of the hash. */
    Prices prices();

    record Directory(String name, Path path, Prices prices) implements Target {
        public Directory(String name, Path path) {
            this(name, path, Prices.FREE);
        }

        @Override
        public ObjectStore open() throws IOException {
            return DirectoryObjectStore.open(path);
        }

        @Override
        public LockSupport lockSupport() {
            return new LockSupport(LockSupport.Answer.NO, "a directory cannot lock files");
        }

        @Override
        public String identity() {
            return "directory " + path;
        }
    }

    record S3(String name, S3Settings settings, Prices prices) implements Target {
        /** Of a question that a start waits for. */
        private static final S3Settings.Timeouts AT_START = new S3Settings.Timeouts(
                Duration.ofSeconds(3), Duration.ofSeconds(5), Duration.ofSeconds(5), Duration.ofSeconds(10));

        @Override
        public ObjectStore open() {
            return S3ObjectStore.open(settings);
        }

        @Override
        public LockSupport lockSupport() {
            try (S3ObjectStore store = S3ObjectStore.open(settings.within(AT_START))) {
                return store.lockSupport();
            }
        }

        @Override
        public String identity() {
            return "s3 " + settings.bucket() + "/" + settings.prefix() + " "
                    + settings.endpoint().map(Object::toString).orElse("aws") + " " + settings.storageClass() + " "
                    + settings.encryption();
        }
    }
}
