package dev.raftsman.cold;

import dev.raftsman.search.WordBytes;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The distinct templates of one cold block, by open addressing over their bytes in one array. Looking up what is known
 * allocates nothing. One thread.
 */
final class Templates {
    /** No template: there are too many. */
    static final int NONE = -1;

    /** So many may be met in a block; of most that many no two lines are alike, and they are stored as they are. */
    static final int MAX = 1 << 16;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final Lane texts = new Lane(1 << 14);
    private int[] table = new int[1 << 10];
    private long[] hashes = new long[1 << 8];
    private int[] offsets = new int[(1 << 8) + 1];
    private int[] slots = new int[1 << 8];
    private int[] lines = new int[1 << 8];
    private int count;

    void clear() {
        texts.clear();
        Arrays.fill(table, 0);
        count = 0;
    }

    int count() {
        return count;
    }

    byte[] bytes() {
        return texts.bytes;
    }

    int offset(int id) {
        return offsets[id];
    }

    int length(int id) {
        return offsets[id + 1] - offsets[id];
    }

    /** Its last byte: what stands behind its lines. */
    byte terminator(int id) {
        return texts.bytes[offsets[id + 1] - 1];
    }

    int slots(int id) {
        return slots[id];
    }

    /** How many lines have it. */
    int lines(int id) {
        return lines[id];
    }

    void countLine(int id) {
        lines[id]++;
    }

    /** A line has another template after all. */
    void uncountLine(int id) {
        lines[id]--;
    }

    /** @return the number of this template, given now if it is new; {@link #NONE} if there are too many */
    int id(byte[] template, int length, int slotCount) {
        long hash = hash(template, length);
        int mask = table.length - 1;
        int at = (int) (hash >>> 32) & mask;
        while (table[at] != 0) {
            int id = table[at] - 1;
            if (hashes[id] == hash && same(template, length, id)) {
                return id;
            }
            at = at + 1 & mask;
        }
        return count == MAX ? NONE : add(template, length, slotCount, hash, at);
    }

    private boolean same(byte[] template, int length, int id) {
        return offsets[id + 1] - offsets[id] == length && same(template, 0, texts.bytes, offsets[id], length);
    }

    /** Whether bytes are alike; for a few of them much faster than the library, which is made for many. */
    static boolean same(byte[] a, int fromA, byte[] b, int fromB, int length) {
        int i = 0;
        for (; i <= length - 8; i += 8) {
            if ((long) LONGS.get(a, fromA + i) != (long) LONGS.get(b, fromB + i)) {
                return false;
            }
        }
        for (; i < length; i++) {
            if (a[fromA + i] != b[fromB + i]) {
                return false;
            }
        }
        return true;
    }

    private int add(byte[] template, int length, int slotCount, long hash, int at) {
        if (count == hashes.length) {
            hashes = Arrays.copyOf(hashes, count * 2);
            offsets = Arrays.copyOf(offsets, count * 2 + 1);
            slots = Arrays.copyOf(slots, count * 2);
            lines = Arrays.copyOf(lines, count * 2);
        }
        hashes[count] = hash;
        offsets[count] = texts.length;
        slots[count] = slotCount;
        lines[count] = 0;
        texts.append(template, 0, length);
        table[at] = ++count;
        offsets[count] = texts.length;
        if (count * 2 > table.length) {
            grow();
        }
        return count - 1;
    }

    private void grow() {
        table = new int[table.length * 4];
        int mask = table.length - 1;
        for (int id = 0; id < count; id++) {
            int at = (int) (hashes[id] >>> 32) & mask;
            while (table[at] != 0) {
                at = at + 1 & mask;
            }
            table[at] = id + 1;
        }
    }

    /** Of bytes with eight more behind them, whatever these hold. */
    static long hash(byte[] bytes, int length) {
        return hash(bytes, 0, length);
    }

    static long hash(byte[] bytes, int from, int length) {
        return WordBytes.hash(bytes, from, length);
    }
}
