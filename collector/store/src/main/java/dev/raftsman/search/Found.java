package dev.raftsman.search;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What a search found in one block, in memory of its own. An item is a line without its newline, or an event as a row; where
 * context was asked for, items that do not match are in here too. Filled by one thread, then immutable.
 */
public final class Found {
    /** Numbers of an item: its place, whether it matches, offset, length. */
    private static final int FIELDS = 4;

    private final BlockKind kind;
    private final long firstSequence;
    private final int sequences;
    private final LossReason gapReason;
    private final long minTimeNanos;
    private final boolean unterminated;
    private final boolean withLoss;
    private final Labels labels;
    private byte[] bytes = new byte[0];
    private int length;
    private int[] items = new int[0];
    private int count;
    private int matches;
    private ByteBuffer rows;

    Found(Block block, Labels labels) {
        this.kind = block.kind();
        this.firstSequence = block.firstSequence();
        this.sequences = block.count();
        this.gapReason = block.gapReason();
        this.minTimeNanos = block.minTimeNanos();
        this.unterminated = block.kind() == BlockKind.LINES && block.unterminated();
        this.withLoss = block.lostCount() > 0;
        this.labels = labels;
    }

    void add(int place, boolean matches, byte[] from, int offset, int itemLength) {
        if (bytes.length - length < itemLength) {
            bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, length + itemLength));
        }
        if (items.length == count * FIELDS) {
            items = Arrays.copyOf(items, Math.max(64, items.length * 2));
        }
        System.arraycopy(from, offset, bytes, length, itemLength);
        int at = count++ * FIELDS;
        items[at] = place;
        items[at + 1] = matches ? 1 : 0;
        items[at + 2] = length;
        items[at + 3] = itemLength;
        length += itemLength;
        this.matches += matches ? 1 : 0;
    }

    /** A match whose bytes nobody wants. */
    void countMatch() {
        matches++;
    }

    void finish() {
        rows = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    public BlockKind kind() {
        return kind;
    }

    /** How many items are in here. */
    public int count() {
        return count;
    }

    /** How many items of the block match. */
    public int matches() {
        return matches;
    }

    /** The item's place among those of its block, from 0. */
    public int place(int item) {
        return items[item * FIELDS];
    }

    public boolean isMatch(int item) {
        return items[item * FIELDS + 1] != 0;
    }

    public long sequence(int item) {
        return firstSequence + place(item);
    }

    /** How many items of the block lie before it, as offsets count them: a loss before the block is one. */
    public int itemsBefore(int item) {
        return place(item) + (withLoss ? 1 : 0);
    }

    /** Where the item begins in {@link #bytes}. */
    public int offset(int item) {
        return items[item * FIELDS + 2];
    }

    public int length(int item) {
        return items[item * FIELDS + 3];
    }

    /** Nobody must change them. Little endian. */
    public ByteBuffer bytes() {
        return rows;
    }

    /** Nobody must change them. */
    public byte[] array() {
        return bytes;
    }

    /** Lays a row over an event. */
    public EventRow row(int item, EventRow row) {
        return row.wrap(rows, offset(item), offset(item) + length(item));
    }

    /** False for a last line whose newline had not come. */
    public boolean isTerminated(int item) {
        return !unterminated || place(item) < sequences - 1;
    }

    public Labels labels() {
        return labels;
    }

    /** Of a gap: the first sequence that is not there. */
    public long firstSequence() {
        return firstSequence;
    }

    /** Of a gap: how many are not there. */
    public int sequences() {
        return sequences;
    }

    public LossReason gapReason() {
        return gapReason;
    }

    public long minTimeNanos() {
        return minTimeNanos;
    }
}
