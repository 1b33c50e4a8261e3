package dev.raftsman.block;

import com.github.luben.zstd.ZstdCompressCtx;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Makes EVENTS blocks: takes rows apart into columns as they come, compresses them together at the end. What
 * {@link BlockReader} gives back are the same rows, byte for byte. One thread.
 */
public final class EventBlockBuilder implements AutoCloseable {
    /** A row longer than this fits in no block. */
    public static final int MAX_ROW_BYTES = (1 << 20) + (1 << 19);

    static final int COLUMNS = 12;

    private static final int COLUMN_LENGTHS_BYTES = COLUMNS * 4;
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final ZstdCompressCtx zstd = BlockHeader.compressor();
    private final int targetRawBytes;
    private final EventRow row = new EventRow();
    private Labels labels = Labels.NONE;

    private final Column times = new Column();
    private final Column levels = new Column();
    private final Dictionary loggers = new Dictionary();
    private final Column loggerIds = new Column();
    private final Dictionary threads = new Dictionary();
    private final Column threadIds = new Column();
    private final Dictionary keys = new Dictionary();
    private final Dictionary keySets = new Dictionary();
    private final Column keySetIds = new Column();
    private final Column values = new Column();
    private final Column lengths = new Column();
    private final Column texts = new Column();

    /** The key set of the row at hand: varint count, key ids. */
    private final Column keySet = new Column();

    private final Column textKeySet = new Column();

    private ByteBuffer columns = ByteBuffer.allocateDirect(1 << 16).order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuffer block = BlockHeader.roomFor(1 << 20);

    private int count;
    private int rawBytes;
    private int levelBitmap;
    private long minTimeNanos;
    private long maxTimeNanos;
    private long previousTimeNanos;
    private int messageFrom;
    private int textAttributes;

    /** @param targetRawBytes where a block is full, in bytes of rows; at most 1 MiB is sensible */
    public EventBlockBuilder(int targetRawBytes) {
        if (targetRawBytes < 1 || targetRawBytes > MAX_ROW_BYTES) {
            throw new IllegalArgumentException("block of " + targetRawBytes + " raw bytes");
        }
        this.targetRawBytes = targetRawBytes;
    }

    /** Whether a row of this length still goes in. An empty block takes any row up to {@link #MAX_ROW_BYTES}. */
    public boolean hasRoom(int rowBytes) {
        return count == 0 ? rowBytes <= MAX_ROW_BYTES : rawBytes + rowBytes <= targetRawBytes;
    }

    public int count() {
        return count;
    }

    public int rawBytes() {
        return rawBytes;
    }

    /** What is true of every event from here on; to be called between blocks. */
    public void label(Labels now) {
        if (count > 0) {
            throw new IllegalStateException("labels changed within a block");
        }
        labels = now;
    }

    /**
     * Takes a row in.
     *
     * @param rows little endian
     * @return the row's length
     * @throws IllegalArgumentException if there is no sound row at the offset; nothing was taken
     */
    public int add(ByteBuffer rows, int offset, int limit) {
        row.wrap(rows, offset, limit);
        time(row.timestampNanos());
        levels.u8(row.level() | row.flags() << 4);
        levelBitmap |= 1 << row.level();
        loggerIds.varint(loggers.id(rows, row.loggerOffset(), row.loggerLength()));
        threadIds.varint(threads.id(rows, row.threadOffset(), row.threadLength()));
        addAttributes(rows);
        lengths.varint(row.messageLength());
        lengths.varint(row.throwableLength());
        texts.append(rows, row.messageOffset(), row.messageLength() + row.throwableLength());
        count++;
        rawBytes += row.length();
        return row.length();
    }

    // ---- an event that is nothing but text, without a row: beginText, text..., attribute..., endText

    /** Begins an event without logger, thread and level; {@link #text} adds to its message. */
    public void beginText(long timeNanos, boolean truncated) {
        time(timeNanos);
        levels.u8(Level.UNPARSED.code() | (truncated ? EventRow.TRUNCATED : 0) << 4);
        levelBitmap |= Level.UNPARSED.bit();
        loggerIds.varint(loggers.id(NOTHING, 0, 0));
        threadIds.varint(threads.id(NOTHING, 0, 0));
        messageFrom = texts.length();
        textAttributes = 0;
        keySet.clear();
    }

    /** The next piece of the message. */
    public void text(byte[] bytes, int offset, int length) {
        texts.append(bytes, offset, length);
    }

    /** One more attribute of the event. */
    public void attribute(byte[] key, byte[] value) {
        textAttributes++;
        keySet.varint(keys.id(ByteBuffer.wrap(key), 0, key.length));
        values.varint(value.length);
        values.append(value, 0, value.length);
    }

    /** @param sourceBytes what the event took in its source */
    public void endText(int sourceBytes) {
        Column set = textKeySet;
        set.clear();
        set.varint(textAttributes);
        set.append(keySet.bytes(), 0, keySet.length());
        keySetIds.varint(keySets.id(ByteBuffer.wrap(set.bytes()), 0, set.length()));
        lengths.varint(texts.length() - messageFrom);
        lengths.varint(0);
        count++;
        rawBytes += sourceBytes;
    }

    private void time(long time) {
        if (count == 0) {
            times.i64(time);
            minTimeNanos = time;
            maxTimeNanos = time;
        } else {
            times.zigzag(time - previousTimeNanos);
            minTimeNanos = Math.min(minTimeNanos, time);
            maxTimeNanos = Math.max(maxTimeNanos, time);
        }
        previousTimeNanos = time;
    }

    private void addAttributes(ByteBuffer rows) {
        keySet.clear();
        keySet.varint(row.attributeCount());
        int at = row.throwableOffset() + row.throwableLength();
        for (int i = row.attributeCount(); i > 0; i--) {
            int keyLength = Short.toUnsignedInt(rows.getShort(at));
            int valueLength = rows.getInt(at + 2);
            keySet.varint(keys.id(rows, at + 6, keyLength));
            values.varint(valueLength);
            values.append(rows, at + 6 + keyLength, valueLength);
            at += 6 + keyLength + valueLength;
        }
        keySetIds.varint(keySets.id(ByteBuffer.wrap(keySet.bytes()), 0, keySet.length()));
    }

    /**
     * Finishes the block and begins the next one.
     *
     * @param loss what was refused a sequence just before the first event
     * @return one encoded block, little endian; valid until the next call
     */
    public ByteBuffer build(long firstSequence, Loss loss) {
        if (count == 0) {
            throw new IllegalStateException("no event in the block");
        }
        Column[] inOrder = {
            times,
            levels,
            loggers.entries(),
            loggerIds,
            threads.entries(),
            threadIds,
            keys.entries(),
            keySets.entries(),
            keySetIds,
            values,
            lengths,
            texts
        };
        int inflated = labels.bytes() + COLUMN_LENGTHS_BYTES;
        for (Column column : inOrder) {
            inflated += column.length();
        }
        reserve(inflated);
        columns.clear();
        labels.put(columns, 0);
        columns.position(labels.bytes());
        for (Column column : inOrder) {
            columns.putInt(column.length());
        }
        for (Column column : inOrder) {
            column.copyTo(columns);
        }
        columns.flip();
        int length = BlockHeader.pack(zstd, columns, block);
        ByteBuffer built = BlockHeader.begin(block, BlockKind.EVENTS, labels.isEmpty() ? 0 : Block.LABELED, rawBytes)
                .sequences(firstSequence, count)
                .loss(loss)
                .times(minTimeNanos, maxTimeNanos)
                .levels(levelBitmap)
                .seal(length);
        clear();
        return built;
    }

    /** Begins anew, without a block of what is there. */
    public void discard() {
        clear();
    }

    private void reserve(int inflated) {
        if (columns.capacity() < inflated) {
            columns = ByteBuffer.allocateDirect(inflated + (inflated >> 2)).order(ByteOrder.LITTLE_ENDIAN);
        }
        if (block.capacity() < Block.HEADER_BYTES + inflated + (inflated >> 7)) {
            block = BlockHeader.roomFor(inflated + (inflated >> 2));
        }
    }

    private void clear() {
        times.clear();
        levels.clear();
        loggers.clear();
        loggerIds.clear();
        threads.clear();
        threadIds.clear();
        keys.clear();
        keySets.clear();
        keySetIds.clear();
        values.clear();
        lengths.clear();
        texts.clear();
        count = 0;
        rawBytes = 0;
        levelBitmap = 0;
    }

    @Override
    public void close() {
        zstd.close();
    }
}
