package dev.raftsman.wal;

import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;

/**
 * One excerpt as a {@link WalReader} found it: a flyweight that the caller owns and gives to {@link WalReader#next}. Its
 * buffers are views of the reader's memory and valid until the next call of the reader.
 *
 * <p>Of a {@link ExcerptKind#DAMAGED} excerpt only what is known is filled in: {@link #firstSequence()} and {@link
 * #count()} are {@link #UNKNOWN} where they cannot be told, {@link #body()} is empty, {@link #damage()} says what was
 * found. It may stand for several excerpts in a row; {@link #position()} is that of the last of them.
 */
public final class Excerpt {
    /** A sequence or count that the damage has taken. */
    public static final long UNKNOWN = -1;

    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0).asReadOnlyBuffer();

    ExcerptKind kind = ExcerptKind.DAMAGED;
    ExcerptKind writtenKind;
    long position = WalReader.BEFORE_FIRST;
    long firstSequence = UNKNOWN;
    long count = UNKNOWN;
    Loss lossBefore = Loss.NONE;
    ByteBuffer extra = NOTHING;
    ByteBuffer body = NOTHING;
    String damage = "";
    boolean released;

    public ExcerptKind kind() {
        return kind;
    }

    /** What a damaged excerpt was written as, or null if that is not known either. */
    public ExcerptKind writtenKind() {
        return writtenKind;
    }

    /** Rises from excerpt to excerpt, not always by one. What {@link WalReader#seekAfter} takes. */
    public long position() {
        return position;
    }

    public long firstSequence() {
        return firstSequence;
    }

    public long count() {
        return count;
    }

    /** Events that were never given a sequence, since the excerpt before this one. */
    public Loss lossBefore() {
        return lossBefore;
    }

    /** Little endian, read-only; from its position to its limit. */
    public ByteBuffer extra() {
        return extra;
    }

    /** Little endian, read-only; from its position to its limit. */
    public ByteBuffer body() {
        return body;
    }

    /** Of a damaged excerpt: file, offset, what was expected and found. Empty otherwise. */
    public String damage() {
        return damage;
    }

    /**
     * Of a damaged excerpt: whether its file was deleted while this reader was in an older one, which is deleted too. Then
     * somebody released them, and nothing is damaged.
     */
    public boolean released() {
        return released;
    }

    void damaged(long position, long firstSequence, long count, ExcerptKind writtenKind, String damage) {
        this.kind = ExcerptKind.DAMAGED;
        this.writtenKind = writtenKind;
        this.position = position;
        this.firstSequence = firstSequence;
        this.count = count;
        this.lossBefore = Loss.NONE;
        this.extra = NOTHING;
        this.body = NOTHING;
        this.damage = damage;
        this.released = false;
    }

    @Override
    public String toString() {
        return kind + " position=" + Long.toHexString(position) + " first=" + firstSequence + " count=" + count
                + (damage.isEmpty() ? "" : " damage=" + damage);
    }
}
