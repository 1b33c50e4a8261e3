package dev.raftsman.archiver;

import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.LockedObjectException;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.Protection;
import dev.raftsman.objects.PutOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Locks objects as a bucket with Object Lock does; by this machine's clock. One thread. */
final class LockingStore implements ObjectStore {
    private final ObjectStore real;
    private final Map<ObjectKey, Protection> locks;
    private final LockSupport.Answer answer;

    /** How many locks are refused, as where the right to lock is missing. */
    int refusals;

    /** @param locks of the bucket, whoever opens it */
    LockingStore(ObjectStore real, Map<ObjectKey, Protection> locks, LockSupport.Answer answer) {
        this.real = real;
        this.locks = locks;
        this.answer = answer;
    }

    @Override
    public LockSupport lockSupport() {
        return new LockSupport(answer, "said so");
    }

    @Override
    public Protection protection(ObjectKey key) throws IOException {
        real.open(key).close();
        return locks.getOrDefault(key, Protection.NONE);
    }

    @Override
    public Protection protect(ObjectKey key, Protection protection) throws IOException {
        Protection wanted = protection(key).and(protection);
        if (!wanted.isNone()) {
            if (refusals > 0) {
                refusals--;
                throw new IOException("lock " + location() + key + ": 403 AccessDenied");
            }
            locks.put(key, wanted);
        }
        return wanted;
    }

    @Override
    public void delete(ObjectKey key) throws IOException {
        Protection lock = locks.getOrDefault(key, Protection.NONE);
        if (lock.forbidsDeletionAt(System.currentTimeMillis())) {
            throw new LockedObjectException(location(), key, lock);
        }
        real.delete(key);
    }

    @Override
    public String location() {
        return real.location();
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
        return real.putIfAbsent(key, file, sha256);
    }

    @Override
    public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
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
    public void close() {
        real.close();
    }
}
