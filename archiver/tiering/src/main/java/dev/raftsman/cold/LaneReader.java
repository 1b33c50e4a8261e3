package dev.raftsman.cold;

/** Walks over one lane of an inflated cold block. Reading past its end is {@link DamageException}. */
final class LaneReader {
    static final LaneReader EMPTY = new LaneReader(new byte[0], 0, 0);

    final byte[] bytes;
    final int end;
    int at;

    LaneReader(byte[] bytes, int from, int end) {
        this.bytes = bytes;
        this.at = from;
        this.end = end;
    }

    /** Moves over bytes. @return where they begin */
    int skip(int count) {
        int from = at;
        if (count < 0 || count > end - from) {
            throw new DamageException("a lane of " + end + " bytes ends before " + count + " more at " + from);
        }
        at = from + count;
        return from;
    }

    int u8() {
        return Byte.toUnsignedInt(bytes[skip(1)]);
    }

    long varint() {
        long value = 0;
        for (int shift = 0; shift < 70; shift += 7) {
            byte b = bytes[skip(1)];
            value |= (long) (b & 0x7F) << shift;
            if (b >= 0) {
                if (shift == 63 && b > 1) {
                    break; // Bits that no number has would be lost.
                }
                return value;
            }
        }
        throw new DamageException("a number of more than 64 bits");
    }

    long zigzag() {
        long value = varint();
        return value >>> 1 ^ -(value & 1);
    }

    /** A varint of 0 to a limit. */
    int varint(int most) {
        long value = varint();
        if (value < 0 || value > most) {
            throw new DamageException("number " + value + "; expected 0 to " + most);
        }
        return (int) value;
    }

    void requireEnd(String name) {
        if (at != end) {
            throw new DamageException((end - at) + " bytes left in " + name);
        }
    }
}
