package dev.raftsman.ring;

import dev.raftsman.event.EventRowWriter;
import dev.raftsman.event.Level;
import java.nio.ByteBuffer;

/**
 * An event that can write itself as a row. Whatever runs foreign code (formatting arguments, {@code toString}) must be
 * done before {@link EventRing#publish}: while a slot is claimed and not published, everybody behind it waits.
 */
public interface RowSource {
    /** No text is cut. */
    int UNCUT = Integer.MAX_VALUE;

    Level level();

    /** Since 1970-01-01T00:00Z. */
    long timestampNanos();

    /**
     * Writes the row. May be called again for the same event, with more room or shorter texts.
     *
     * @param maxChars longest text: what is longer is cut, and the row marked as truncated
     * @return what {@link EventRowWriter#end} returned
     */
    int encode(EventRowWriter row, ByteBuffer buffer, int offset, int limit, int maxChars);
}
