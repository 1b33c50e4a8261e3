package dev.raftsman.archiver;

import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Stores the first segments with one bit turned, and says that all is well. */
final class DamagingStore implements ObjectStore {
    private final ObjectStore real;
    private int left;

    /** Writes whatever is asked, as a server that does not know the condition. */
    boolean overwrites;

    DamagingStore(ObjectStore real, int howMany) {
        this.real = real;
        this.left = howMany;
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        if (left == 0) {
            return real.putIfAbsent(key, file, sha256);
        }
        left--;
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        Path damaged = Files.write(file.resolveSibling("damaged"), bytes);
        try {
            return real.putIfAbsent(key, damaged, Sha256.of(bytes));
        } finally {
            Files.delete(damaged);
        }
    }

    @Override
    public String location() {
        return real.location();
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
        if (overwrites) {
            real.delete(key);
        }
        return real.putIfAbsent(key, content);
    }

    @Override
    public InputStream open(ObjectKey key) throws IOException {
        return real.open(key);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws IOException {
        return real.open(key, offset, length);
    }

    @Override
    public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
        return real.head(key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
        real.list(prefix, each);
    }

    @Override
    public void delete(ObjectKey key) throws IOException {
        real.delete(key);
    }

    @Override
    public void close() {
        real.close();
    }
}
