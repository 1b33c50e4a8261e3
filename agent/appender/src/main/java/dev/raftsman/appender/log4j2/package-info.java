/**
 * The door for Log4j2: {@code <Raftsman name="RAFTSMAN" app="checkout" directory="/var/lib/raftsman/wal"/>}.
 *
 * <p>In come Log4j2's events on the application's threads, or on the one of its asynchronous loggers; out go rows, as
 * {@link dev.raftsman.appender} says. From Log4j2 alone: the context's stack as attributes {@code ndc} in its order, a
 * marker followed by its parents, entries of map messages as attributes, {@code sd.id} and {@code sd.type} of structured
 * data.
 *
 * <pre>
 *  level      OFF FATAL ERROR  WARN NOTICE(350)  INFO  DEBUG VERBOSE(550)  TRACE ALL
 *  row's      ERROR            WARN              INFO  DEBUG               TRACE
 * </pre>
 *
 * <p>Where this differs from what one might expect, it is Log4j2's doing: an exception that fills a {@code {}} is an
 * argument only; the text of a missing message is {@code null}; an event that is logged while an appender is at work is
 * refused, and counted as lost (see {@link dev.raftsman.appender.log4j2.RaftsmanAppender}).
 */
package dev.raftsman.appender.log4j2;
