/**
 * What the appenders of all frameworks share.
 *
 * <p>In come events of {@link dev.raftsman.appender.logback Logback}, {@link dev.raftsman.appender.log4j2 Log4j2} and
 * {@link dev.raftsman.appender.jul java.util.logging}, on the application's threads; out go rows into {@link
 * dev.raftsman.ring}. No thread of its own works here. Foreign code (arguments' {@code toString}, exceptions' messages)
 * runs before a slot is claimed, and only then.
 *
 * <pre>
 *  row field    from
 *  timestamp    the event's instant, in nanoseconds as far as the framework has them
 *  level        TRACE DEBUG INFO WARN ERROR; another name of the framework's stays as attribute {@code level}
 *  logger, thread
 *  message      pattern and plain arguments as they are, put together by whoever reads; else as the framework formats it
 *  throwable    as {@link dev.raftsman.appender.ThrowableText} draws it, bounded
 *  attributes   context entries, key-value pairs, entries of map messages, {@code ndc}, {@code marker}, {@code level},
 *               {@code caller} if asked for, {@code time} if it is out of range; at most 256
 * </pre>
 *
 * <p>Trace identifiers are attributes like others, under the keys that the tracing library gave them in the context.
 *
 * <p>Begin with {@link dev.raftsman.appender.Intake}; the settings are {@link dev.raftsman.appender.Setting}.
 */
package dev.raftsman.appender;
