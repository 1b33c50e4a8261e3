package dev.raftsman.ring;

import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;

/**
 * How the events of one framework become rows. Has no state: one object serves all threads.
 *
 * @param <E> the framework's event
 * @param <P> what was prepared for it before it came to the ring, by its own thread: the texts that foreign code makes
 *     (arguments, throwables). While a slot is claimed and not published, everybody behind it waits, so nothing of the kind
 *     may happen in here
 */
public interface EventEncoder<E, P> {
    Level level(E event);

    /** Since 1970-01-01T00:00Z. */
    long timestampNanos(E event);

    /**
     * Writes everything but level and time. No foreign code, no lock, and in the common case no allocation. May be called
     * again for the same event, with more room or with shorter texts: the row cuts them itself.
     *
     * @param prepared may be null, if the framework's appender says so
     */
    void encode(E event, P prepared, RowWriter row);
}
