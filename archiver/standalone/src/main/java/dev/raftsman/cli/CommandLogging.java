package dev.raftsman.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;

/**
 * What an agent and commands may say, and where: to standard error, warnings, and of our own classes, in a command, what is
 * told in passing. Like {@code raftsman-logback.xml} of collectors and archivers; but these have to be there within a second,
 * and reading those few lines of XML takes 0.15 of it.
 *
 * <p>Logback finds it as a service. Where a configuration file is named, it steps back.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_HIGH_PRIORITY)
public final class CommandLogging extends ContextAwareBase implements Configurator {
    private static volatile boolean command;

    /** Before the first logger: this process is no agent. */
    static void ofCommand() {
        command = true;
    }

    @Override
    public ExecutionStatus configure(LoggerContext context) {
        if (System.getProperty("logback.configurationFile") != null) {
            return ExecutionStatus.INVOKE_NEXT_IF_ANY;
        }
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern("%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX, UTC} %-5level %logger{24} %msg%n");
        encoder.start();
        ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
        stderr.setContext(context);
        stderr.setName("stderr");
        stderr.setTarget("System.err");
        stderr.setEncoder(encoder);
        stderr.start();
        ch.qos.logback.classic.Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(stderr);
        // Two lines at each start about what the queue would do with a library that nobody needs.
        context.getLogger("net.openhft.affinity").setLevel(Level.ERROR);
        // Delta's kernel warns of what is ordinary: a table without a checkpoint yet. Hadoop's classes miss a library
        // of theirs.
        context.getLogger("io.delta").setLevel(Level.ERROR);
        context.getLogger("org.apache.hadoop").setLevel(Level.ERROR);
        if (command) {
            context.getLogger("dev.raftsman").setLevel(Level.INFO);
        }
        return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
    }
}
