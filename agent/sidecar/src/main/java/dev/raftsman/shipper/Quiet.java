package dev.raftsman.shipper;

/**
 * Says when a load is over, so that the heap it needed can be given back: the collector that suits an agent never collects an
 * old generation that nobody fills, and so never shrinks it.
 *
 * <p>Due once after each load: a load is {@value #LOAD_BYTES} bytes or more, and over when a window of 10 s has seen less than
 * {@value #TRICKLE_BYTES}. One thread.
 */
final class Quiet {
    static final long WINDOW_NANOS = 10_000_000_000L;
    static final long LOAD_BYTES = 4 << 20;
    static final long TRICKLE_BYTES = 256 << 10;

    private long windowNanos;
    private long windowBytes;
    private long restedBytes;

    Quiet(long nowNanos) {
        windowNanos = nowNanos;
    }

    /** @param bytes everything that was ever carried */
    boolean isDue(long nowNanos, long bytes) {
        if (nowNanos - windowNanos < WINDOW_NANOS) {
            return false;
        }
        boolean quiet = bytes - windowBytes < TRICKLE_BYTES;
        windowNanos = nowNanos;
        windowBytes = bytes;
        if (!quiet || bytes - restedBytes < LOAD_BYTES) {
            return false;
        }
        restedBytes = bytes;
        return true;
    }
}
