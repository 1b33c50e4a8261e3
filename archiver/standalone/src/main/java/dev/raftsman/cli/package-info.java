/**
 * The {@code raftsman} command: one picocli class a verb.
 *
 * <p>Enters: arguments. Leaves: text on standard output, one line on standard error when something is wrong, and an exit code
 * of {@link dev.raftsman.cli.ExitCodes}. Verbs parse, call one room and print; they decide nothing themselves.
 *
 * <p>Thread: {@code main}. A process started with {@code RAFTSMAN_LIFELINE=stdin} also has a daemon thread that ends it when
 * its parent is gone ({@link dev.raftsman.cli.Lifeline}).
 *
 * <p>Our own log lines go to standard error, by {@code raftsman-logback.xml} or {@code CommandLogging}, and never through our own
 * appender.
 *
 * <p>Start reading at {@link dev.raftsman.cli.Main}.
 */
package dev.raftsman.cli;
