package dev.raftsman.cold;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds newlines eight bytes at a time, by the exact test of {@link dev.raftsman.block.Lines}, in an array. */
final class Newlines {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long NEWLINES = 0x0A0A0A0A0A0A0A0AL;
    private static final long LOW_BITS = 0x7F7F7F7F7F7F7F7FL;

    private Newlines() {}

    /** @return where the next one is; there must be one, with eight bytes behind it */
    static int next(byte[] text, int from) {
        for (int at = from; ; at += 8) {
            long word = (long) LONGS.get(text, at) ^ NEWLINES;
            long found = ~((word & LOW_BITS) + LOW_BITS | word | LOW_BITS);
            if (found != 0) {
                return at + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
    }
}
