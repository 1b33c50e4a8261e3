package dev.raftsman.objects;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/** Tells of every request before it is made: stores bill by requests. Else as the store behind it. */
public final class CountedObjectStore implements ObjectStore {
    /** Is told of a request; any thread. */
    @FunctionalInterface
    public interface Counter {
        /** @param operation {@code put}, {@code get}, {@code head}, {@code list} or {@code delete} */
        void request(String operation);
    }

    private final ObjectStore store;
    private final Counter counter;

    /** @param store closed with this one */
    public CountedObjectStore(ObjectStore store, Counter counter) {
        this.store = store;
        this.counter = counter;
    }

    @Override
    public String location() {
        return store.location();
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        counter.request("put");
        return store.putIfAbsent(key, file, sha256);
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
        counter.request("put");
        return store.putIfAbsent(key, content);
    }

    @Override
    public InputStream open(ObjectKey key) throws IOException {
        counter.request("get");
        return store.open(key);
    }

    @Override
    public InputStream open(ObjectKey key, long offset, long length) throws IOException {
        counter.request("get");
        return store.open(key, offset, length);
    }

    @Override
    public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
        counter.request("head");
        return store.head(key);
    }

    @Override
    public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
        counter.request("list");
        store.list(prefix, each);
    }

    @Override
    public LockSupport lockSupport() {
        counter.request("get");
        return store.lockSupport();
    }

    @Override
    public Protection protection(ObjectKey key) throws IOException {
        counter.request("head");
        return store.protection(key);
    }

    /** Counted as one that writes, and one that looks. */
    @Override
    public Protection protect(ObjectKey key, Protection protection) throws IOException {
        counter.request("head");
        if (!protection.isNone()) {
            counter.request("put");
        }
        return store.protect(key, protection);
    }

    @Override
    public void delete(ObjectKey key) throws IOException {
        counter.request("delete");
        store.delete(key);
    }

    @Override
    public void close() {
        store.close();
    }
}
