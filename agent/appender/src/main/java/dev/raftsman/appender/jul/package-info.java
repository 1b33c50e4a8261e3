/**
 * The door for {@code java.util.logging}: {@code handlers = dev.raftsman.appender.jul.RaftsmanHandler}.
 *
 * <p>In come records on the application's threads, out go rows, as {@link dev.raftsman.appender} says. Resource bundles and
 * parameters are put in as every handler has it.
 *
 * <pre>
 *  level      SEVERE OFF  WARNING  INFO CONFIG  FINE FINER  FINEST ALL
 *  row's      ERROR       WARN     INFO         DEBUG       TRACE
 * </pre>
 *
 * <p>Where this differs from the other two, it is the JDK's doing: records have no context, no markers and no key-value
 * pairs; a throwable among the parameters is a parameter; one whose {@code toString} throws leaves the message as it was
 * written. A record that another thread hands over has the number of its thread, as {@code #17}.
 */
package dev.raftsman.appender.jul;
