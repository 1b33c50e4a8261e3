package dev.raftsman.appender;

import dev.raftsman.ring.EventEncoder;

/**
 * What an {@link Intake} must know of one framework's events, beside how they become rows. Has no state: one object serves
 * all threads.
 *
 * @param <E> the framework's event
 * @param <P> the texts of one event that foreign code makes
 */
public interface EventForm<E, P> extends EventEncoder<E, P> {
    /** Null if the event has none. */
    String logger(E event);

    /** Whether foreign code has a say in this event: arguments with a {@code toString} of their own, throwables, and the like. */
    boolean needsTexts(E event);

    /** Runs that code. It may throw, log, and take its time: nothing is claimed yet. Only if {@link #needsTexts}. */
    P texts(E event);

    /** Whether the event has a marker of this name, itself or through another. */
    boolean isMarked(E event, String marker);
}
