package dev.raftsman.cold;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.raftsman.block.Block;
import java.util.ArrayList;
import java.util.List;

/**
 * The lanes of one cold block, inflated and within what was declared, and the columns in them in the order in which they
 * were written. One thread.
 */
final class ColumnReader {
    /** More columns than a block of the greatest length can have. */
    private static final int MAX_LANES = 1 << 16;

    /**
     * What choices may take, to what all lanes inflate to. Of each a value, its end and its last companion are kept, and no
     * column names more than half as many values as it has lines, so that writers are far from it; but numbers that are all
     * the same take no bytes, so that a few bytes could ask for many choices.
     */
    private static final int CHOICE_BYTES = 4;

    private final LaneReader[] lanes;
    private final LaneReader meta;
    private final LaneReader small;

    /** Columns of choices of one template, which others may follow. */
    private final List<Choices> choices = new ArrayList<>();

    private int nextOwn = Lanes.FIXED;
    private long choiceBytes;

    private ColumnReader(LaneReader[] lanes, long mostChoiceBytes) {
        this.lanes = lanes;
        this.choiceBytes = mostChoiceBytes;
        this.meta = lanes[Lanes.META];
        this.small = lanes[Lanes.SMALL];
    }

    /**
     * Inflates the lanes.
     *
     * @param most bytes that they may inflate to together
     */
    static ColumnReader open(byte[] packed, int from, int end, long most, ZstdDecompressCtx zstd) {
        LaneReader directory = new LaneReader(packed, from, end);
        int count = directory.varint(MAX_LANES);
        if (count < Lanes.FIXED || count > (end - from) / 2) {
            throw new DamageException(count + " lanes in " + (end - from) + " bytes");
        }
        int[] inflated = new int[count];
        int[] stored = new int[count];
        long total = 0;
        long totalStored = 0;
        for (int i = 0; i < count; i++) {
            inflated[i] = directory.varint(Integer.MAX_VALUE);
            stored[i] = directory.varint(inflated[i]);
            total += inflated[i];
            totalStored += stored[i];
        }
        if (total > most || totalStored != directory.end - directory.at) {
            throw new DamageException("lanes of " + total + " bytes in " + totalStored + "; expected at most " + most
                    + " in " + (directory.end - directory.at));
        }
        LaneReader[] lanes = new LaneReader[count];
        for (int i = 0; i < count; i++) {
            int at = directory.skip(stored[i]);
            lanes[i] = stored[i] == inflated[i]
                    ? new LaneReader(packed, at, at + stored[i])
                    : inflate(packed, at, stored[i], inflated[i], zstd);
        }
        return new ColumnReader(lanes, CHOICE_BYTES * most);
    }

    private static LaneReader inflate(byte[] packed, int at, int stored, int inflated, ZstdDecompressCtx zstd) {
        long declared = Zstd.getFrameContentSize(packed, at, stored);
        if (declared != inflated) {
            throw new DamageException("a lane inflates to " + declared + " bytes; expected " + inflated);
        }
        byte[] bytes = new byte[inflated + BlockEncoder.SLACK];
        try {
            int got = zstd.decompressByteArray(bytes, 0, inflated, packed, at, stored);
            if (got != inflated) {
                throw new DamageException("a lane inflates to " + got + " bytes; expected " + inflated);
            }
        } catch (ZstdException e) {
            throw new DamageException("a lane does not inflate: " + e.getMessage(), e);
        }
        return new LaneReader(bytes, 0, inflated);
    }

    LaneReader lane(int lane) {
        return lanes[lane];
    }

    LaneReader meta() {
        return meta;
    }

    /** Where a column of so many bytes lies. */
    private LaneReader forColumn(int bytes) {
        return bytes >= Lanes.OWN_BYTES ? own() : small;
    }

    private LaneReader own() {
        if (nextOwn == lanes.length) {
            throw new DamageException("a lane of a column's own is missing");
        }
        return lanes[nextOwn++];
    }

    NumberColumn numberColumn(int count) {
        int how = meta.u8();
        int width = how & Numbers.WIDTH_MASK;
        if (width > Long.BYTES || (how & ~(Numbers.WIDTH_MASK | Numbers.DELTAS | Numbers.DIVIDED)) != 0) {
            throw new DamageException("numbers of type " + how);
        }
        long base = meta.zigzag();
        long divisor = (how & Numbers.DIVIDED) != 0 ? meta.varint() : 1;
        byte[][] planes = new byte[width][];
        int[] at = new int[width];
        for (int i = 0; i < width; i++) {
            LaneReader lane = forColumn(count);
            at[i] = lane.skip(count);
            planes[i] = lane.bytes;
        }
        return new NumberColumn(planes, at, base, divisor, (how & Numbers.DELTAS) != 0);
    }

    /** A whole column of numbers. */
    long[] numbers(int count) {
        NumberColumn column = numberColumn(count);
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = column.next();
        }
        return values;
    }

    /** The columns that follow are of another template. */
    void beginTemplate() {
        choices.clear();
    }

    VariableColumn variables(int count) {
        int type = meta.u8();
        return type == Variables.CHOICE || type == Variables.FOLLOWS ? choice(type, count) : plain(type, count);
    }

    private VariableColumn plain(int type, int count) {
        switch (type) {
            case Variables.CONST -> {
                LaneReader text = lanes[Lanes.TEXT];
                int length = meta.varint(Block.MAX_INFLATED_BYTES);
                return VariableColumn.constant(text.bytes, text.skip(length), length);
            }
            case Variables.NATURAL -> {
                return VariableColumn.digits(0, numberColumn(count));
            }
            case Variables.DIGITS -> {
                return VariableColumn.digits(numberColumn(count));
            }
            case Variables.DECIMAL -> {
                int width = meta.u8();
                if (width < 1 || width > Digits.MAX) {
                    throw new DamageException("numbers of " + width + " digits");
                }
                return VariableColumn.digits(width, numberColumn(count));
            }
            case Variables.HEX, Variables.UPPER -> {
                int width = meta.u8();
                LaneReader lane = forColumn(total(count, (width + 1) / 2));
                int at = lane.skip(total(count, (width + 1) / 2));
                return VariableColumn.hex(type == Variables.UPPER, width, lane.bytes, at);
            }
            case Variables.FIXED -> {
                int width = meta.varint(Block.MAX_INFLATED_BYTES);
                int total = total(count, width);
                LaneReader lane = forText(total);
                return VariableColumn.fixed(width, lane.bytes, lane.skip(total));
            }
            case Variables.TEXT -> {
                NumberColumn lengths = numberColumn(count);
                NumberColumn again = lengths.copy();
                long total = 0;
                for (int i = 0; i < count; i++) {
                    long length = again.next();
                    if (length < 0 || length > Block.MAX_INFLATED_BYTES) {
                        throw new DamageException("a variable of " + length + " bytes");
                    }
                    total += length;
                }
                if (total > Integer.MAX_VALUE) {
                    throw new DamageException("variables of " + total + " bytes");
                }
                LaneReader lane = forText((int) total);
                return VariableColumn.text(lengths, lane.bytes, lane.skip((int) total));
            }
            default -> throw new DamageException("column of type " + type);
        }
    }

    private LaneReader forText(int total) {
        return total >= Lanes.OWN_BYTES ? own() : lanes[Lanes.TEXT];
    }

    private static int total(int count, int each) {
        long total = (long) count * each;
        if (total > Integer.MAX_VALUE) {
            throw new DamageException("a column of " + total + " bytes");
        }
        return (int) total;
    }

    private VariableColumn choice(int how, int count) {
        Choices other = how == Variables.FOLLOWS ? other(meta.u8()) : null;
        int distinct = meta.varint(Math.min(count, Variables.MAX_CHOICES));
        if (distinct == 0) {
            throw new DamageException("a choice of nothing");
        }
        takeChoiceBytes(Integer.BYTES * (distinct + (other == null ? 0L : other.count())));
        int[] ends = new int[distinct + 1];
        byte[] values = plain(meta.u8(), distinct).readAll(ends);
        takeChoiceBytes(values.length);
        NumberColumn which = numberColumn(count);
        Choices read = how == Variables.FOLLOWS
                ? Choices.following(values, ends, which, other)
                : Choices.named(values, ends, which);
        choices.add(read);
        return VariableColumn.choice(read);
    }

    private void takeChoiceBytes(long bytes) {
        choiceBytes -= bytes;
        if (choiceBytes < 0) {
            throw new DamageException("more choices than the block can have");
        }
    }

    /** @return null for the column itself */
    private Choices other(int back) {
        if (back > choices.size()) {
            throw new DamageException("a column that follows choice " + back + " of " + choices.size());
        }
        return back == Companions.SELF ? null : choices.get(choices.size() - back);
    }

    /** Everything must have been read. */
    void requireEnd() {
        if (nextOwn != lanes.length) {
            throw new DamageException((lanes.length - nextOwn) + " lanes left");
        }
        for (int i = 0; i < Lanes.FIXED; i++) {
            lanes[i].requireEnd("lane " + i);
        }
    }
}
