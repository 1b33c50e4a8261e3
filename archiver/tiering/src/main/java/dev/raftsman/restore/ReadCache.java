package dev.raftsman.restore;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Ranges of objects that were fetched, so that none is fetched twice while there is room: in memory, and what must leave it
 * in files of a directory, up to a quota of each. Objects never change, so nothing here goes stale. Thread-safe.
 */
public final class ReadCache implements AutoCloseable {
    /** Memory of a cache that nobody asked for more. */
    public static final long DEFAULT_MEMORY_BYTES = 16 << 20;

    /** Disk of a cache that nobody asked for more. */
    public static final long DEFAULT_DISK_BYTES = 256 << 20;

    /** Fetches what is not here. */
    public interface Fetch {
        byte[] fetch() throws IOException;
    }

    /** @param object its location and key */
    record Range(String object, long offset, int length) {
        private static final int OVERHEAD_BYTES = 200;

        int weight() {
            return length + OVERHEAD_BYTES;
        }
    }

    private final Cache<Range, byte[]> memory;
    private final Overflow overflow;

    private ReadCache(long memoryBytes, Overflow overflow) {
        this.overflow = overflow;
        this.memory = Caffeine.newBuilder()
                .maximumWeight(memoryBytes)
                .weigher((Range range, byte[] bytes) -> range.weight())
                .executor(Runnable::run) // What leaves memory is in its file before the next range comes.
                .evictionListener(this::leaves)
                .build();
    }

    /** In memory alone. */
    public static ReadCache inMemory(long memoryBytes) {
        return new ReadCache(memoryBytes, null);
    }

    /**
     * In memory, and beyond in files.
     *
     * @param parent where a directory for this cache alone is made when something first leaves memory
     */
    public static ReadCache overflowing(long memoryBytes, Path parent, long diskBytes) {
        return new ReadCache(memoryBytes, new Overflow(parent, diskBytes));
    }

    private void leaves(Range range, byte[] bytes, RemovalCause cause) {
        if (overflow != null && bytes != null && cause == RemovalCause.SIZE) {
            overflow.put(range, bytes);
        }
    }

    /**
     * A range, from here or fetched and kept.
     *
     * @param object its location and key
     * @return bytes that nobody must change
     */
    public byte[] get(String object, long offset, int length, Fetch fetch) throws IOException {
        Range range = new Range(object, offset, length);
        byte[] known = memory.getIfPresent(range);
        if (known != null) {
            return known;
        }
        byte[] bytes = overflow == null ? null : overflow.get(range);
        if (bytes == null) {
            bytes = fetch.fetch();
        }
        memory.put(range, bytes);
        return bytes;
    }

    /** Whether a range is in memory. */
    boolean has(String object, long offset, int length) {
        return memory.getIfPresent(new Range(object, offset, length)) != null;
    }

    /** Keeps a range that was fetched together with others. */
    void put(String object, long offset, byte[] bytes) {
        memory.put(new Range(object, offset, bytes.length), bytes);
    }

    /** What is in memory now, with what it costs to know it. */
    long memoryBytes() {
        return memory.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    /** Forgets a range that was not what it should be: it may have been damaged on its way. */
    public void forget(String object, long offset, int length) {
        Range range = new Range(object, offset, length);
        memory.invalidate(range);
        if (overflow != null) {
            overflow.forget(range);
        }
    }

    /** Forgets everything and deletes its files; from here on it keeps nothing on the disk. Any thread, as often as wanted. */
    @Override
    public void close() {
        memory.invalidateAll();
        if (overflow != null) {
            overflow.close();
        }
    }
}
