package dev.raftsman.block;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import dev.raftsman.event.EventRow;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Objects;

/**
 * Gives back what went into a block. Inflates into memory of its own, which it keeps for the next block: at most
 * {@link Block#MAX_INFLATED_BYTES}. One thread.
 */
public final class BlockReader implements AutoCloseable {
    /** Takes the lines of a block, each without its newline. */
    @FunctionalInterface
    public interface LineVisitor {
        /**
         * @param bytes valid during the call
         * @param terminated false for a last line whose newline had not come
         */
        void line(long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) throws IOException;
    }

    /** Takes the events of a block. */
    @FunctionalInterface
    public interface EventVisitor {
        /** @param row valid during the call; its bytes are the row as it was encoded in the ring */
        void event(long sequence, EventRow row) throws IOException;
    }

    private final ZstdDecompressCtx zstd = new ZstdDecompressCtx();
    private final EventRow row = new EventRow();
    private byte[] inflated = new byte[1 << 16];
    private byte[] rowBytes = new byte[1 << 10];
    private ByteBuffer rowBuffer = ByteBuffer.wrap(rowBytes).order(ByteOrder.LITTLE_ENDIAN);

    /** The inflated columns, valid until the next call of any method. Empty for a gap. */
    private ByteBuffer inflate(Block block) {
        int bytes = block.inflatedBytes();
        if (inflated.length < bytes) {
            inflated = new byte[Math.min(Block.MAX_INFLATED_BYTES, bytes + (bytes >> 2))];
        }
        ByteBuffer payload = block.payload();
        if (block.compressed()) {
            int length = payload.remaining();
            byte[] packed = payload.hasArray() ? payload.array() : new byte[length];
            int from = payload.hasArray() ? payload.arrayOffset() : 0;
            if (!payload.hasArray()) {
                payload.get(packed);
            }
            try {
                int got = zstd.decompressByteArray(inflated, 0, bytes, packed, from, length);
                if (got != bytes) {
                    throw new CorruptBlockException("block: columns inflate to " + got + " bytes; expected " + bytes);
                }
            } catch (ZstdException e) {
                throw new CorruptBlockException("block: columns do not inflate to " + bytes + " bytes", e);
            }
        } else {
            payload.get(inflated, 0, bytes);
        }
        return ByteBuffer.wrap(inflated, 0, bytes).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * The columns as they were before they were compressed, labels included; little endian, in memory of this reader,
     * valid until the next call of any method. Empty for a gap.
     */
    public ByteBuffer columns(Block block) {
        return inflate(block);
    }

    /**
     * The lines of a LINES block as they lie in the file: an array's bytes from position to limit, as long as {@link
     * #columns} are valid.
     */
    public ByteBuffer lines(Block block) {
        requireKind(block, BlockKind.LINES);
        ByteBuffer bytes = inflate(block);
        return bytes.position(columnsOffset(block, bytes));
    }

    /** What is true of every event in the block; none for a gap. */
    public Labels labels(Block block) {
        if (!block.labeled() || block.kind() == BlockKind.GAP) {
            return Labels.NONE;
        }
        return Labels.read(inflate(block));
    }

    /** The same of columns that are inflated already. */
    public static Labels labels(Block block, ByteBuffer columns) {
        return block.labeled() && block.kind() != BlockKind.GAP ? Labels.read(columns) : Labels.NONE;
    }

    /** Where the columns proper begin. */
    private static int columnsOffset(Block block, ByteBuffer inflated) {
        return block.labeled() ? Labels.end(inflated) : 0;
    }

    /** Each line of a LINES block in order; nothing for a gap. */
    public void forEachLine(Block block, LineVisitor visitor) throws IOException {
        requireKind(block, BlockKind.LINES);
        ByteBuffer bytes = inflate(block);
        int end = bytes.limit();
        long sequence = block.firstSequence();
        for (int at = columnsOffset(block, bytes); at < end; sequence++) {
            int newline = Lines.next(bytes, at, end);
            visitor.line(sequence, bytes, at, newline - at, newline < end);
            at = newline + 1;
        }
        if (sequence != block.endSequence() + 1) {
            throw new CorruptBlockException(
                    "block: " + (sequence - block.firstSequence()) + " lines; expected " + block.count());
        }
    }

    /** Each event of an EVENTS block in order. */
    public void forEachEvent(Block block, EventVisitor visitor) throws IOException {
        requireKind(block, BlockKind.EVENTS);
        EventColumns columns;
        try {
            ByteBuffer bytes = inflate(block);
            int from = columnsOffset(block, bytes);
            columns = new EventColumns(bytes.slice(from, bytes.limit() - from).order(ByteOrder.LITTLE_ENDIAN));
            for (int i = 0; i < block.count(); i++) {
                visitor.event(block.firstSequence() + i, rebuild(columns));
            }
        } catch (IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new CorruptBlockException("block: columns of events do not fit together", e);
        }
        columns.requireEnd();
    }

    private EventRow rebuild(EventColumns columns) {
        int length = columns.nextRowLength();
        if (length > rowBytes.length) {
            rowBytes = new byte[length + (length >> 1)];
            rowBuffer = ByteBuffer.wrap(rowBytes).order(ByteOrder.LITTLE_ENDIAN);
        }
        columns.writeRow(rowBuffer);
        return row.wrap(rowBuffer, 0, length);
    }

    /**
     * Writes the block as plain bytes: lines as they lay in the file, newlines and all; of events the message and a
     * newline; nothing for a gap.
     */
    public void writeRaw(Block block, OutputStream out) throws IOException {
        switch (block.kind()) {
            case LINES -> {
                ByteBuffer bytes = inflate(block);
                int from = columnsOffset(block, bytes);
                out.write(inflated, from, bytes.limit() - from);
            }
            case EVENTS ->
                forEachEvent(block, (sequence, event) -> {
                    out.write(rowBytes, event.messageOffset(), event.messageLength());
                    out.write('\n');
                });
            case GAP -> {}
        }
    }

    private static void requireKind(Block block, BlockKind kind) {
        if (block.kind() != kind) {
            throw new IllegalArgumentException("block of " + block.kind() + "; expected " + kind);
        }
    }

    @Override
    public void close() {
        zstd.close();
    }

    /** Walks the columns of events in step. Any index error means that they do not fit together. */
    private static final class EventColumns {
        private static final int KNOWN_FLAG_BITS = 0x0F;

        private final ByteBuffer in;
        private final int[] at = new int[EventBlockBuilder.COLUMNS];
        private final int[] end = new int[EventBlockBuilder.COLUMNS];
        private final Entries loggers;
        private final Entries threads;
        private final Entries keys;
        private final Entries keySets;
        private boolean first = true;
        private long time;

        private int levelAndFlags;
        private int logger;
        private int thread;
        private int keySet;
        private int messageLength;
        private int throwableLength;

        EventColumns(ByteBuffer in) {
            this.in = in;
            int from = EventBlockBuilder.COLUMNS * 4;
            for (int i = 0; i < EventBlockBuilder.COLUMNS; i++) {
                int length = in.getInt(i * 4);
                if (length < 0 || length > in.limit() - from) {
                    throw new CorruptBlockException("block: column " + i + " of " + length + " bytes");
                }
                at[i] = from;
                from += length;
                end[i] = from;
            }
            if (from != in.limit()) {
                throw new CorruptBlockException("block: " + (in.limit() - from) + " bytes behind the columns");
            }
            loggers = entries(2);
            threads = entries(4);
            keys = entries(6);
            keySets = entries(7);
        }

        private Entries entries(int column) {
            Entries entries = new Entries();
            while (at[column] < end[column]) {
                int length = length(column);
                entries.add(at[column], length);
                at[column] += length;
                if (length > end[column] || at[column] > end[column]) {
                    throw new CorruptBlockException("block: dictionary in column " + column);
                }
            }
            return entries;
        }

        private long varint(int column) {
            long value = 0;
            for (int shift = 0; shift < 70; shift += 7) {
                if (at[column] >= end[column]) {
                    throw new CorruptBlockException("block: column " + column + " ends early");
                }
                byte b = in.get(at[column]++);
                value |= (long) (b & 0x7F) << shift;
                if (b >= 0) {
                    return value;
                }
            }
            throw new CorruptBlockException("block: number too long in column " + column);
        }

        private int length(int column) {
            long length = varint(column);
            if (length < 0 || length > Block.MAX_INFLATED_BYTES) {
                throw new CorruptBlockException("block: length " + length + " in column " + column);
            }
            return (int) length;
        }

        int nextRowLength() {
            if (first) {
                time = in.getLong(at[0]);
                at[0] += 8;
                first = false;
            } else {
                long zigzag = varint(0);
                time += zigzag >>> 1 ^ -(zigzag & 1);
            }
            levelAndFlags = Byte.toUnsignedInt(in.get(at[1]++));
            logger = length(3);
            thread = length(5);
            keySet = length(8);
            messageLength = length(10);
            throwableLength = length(10);
            long length = EventRow.HEADER_BYTES
                    + loggers.length(logger)
                    + threads.length(thread)
                    + (long) messageLength
                    + throwableLength
                    + attributesLength();
            if (length > Block.MAX_INFLATED_BYTES) {
                throw new CorruptBlockException("block: event of " + length + " bytes");
            }
            return (int) length;
        }

        private long attributesLength() {
            int set = keySets.offset(keySet);
            int value = at[9];
            long length = 0;
            at[7] = set;
            end[7] = set + keySets.length(keySet);
            int count = length(7);
            for (int i = 0; i < count; i++) {
                int valueLength = length(9);
                length += 6L + keys.length(length(7)) + valueLength;
                at[9] += valueLength;
            }
            at[9] = value;
            return length;
        }

        void writeRow(ByteBuffer out) {
            out.clear().position(EventRow.HEADER_BYTES);
            copy(out, loggers.offset(logger), loggers.length(logger));
            copy(out, threads.offset(thread), threads.length(thread));
            copy(out, at[11], messageLength + throwableLength);
            at[11] += messageLength + throwableLength;
            at[7] = keySets.offset(keySet);
            int count = length(7);
            for (int i = 0; i < count; i++) {
                int key = length(7);
                int valueLength = length(9);
                out.putShort((short) keys.length(key)).putInt(valueLength);
                copy(out, keys.offset(key), keys.length(key));
                copy(out, at[9], valueLength);
                at[9] += valueLength;
            }
            int length = out.position();
            out.putInt(0, length);
            out.putLong(4, time);
            out.put(12, (byte) (levelAndFlags & KNOWN_FLAG_BITS));
            out.put(13, (byte) (levelAndFlags >>> 4));
            out.putShort(14, (short) count);
            out.putShort(16, (short) loggers.length(logger));
            out.putShort(18, (short) threads.length(thread));
            out.putInt(20, messageLength);
            out.putInt(24, throwableLength);
        }

        private void copy(ByteBuffer out, int from, int length) {
            out.put(out.position(), in, from, length);
            out.position(out.position() + length);
        }

        void requireEnd() {
            for (int column : new int[] {0, 1, 3, 5, 8, 9, 10, 11}) {
                if (at[column] != end[column]) {
                    throw new CorruptBlockException(
                            "block: " + (end[column] - at[column]) + " bytes left in column " + column);
                }
            }
        }
    }

    /** Where the entries of a dictionary lie. */
    private static final class Entries {
        private int[] places = new int[32];
        private int count;

        void add(int offset, int length) {
            if (count * 2 == places.length) {
                places = Arrays.copyOf(places, places.length * 2);
            }
            places[count * 2] = offset;
            places[count * 2 + 1] = length;
            count++;
        }

        int offset(int id) {
            return places[Objects.checkIndex(id, count) * 2];
        }

        int length(int id) {
            return places[Objects.checkIndex(id, count) * 2 + 1];
        }
    }
}
