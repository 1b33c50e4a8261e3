package dev.raftsman.policy;

import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.S3ObjectStore;
import dev.raftsman.objects.S3Settings;
import java.io.IOException;
import java.nio.file.Path;

/** A named place for cold objects. */
public sealed interface Target {
    String name();

    /** Opens the store; the caller closes it. */
    ObjectStore open() throws IOException;

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
        public String identity() {
            return "directory " + path;
        }
    }

    record S3(String name, S3Settings settings, Prices prices) implements Target {
        @Override
        public ObjectStore open() {
            return S3ObjectStore.open(settings);
        }

        @Override
        public String identity() {
            return "s3 " + settings.bucket() + "/" + settings.prefix() + " "
                    + settings.endpoint().map(Object::toString).orElse("aws") + " " + settings.storageClass() + " "
                    + settings.encryption();
        }
    }
}
