package dev.raftsman.sidecar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What an application's threads say of their calls, in a page that outlives it: the other side of the account. A call
 * counts as begun before it is made and as returned after it; what was in between at the moment of death may have been
 * taken or not, and nobody can say that either is wrong.
 */
final class Tally {
    static final int MAX_THREADS = 8;

    private static final int BYTES = 4096;
    private static final int STATE = 0;
    private static final int P999 = 8;
    private static final int MAX = 16;
    private static final int THROWN = 24;
    private static final int THREAD_BYTES = 128;
    private static final int RETURNED = 8;
    private static final int LOST = 16;
    private static final int PARKED = 24;
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    static final int STARTING = 0;
    static final int RUNNING = 1;
    static final int HELD = 2;
    static final int ENDING = 3;

    private final MappedByteBuffer page;

    Tally(Path file) {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            page = channel.map(FileChannel.MapMode.READ_WRITE, 0, BYTES);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private long get(int offset) {
        return (long) LONG.getVolatile((ByteBuffer) page, offset);
    }

    private void set(int offset, long value) {
        LONG.setVolatile((ByteBuffer) page, offset, value);
    }

    private static int of(int thread, int field) {
        return THREAD_BYTES * (1 + thread) + field;
    }

    private long sum(int field) {
        long sum = 0;
        for (int thread = 0; thread < MAX_THREADS; thread++) {
            sum += get(of(thread, field));
        }
        return sum;
    }

    int state() {
        return (int) get(STATE);
    }

    void state(int state) {
        set(STATE, state);
    }

    void begun(int thread, long calls) {
        set(of(thread, 0), calls);
    }

    void returned(int thread, long calls) {
        set(of(thread, RETURNED), calls);
    }

    void lost(int thread) {
        set(of(thread, LOST), get(of(thread, LOST)) + 1);
    }

    /** Between two calls, and staying there. */
    void parked(int thread, boolean now) {
        set(of(thread, PARKED), now ? 1 : 0);
    }

    void thrown() {
        set(THROWN, 1);
    }

    void latencies(long p999Nanos, long maxNanos) {
        set(P999, p999Nanos);
        set(MAX, maxNanos);
    }

    long begun() {
        return sum(0);
    }

    long returned() {
        return sum(RETURNED);
    }

    /** Calls whose outcome was that the event is given up. */
    long lost() {
        return sum(LOST);
    }

    long parked() {
        return sum(PARKED);
    }

    boolean hasThrown() {
        return get(THROWN) != 0;
    }

    long p999Nanos() {
        return get(P999);
    }

    long maxNanos() {
        return get(MAX);
    }
}
