package dev.raftsman.lake;

import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** A store of whose reads one fails. */
final class FailingReads implements ObjectStore {
    private final ObjectStore store;
    private final int at;
    private int reads;

    /** @param at from 0 */
    FailingReads(ObjectStore store, int at) {
        this.store = store;
        this.at = at;
    }

    boolean failed() {
        return reads > at;
    }

    private void read() throws IOException {
        if (reads++ == at) {
            throw new IOException("connection reset");
        }
    }

    @Override
    public String location() {
        return store.location();
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        return store.putIfAbsent(key, file, sha256);
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
        return store.putIfAbsent(key, content);
    }

    @Override
    public InputStream open(ObjectKey key) throws IOException {
        read();
        return store.open(key);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws IOException {
        read();
        return store.open(key, offset, length);
    }

    @Override
    public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
        return store.head(key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
        store.list(prefix, each);
    }

    @Override
    public void delete(ObjectKey key) throws IOException {
        store.delete(key);
    }

    @Override
    public void close() {
        store.close();
    }
}
