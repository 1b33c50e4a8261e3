package dev.raftsman.block;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Numbers distinct byte strings in the order they come, by open addressing over one column of {@code varint length,
 * bytes}: looking up what is known allocates nothing.
 */
final class Dictionary {
    private final Column entries = new Column();
    private int[] offsets = new int[64];
    private int[] lengths = new int[64];
    private int[] table = new int[256];
    private int count;

    void clear() {
        entries.clear();
        Arrays.fill(table, 0);
        count = 0;
    }

    /** The dictionary as it is stored. */
    Column entries() {
        return entries;
    }

    /** @return the number of these bytes, given now if they are new */
    int id(ByteBuffer bytes, int offset, int length) {
        int mask = table.length - 1;
        int at = hash(bytes, offset, length) & mask;
        while (table[at] != 0) {
            int id = table[at] - 1;
            if (lengths[id] == length && same(bytes, offset, id)) {
                return id;
            }
            at = at + 1 & mask;
        }
        return add(bytes, offset, length, at);
    }

    private boolean same(ByteBuffer bytes, int offset, int id) {
        byte[] known = entries.bytes();
        int from = offsets[id];
        for (int i = lengths[id] - 1; i >= 0; i--) {
            if (known[from + i] != bytes.get(offset + i)) {
                return false;
            }
        }
        return true;
    }

    private int add(ByteBuffer bytes, int offset, int length, int at) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            lengths = Arrays.copyOf(lengths, count * 2);
        }
        entries.varint(length);
        offsets[count] = entries.length();
        lengths[count] = length;
        entries.append(bytes, offset, length);
        table[at] = ++count;
        if (count * 2 > table.length) {
            grow();
        }
        return count - 1;
    }

    private void grow() {
        table = new int[table.length * 4];
        int mask = table.length - 1;
        ByteBuffer known = ByteBuffer.wrap(entries.bytes());
        for (int id = 0; id < count; id++) {
            int at = hash(known, offsets[id], lengths[id]) & mask;
            while (table[at] != 0) {
                at = at + 1 & mask;
            }
            table[at] = id + 1;
        }
    }

    private static int hash(ByteBuffer bytes, int offset, int length) {
        int hash = length;
        for (int i = 0; i < length; i++) {
            hash = hash * 31 + bytes.get(offset + i);
        }
        return hash ^ hash >>> 15;
    }
}
