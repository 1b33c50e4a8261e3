/**
 * What stands in for SLF4J inside the jar: Chronicle Queue logs through SLF4J, and in an application's JVM its lines must
 * come out nowhere. Not on stderr, where SLF4J itself complains if there is no provider; not in the application's
 * appenders, one of which may be ours.
 *
 * <p>When the jar is made, every reference of the libraries and of our own ring and log to {@code org.slf4j} is turned to
 * this package; only the door for Logback keeps the application's SLF4J. A relocated copy of SLF4J's own jar with a silent
 * provider would do the same with fifty classes more, and would still obey the system properties ({@code
 * slf4j.provider}) that the application sets for its own SLF4J. There are only the types and methods that somebody calls;
 * a test follows every reference in the jar.
 */
package dev.raftsman.lib.slf4j;
