package dev.raftsman.cold;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.PlainBlock;
import dev.raftsman.search.TokenFilter;
import dev.raftsman.search.TokenSet;
import java.nio.ByteBuffer;
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

    /** Most that a cold block may inflate to: its blocks, plain, with their headers. */
    static final int MAX_PLAIN_BYTES = Block.MAX_INFLATED_BYTES + Block.HEADER_BYTES;

    /** Most lines or events of a cold block, some numbers being kept for each; a record of more is stored as it is. */
    static final int MAX_EVENTS = 1 << 19;

    /** Most that a cold block may take where nothing compresses. */
    static final int MAX_PACKED_BYTES = 2 * MAX_PLAIN_BYTES + (4 << 20);

    /** Bytes behind the last that may be read or overwritten. */
    static final int SLACK = 16;

    /** A block of less is not full: it is the last of its object, and compressed as hard as can be. */
    private static final int PARTIAL_BYTES = 3 << 20;

    /** Up to here, text is tried without templates, too: they may not pay where so few lines can share one. */
    private static final int TRY_PLAIN_BYTES = 1 << 20;

    /** More are rare in 8 MiB of lines. */
    private static final int MAX_WORDS = 1 << 17;

    /** What a filter may add to an object: so it is the objects of many ids that grow, by an eighth at most. */
    private static final int MOST_OF_BLOCK = 8;

    private final int targetBytes;
    private final Lanes lanes;
    private final TextEncoder text = new TextEncoder();
    private final EventColumns eventColumns;
    private final RecordFields fields = new RecordFields();
    private final TokenSet tokens;
    private final Lane scratch = new Lane(1 << 16);
    private final Lane other = new Lane(1 << 16);
    private byte[] plain = new byte[1 << 20];
    private int plainBytes;
    private long events;

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
        this.tokens = filtered ? new TokenSet(MAX_WORDS) : null;
        text.collect(tokens);
        this.eventColumns = new EventColumns(text, lanes, tokens);
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
                && EventColumns.fit(plain, from + prefix, plainBytes, block.count())) {
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

    /**
     * The words of the block built last; {@link TokenFilter#NONE} without a set.
     *
     * @param blockBytes of the block in its object
     */
    TokenFilter filter(int blockBytes) {
        return tokens == null ? TokenFilter.NONE : TokenFilter.of(tokens, blockBytes / MOST_OF_BLOCK);
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
        eventColumns.clear();
        if (tokens != null) {
            tokens.clear();
        }
        Numbers numbers = text.variables().numbers();
        fields.write(numbers, lanes);
        Lane opaque = lanes.get(Lanes.OPAQUE);
        int at = 0;
        for (int i = 0; i < fields.count(); i++) {
            int from = at + Block.HEADER_BYTES;
            int end = from + (int) fields.get(RecordFields.COLUMN_BYTES, i);
            int mode = (int) fields.get(RecordFields.MODE, i);
            int prefixEnd = mode == OPAQUE ? end : from + (int) fields.get(RecordFields.PREFIX, i);
            opaque.append(plain, from, prefixEnd - from);
            if (tokens != null) { // What is in no text can be looked for, too.
                tokens.addWords(plain, from, prefixEnd - from);
            }
            if (mode == LINES) {
                text.add(plain, prefixEnd, end);
            } else if (mode == EVENTS) {
                eventColumns.add(plain, prefixEnd, (int) fields.get(RecordFields.BLOCK + PlainBlock.COUNT, i));
            }
            at = end;
        }
        eventColumns.write(plain, numbers);
        text.write(plain, templates, lanes);
    }

    @Override
    public void close() {
        text.close();
        lanes.close();
    }
}
