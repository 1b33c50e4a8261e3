/**
 * The door for Logback: {@code <appender class="dev.raftsman.appender.logback.RaftsmanAppender">}.
 *
 * <p>In come Logback's events on the application's threads, out go rows, as {@link dev.raftsman.appender} says. From
 * Logback alone: key-value pairs of SLF4J 2, several markers on one event, each followed by those it refers to.
 *
 * <p>Where this differs from what one might expect, it is Logback's doing: a thread without a name has the one Logback
 * makes up from its number.
 */
package dev.raftsman.appender.logback;
