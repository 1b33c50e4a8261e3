/**
 * The door for Logback: {@code <appender class="dev.raftsman.appender.logback.RaftsmanAppender">}.
 *
 * <p>In come Logback's events on the application's threads; out go rows into {@link dev.raftsman.ring}. No thread of its
 * own works here. Foreign code (arguments' {@code toString}, exceptions' messages) runs before a slot is claimed.
 *
 * <pre>
 *  row field    from
 *  timestamp    the event's instant, in nanoseconds as far as the clock has them
 *  level        TRACE DEBUG INFO WARN ERROR
 *  logger, thread, message (formatted), throwable (as text, bounded)
 *  attributes   MDC entries, key-value pairs, {@code marker} for each marker, {@code caller} if asked for
 * </pre>
 */
package dev.raftsman.appender.logback;
