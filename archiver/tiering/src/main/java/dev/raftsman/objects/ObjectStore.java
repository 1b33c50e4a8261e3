package dev.raftsman.objects;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Immutable objects by key. Thread-safe. Failures are {@link IOException}s that name store and key, never a credential;
 * the caller may repeat every call.
 */
public interface ObjectStore extends AutoCloseable {
    /** @return the store as an operator names it, for messages: {@code s3://bucket/prefix/} or {@code file:/path/} */
    String location();

    /**
     * Creates the object from a whole file unless one is there. On return the object is durable and complete, whoever
     * created it. The file stays the caller's and must not change meanwhile.
     *
     * @param sha256 digest of the file's bytes in lower-case hex, kept with the object where the store can
     */
    PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException;

    /** Creates a small object (a manifest page, a snapshot's manifest) unless one is there; else as the other. */
    PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException;

    /**
     * Opens the whole object for one sequential read. A connection that ends early is an {@link IOException} of the read,
     * never a silent end. The caller closes.
     *
     * @throws NoSuchObjectException if there is none
     */
    InputStream open(ObjectKey key) throws IOException;

    /** Opens {@code length} bytes from {@code offset} on; both lie within the object. Else as {@link #open(ObjectKey)}. */
    InputStream open(ObjectKey key, long offset, long length) throws IOException;

    /** @return what is known of the object, or empty if there is none */
    Optional<ObjectInfo> head(ObjectKey key) throws IOException;

    /**
     * Names every object whose key begins with the prefix, in the order of the keys, in bounded memory.
     *
     * @param prefix "" or the beginning of a key
     */
    void list(String prefix, Consumer<ObjectInfo> each) throws IOException;

    /** Asks whether objects can be locked here; a store that does not answer is an answer too. */
    default LockSupport lockSupport() {
        return new LockSupport(LockSupport.Answer.NO, "this kind of store cannot lock objects");
    }

    /**
     * @return how the store guards the object that is there; a lock may be over
     * @throws NoSuchObjectException if there is none
     */
    default Protection protection(ObjectKey key) throws IOException {
        return Protection.NONE;
    }

    /**
     * Has the store itself refuse to delete the object that is there. What guards it already stays, and nothing is shortened;
     * may be repeated.
     *
     * @return what guards it now, as the store tells it afterwards: at least what was asked for
     * @throws IOException also if the store, or the bucket, cannot
     */
    default Protection protect(ObjectKey key, Protection protection) throws IOException {
        if (!protection.isNone()) {
            throw new IOException(location() + key + ": this kind of store cannot lock objects");
        }
        return Protection.NONE;
    }

    /**
     * Deletes the object durably, and nothing happens if there is none. Where the store keeps versions it is the version that
     * is there that goes, not merely its name.
     *
     * @throws LockedObjectException if the store says that it is locked: then nothing was tried
     */
    void delete(ObjectKey key) throws IOException;

    @Override
    void close();
}
