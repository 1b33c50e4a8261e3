package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.PlainBlock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Collects blocks of a stream and makes one cold block of them. Memory: their columns, up to its target, and what taking
 * them apart needs, some five times that. One thread; {@link #close} gives native memory back.
 */
final class BlockEncoder implements AutoCloseable {
    /** How a record's columns are stored. */
    static final int OPAQUE = 0;

    static final int LINES = 1;
    static final int EVENTS = 2;

    static final int EVENT_COLUMNS = 12;
    static final int EVENT_LENGTHS_BYTES = EVENT_COLUMNS * 4;
    static final int TIMES = 0;
    static final int LENGTHS = 10;
    static final int TEXTS = 11;

    /** Most that a cold block may inflate to: its blocks, plain, with their headers. */
    static final int MAX_PLAIN_BYTES = Block.MAX_INFLATED_BYTES + Block.HEADER_BYTES;

    /** Most lines or events of a cold block, some numbers being kept for each; a record of more is stored as it is. */
    static final int MAX_EVENTS = 1 << 19;

    /** Most that a cold block may take where nothing compresses. */
    static final int MAX_PACKED_BYTES = 2 * MAX_PLAIN_BYTES + (4 << 20);

    /** Bytes behind the last that may be read or overwritten. */
    static final int SLACK = 16;

    private final int targetBytes;
    private final Lanes lanes;
    private final TextEncoder text = new TextEncoder();
    private final RecordFields fields = new RecordFields();
    private final TokenSet tokens;
    private final Lane scratch = new Lane(1 << 16);
    private final Lane other = new Lane(1 << 16);
    private byte[] plain = new byte[1 << 20];
    private int plainBytes;
    private long events;
    private long[] times = new long[1 << 10];
    private long[] lengths = new long[64];

    /**
     * @param targetBytes where a block is full
     * @param filtered whether {@link #filter} is wanted
     */
    BlockEncoder(int targetBytes, int level, boolean filtered) {
        if (targetBytes < 1 || targetBytes > MAX_PLAIN_BYTES) {
            throw new IllegalArgumentException("cold block of " + targetBytes + " bytes");
        }
        this.targetBytes = targetBytes;
        this.lanes = new Lanes(level);
        this.tokens = filtered ? new TokenSet() : null;
        text.collect(tokens);
    }

    /** Whether a block still goes in. An empty one takes any. */
    boolean hasRoom(Block block) {
        return fields.count() == 0
                || fields.count() < RecordFields.MAX_RECORDS
                        && events + eventsOf(block) <= MAX_EVENTS
                        && plainBytes + Block.HEADER_BYTES + PlainBlock.columnBytes(block) <= targetBytes;
    }

    private static int eventsOf(Block block) {
        return block.kind() == BlockKind.GAP ? 0 : block.count();
    }

    int count() {
        return fields.count();
    }

    /** Bytes of its blocks, plain, with their headers. */
    int plainBytes() {
        return plainBytes;
    }

    /**
     * Takes a block in.
     *
     * @param columns of the block, inflated; nothing is kept of the buffer
     */
    void add(int segment, long raftIndex, long epoch, long stampMillis, Block block, ByteBuffer columns) {
        int bytes = columns.remaining();
        int from = plainBytes + Block.HEADER_BYTES;
        if (plain.length < from + bytes + SLACK) {
            int room = Math.min(MAX_PLAIN_BYTES, Math.max(plain.length * 2, from + bytes));
            plain = Arrays.copyOf(plain, room + SLACK);
        }
        columns.get(columns.position(), plain, from, bytes);
        plainBytes = from + bytes;
        events += eventsOf(block);
        int prefix = prefix(block, from, bytes);
        int mode = OPAQUE;
        if (block.count() > MAX_EVENTS) {
            prefix = -1; // Of lines so short there is hardly more than their number.
        }
        if (prefix >= 0 && block.kind() == BlockKind.LINES) {
            mode = LINES;
        } else if (prefix >= 0
                && block.kind() == BlockKind.EVENTS
                && eventsFit(from + prefix, plainBytes, block.count())) {
            mode = EVENTS;
        }
        fields.add(segment, mode, mode == OPAQUE ? 0 : prefix, raftIndex, epoch, stampMillis, block);
    }

    /** Bytes of labels; -1 if the columns do not begin as they say. */
    private int prefix(Block block, int from, int bytes) {
        if (!PlainBlock.labeled(block)) {
            return 0;
        }
        int end = bytes < Short.BYTES ? bytes + 1 : Short.BYTES + (plain[from] & 0xFF | (plain[from + 1] & 0xFF) << 8);
        return end <= bytes ? end : -1;
    }

    /** Whether the columns of events lie as they should; what does not is stored as it is. */
    private boolean eventsFit(int from, int end, int count) {
        if (end - from < EVENT_LENGTHS_BYTES) {
            return false;
        }
        ByteBuffer in = ByteBuffer.wrap(plain).order(ByteOrder.LITTLE_ENDIAN);
        long total = EVENT_LENGTHS_BYTES;
        long lengthsAt = 0;
        for (int i = 0; i < EVENT_COLUMNS; i++) {
            int length = in.getInt(from + i * 4);
            if (length < 0) {
                return false;
            }
            if (i == LENGTHS) {
                lengthsAt = from + total;
            }
            total += length;
        }
        if (total != end - from) {
            return false;
        }
        LaneReader pieces = new LaneReader(plain, (int) lengthsAt, (int) lengthsAt + in.getInt(from + LENGTHS * 4));
        try {
            long texts = 0;
            for (int i = 0; i < 2L * count; i++) {
                texts += pieces.varint(Block.MAX_INFLATED_BYTES);
            }
            return pieces.at == pieces.end && texts == in.getInt(from + TEXTS * 4);
        } catch (DamageException e) {
            return false;
        }
    }

    private static final int PARTIAL_BYTES = 3 << 20;

    /** Up to here, text is tried without templates, too: they may not pay where so few lines can share one. */
    private static final int TRY_PLAIN_BYTES = 1 << 20;

    /** Writes the cold block. */
    void build(Lane out) {
        write(true);
        pack(out);
        if (plainBytes <= TRY_PLAIN_BYTES) {
            int length = out.length;
            write(false);
            pack(other);
            if (other.length < length) {
                out.clear();
                out.append(other.bytes, 0, other.length);
            }
        }
    }

    private void pack(Lane out) {
        out.clear();
        if (lanes.length() > mostLaneBytes(plainBytes)) {
            lanes.clear();
            for (int i = 0; i < fields.count(); i++) {
                fields.set(RecordFields.MODE, i, OPAQUE);
                fields.set(RecordFields.PREFIX, i, 0);
            }
            write(false);
        }
        lanes.pack(out, scratch, plainBytes <= PARTIAL_BYTES);
        lanes.clear();
    }

    /** The words of the block built last; {@link TokenFilter#NONE} without a set. */
    TokenFilter filter(int blockBytes) {
        return tokens == null ? TokenFilter.NONE : TokenFilter.of(tokens, blockBytes);
    }

    /** Begins anew. */
    void clear() {
        fields.clear();
        plainBytes = 0;
        events = 0;
    }

    /** What decoders take the lanes of so many plain bytes to be at most. */
    static long mostLaneBytes(int plainBytes) {
        return 2L * plainBytes + (2 << 20);
    }

    private void write(boolean templates) {
        text.clear();
        if (tokens != null) {
            tokens.clear();
        }
        Numbers numbers = text.variables().numbers();
        fields.write(numbers, lanes);
        Lane opaque = lanes.get(Lanes.OPAQUE);
        int records = 0;
        int at = 0;
        for (int i = 0; i < fields.count(); i++) {
            int from = at + Block.HEADER_BYTES;
            int end = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
            int mode = (int) fields.get(RecordFields.MODE, i);
            int prefixEnd = mode == OPAQUE ? end : from + (int) fields.get(RecordFields.PREFIX, i);
            opaque.append(plain, from, prefixEnd - from);
            words(from, prefixEnd);
            if (mode == LINES) {
                text.add(plain, prefixEnd, end);
            } else if (mode == EVENTS) {
                records++;
                event(prefixEnd);
            }
            at = end;
        }
        if (records > 0) {
            writeEvents(records, numbers);
        }
        text.write(plain, templates, lanes);
    }

    /** What is in no text can be looked for, too: labels, loggers, threads, attributes. */
    private void words(int from, int end) {
        if (tokens != null) {
            tokens.addWords(plain, from, end - from);
        }
    }

    private int eventColumn(int from, int column) {
        return plain[from + column * 4] & 0xFF
                | (plain[from + column * 4 + 1] & 0xFF) << 8
                | (plain[from + column * 4 + 2] & 0xFF) << 16
                | plain[from + column * 4 + 3] << 24;
    }

    /** All columns of a record of events but the times: the texts by pieces, the others behind those of other records. */
    private void event(int from) {
        int at = from + EVENT_LENGTHS_BYTES;
        int lengthsAt = 0;
        int lengthsEnd = 0;
        for (int i = 0; i < TEXTS; i++) {
            int length = eventColumn(from, i);
            if (i != TIMES) {
                lanes.get(Lanes.EVENTS + i).append(plain, at, length);
                words(at, at + length);
            }
            if (i == LENGTHS) {
                lengthsAt = at;
                lengthsEnd = at + length;
            }
            at += length;
        }
        LaneReader pieces = new LaneReader(plain, lengthsAt, lengthsEnd);
        while (pieces.at < pieces.end) {
            int length = pieces.varint(Block.MAX_INFLATED_BYTES);
            text.add(plain, at, at + length);
            at += length;
        }
    }

    private void writeEvents(int records, Numbers numbers) {
        if (lengths.length < records) {
            lengths = new long[records * 2];
        }
        Lane meta = lanes.get(Lanes.META);
        for (int column = 0; column < EVENT_COLUMNS; column++) {
            int found = 0;
            int at = 0;
            for (int i = 0; i < fields.count(); i++) {
                int from = at + Block.HEADER_BYTES;
                if (fields.get(RecordFields.MODE, i) == EVENTS) {
                    lengths[found++] = eventColumn(from + (int) fields.get(RecordFields.PREFIX, i), column);
                }
                at = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
            }
            numbers.write(lengths, records, meta, lanes);
        }
        int count = readTimes();
        meta.u8(count > 0 ? 1 : 0);
        if (count > 0) {
            numbers.write(times, count, meta, lanes);
        } else {
            copyTimes();
        }
    }

    /** @return how many times there are; 0 if some are not written as the shortest numbers */
    private int readTimes() {
        int found = 0;
        int at = 0;
        for (int i = 0; i < fields.count(); i++) {
            int from = at + Block.HEADER_BYTES;
            at = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
            if (fields.get(RecordFields.MODE, i) != EVENTS) {
                continue;
            }
            int lengthsAt = from + (int) fields.get(RecordFields.PREFIX, i);
            int count = (int) fields.get(RecordFields.BLOCK + PlainBlock.COUNT, i);
            int start = lengthsAt + EVENT_LENGTHS_BYTES;
            if (times.length < found + count) {
                times = Arrays.copyOf(times, Math.max(found + count, times.length * 2));
            }
            LaneReader in = new LaneReader(plain, start, start + eventColumn(lengthsAt, TIMES));
            try {
                long time = i64(plain, in.skip(Long.BYTES));
                times[found++] = time;
                for (int event = 1; event < count; event++) {
                    int before = in.at;
                    long zigzag = in.varint();
                    if (in.at - before != varintBytes(zigzag)) {
                        return 0;
                    }
                    time += zigzag >>> 1 ^ -(zigzag & 1);
                    times[found++] = time;
                }
            } catch (DamageException e) {
                return 0;
            }
            if (in.at != in.end) {
                return 0;
            }
        }
        return found;
    }

    static long i64(byte[] bytes, int at) {
        long value = 0;
        for (int i = 7; i >= 0; i--) {
            value = value << 8 | bytes[at + i] & 0xFF;
        }
        return value;
    }

    private static int varintBytes(long value) {
        return Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    }

    private void copyTimes() {
        int at = 0;
        for (int i = 0; i < fields.count(); i++) {
            int from = at + Block.HEADER_BYTES;
            at = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
            if (fields.get(RecordFields.MODE, i) == EVENTS) {
                int lengthsAt = from + (int) fields.get(RecordFields.PREFIX, i);
                lanes.get(Lanes.EVENTS + TIMES)
                        .append(plain, lengthsAt + EVENT_LENGTHS_BYTES, eventColumn(lengthsAt, TIMES));
            }
        }
    }

    @Override
    public void close() {
        lanes.close();
    }
}
