package dev.raftsman.appender;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.raftsman.appender.jul.RaftsmanHandler;
import dev.raftsman.ring.EventRing;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.AbstractLogEvent;
import org.apache.logging.log4j.core.config.ConfigurationSource;
import org.apache.logging.log4j.core.config.xml.XmlConfiguration;
import org.apache.logging.log4j.core.time.MutableInstant;
import org.apache.logging.log4j.message.Message;
import org.apache.logging.log4j.message.ParameterizedMessage;
import org.apache.logging.log4j.message.SimpleMessage;
import org.slf4j.helpers.MessageFormatter;

/**
 * An application of one framework that logs everything, TRACE too, through our appender: what the frameworks have in
 * common, so that a test can be the same for all.
 */
abstract class Application implements AutoCloseable {
    enum Framework {
        LOGBACK {
            @Override
            Application start(Path root, Map<Setting, String> settings, boolean async) {
                return new OfLogback(xml(root, settings), async);
            }
        },
        LOG4J2 {
            @Override
            Application start(Path root, Map<Setting, String> settings, boolean async) {
                return new OfLog4j(texts(root, settings), async);
            }
        },
        JUL {
            @Override
            Application start(Path root, Map<Setting, String> settings, boolean async) {
                if (async) {
                    throw new IllegalArgumentException("java.util.logging has nothing asynchronous");
                }
                AppenderSettings.Texts texts = new AppenderSettings.Texts();
                texts(root, settings).forEach(texts::put);
                return new OfJul(texts);
            }
        };

        abstract Application start(Path root, Map<Setting, String> settings, boolean async);

        Application start(Path root) {
            return start(root, Map.of(), false);
        }

        Application start(Path root, Map<Setting, String> settings) {
            return start(root, settings, false);
        }

        private static Map<Setting, String> texts(Path root, Map<Setting, String> settings) {
            Map<Setting, String> texts = new EnumMap<>(Setting.class);
            texts.put(Setting.APP, "app");
            texts.put(Setting.DIRECTORY, root.toString());
            texts.put(Setting.QUOTA, "128MiB");
            texts.put(Setting.RESERVE, "0B");
            texts.put(Setting.MAX_BLOCK, "30s");
            texts.put(Setting.SLOTS, "256");
            texts.putAll(settings);
            return texts;
        }

        private static String xml(Path root, Map<Setting, String> settings) {
            StringBuilder xml = new StringBuilder();
            texts(root, settings)
                    .forEach((setting, text) -> xml.append('<')
                            .append(setting.key())
                            .append('>')
                            .append(text)
                            .append("</")
                            .append(setting.key())
                            .append('>'));
            return xml.toString();
        }
    }

    /** The framework's pattern for SLF4J's: where it has other placeholders. */
    abstract String pattern(String slf4j);

    /** What the framework's own formatting makes of pattern and arguments. */
    abstract String formatted(String pattern, Object... arguments);

    abstract void info(String message);

    abstract void info(String pattern, Object... arguments);

    abstract void error(String pattern, Object... arguments);

    abstract void error(String message, Throwable thrown);

    /** An event of another time, given to the appender as the framework would. */
    abstract void at(Instant time, String message);

    abstract void put(String key, String value);

    abstract void remove(String key);

    /** One event of each of the framework's levels, the least severe first. */
    abstract List<String> everyLevel();

    /** Logs by a logger of this name. */
    abstract void by(String logger, String message);

    abstract EventRing ring();

    /** Stops the framework. */
    @Override
    public abstract void close();

    static final class OfLogback extends Application {
        final LoggerContext context = new LoggerContext();
        final ch.qos.logback.classic.Logger logger = context.getLogger("app");
        final dev.raftsman.appender.logback.RaftsmanAppender appender;

        OfLogback(String settings, boolean async) {
            context.setMDCAdapter(new LogbackMDCAdapter());
            JoranConfigurator configurator = new JoranConfigurator();
            configurator.setContext(context);
            String xml = "<configuration><appender name='RAFTSMAN' class='"
                    + dev.raftsman.appender.logback.RaftsmanAppender.class.getName() + "'>" + settings + "</appender>"
                    + "<appender name='ASYNC' class='ch.qos.logback.classic.AsyncAppender'><discardingThreshold>0"
                    + "</discardingThreshold><appender-ref ref='RAFTSMAN'/></appender><root level='ALL'><appender-ref"
                    + " ref='" + (async ? "ASYNC" : "RAFTSMAN") + "'/></root></configuration>";
            try {
                configurator.doConfigure(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
            } catch (JoranException e) {
                throw new IllegalStateException(e);
            }
            appender = appender(async);
        }

        private dev.raftsman.appender.logback.RaftsmanAppender appender(boolean async) {
            ch.qos.logback.classic.Logger root = context.getLogger("ROOT");
            return (dev.raftsman.appender.logback.RaftsmanAppender)
                    (async
                            ? ((ch.qos.logback.classic.AsyncAppender) root.getAppender("ASYNC")).getAppender("RAFTSMAN")
                            : root.getAppender("RAFTSMAN"));
        }

        @Override
        String pattern(String slf4j) {
            return slf4j;
        }

        @Override
        String formatted(String pattern, Object... arguments) {
            return MessageFormatter.arrayFormat(pattern, arguments).getMessage();
        }

        @Override
        void info(String message) {
            logger.info(message);
        }

        @Override
        void info(String pattern, Object... arguments) {
            logger.info(pattern, arguments);
        }

        @Override
        void error(String pattern, Object... arguments) {
            logger.error(pattern, arguments);
        }

        @Override
        void error(String message, Throwable thrown) {
            logger.error(message, thrown);
        }

        @Override
        void at(Instant time, String message) {
            LoggingEvent event =
                    new LoggingEvent("fqcn", logger, ch.qos.logback.classic.Level.INFO, message, null, null);
            event.setInstant(time);
            appender.doAppend(event);
        }

        @Override
        void put(String key, String value) {
            context.getMDCAdapter().put(key, value);
        }

        @Override
        void remove(String key) {
            context.getMDCAdapter().remove(key);
        }

        @Override
        List<String> everyLevel() {
            logger.trace("TRACE");
            logger.debug("DEBUG");
            logger.info("INFO");
            logger.warn("WARN");
            logger.error("ERROR");
            return List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR");
        }

        @Override
        void by(String name, String message) {
            context.getLogger(name).error(message);
        }

        @Override
        EventRing ring() {
            return appender.ring();
        }

        @Override
        public void close() {
            context.stop();
        }
    }

    static final class OfLog4j extends Application {
        final org.apache.logging.log4j.core.LoggerContext context;
        final org.apache.logging.log4j.core.Logger logger;
        final dev.raftsman.appender.log4j2.RaftsmanAppender appender;

        OfLog4j(Map<Setting, String> settings, boolean async) {
            this(settings, async, new org.apache.logging.log4j.core.LoggerContext("test"));
        }

        OfLog4j(Map<Setting, String> settings, boolean async, org.apache.logging.log4j.core.LoggerContext context) {
            this.context = context;
            StringBuilder xml = new StringBuilder(
                    "<Configuration status='OFF'><CustomLevels><CustomLevel name='NOTICE' intLevel='350'/>"
                            + "<CustomLevel name='VERBOSE' intLevel='550'/></CustomLevels><Appenders>"
                            + "<Raftsman name='RAFTSMAN'");
            settings.forEach((setting, text) -> xml.append(' ')
                    .append(setting.key())
                    .append("='")
                    .append(text)
                    .append('\''));
            xml.append("/><Async name='ASYNC'><AppenderRef ref='RAFTSMAN'/></Async></Appenders><Loggers>"
                    + "<Root level='ALL'><AppenderRef ref='"
                    + (async ? "ASYNC" : "RAFTSMAN") + "'/></Root></Loggers></Configuration>");
            try {
                context.start(new XmlConfiguration(
                        context,
                        new ConfigurationSource(
                                new ByteArrayInputStream(xml.toString().getBytes(StandardCharsets.UTF_8)))));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            logger = context.getLogger("app");
            appender = context.getConfiguration().getAppender("RAFTSMAN");
        }

        @Override
        String pattern(String slf4j) {
            return slf4j;
        }

        @Override
        String formatted(String pattern, Object... arguments) {
            return ParameterizedMessage.format(pattern, arguments);
        }

        @Override
        void info(String message) {
            logger.info(message);
        }

        @Override
        void info(String pattern, Object... arguments) {
            logger.info(pattern, arguments);
        }

        @Override
        void error(String pattern, Object... arguments) {
            logger.error(pattern, arguments);
        }

        @Override
        void error(String message, Throwable thrown) {
            logger.error(message, thrown);
        }

        @Override
        void at(Instant time, String message) {
            MutableInstant instant = new MutableInstant();
            instant.initFromEpochSecond(time.getEpochSecond(), time.getNano());
            appender.append(
                    new AbstractLogEvent() { // Log4j2's own would take 0 for a time that is missing
                        private static final long serialVersionUID = 1;

                        @Override
                        public org.apache.logging.log4j.core.time.Instant getInstant() {
                            return instant;
                        }

                        @Override
                        public Level getLevel() {
                            return Level.INFO;
                        }

                        @Override
                        public Message getMessage() {
                            return new SimpleMessage(message);
                        }
                    });
        }

        @Override
        void put(String key, String value) {
            ThreadContext.put(key, value);
        }

        @Override
        void remove(String key) {
            ThreadContext.remove(key);
        }

        @Override
        List<String> everyLevel() {
            logger.trace("TRACE");
            logger.debug("DEBUG");
            logger.info("INFO");
            logger.warn("WARN");
            logger.error("ERROR");
            logger.fatal("FATAL");
            return List.of("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL");
        }

        @Override
        void by(String name, String message) {
            context.getLogger(name).error(message);
        }

        @Override
        EventRing ring() {
            return appender.ring();
        }

        @Override
        public void close() {
            context.stop();
        }
    }

    static final class OfJul extends Application {
        private static final AtomicInteger COUNT = new AtomicInteger();

        final java.util.logging.Logger logger = java.util.logging.Logger.getLogger("app" + COUNT.incrementAndGet());
        final RaftsmanHandler handler;

        OfJul(AppenderSettings.Texts texts) {
            handler = new RaftsmanHandler(texts);
            logger.setUseParentHandlers(false);
            logger.setLevel(java.util.logging.Level.ALL);
            logger.addHandler(handler);
        }

        @Override
        String pattern(String slf4j) {
            StringBuilder pattern = new StringBuilder();
            int from = 0;
            int next = 0;
            for (int at = slf4j.indexOf("{}"); at >= 0; at = slf4j.indexOf("{}", from)) {
                pattern.append(slf4j, from, at).append('{').append(next++).append('}');
                from = at + 2;
            }
            return pattern.append(slf4j, from, slf4j.length()).toString();
        }

        @Override
        String formatted(String pattern, Object... arguments) {
            LogRecord event = new LogRecord(java.util.logging.Level.INFO, pattern);
            event.setParameters(arguments);
            return new SimpleFormatter().formatMessage(event);
        }

        @Override
        void info(String message) {
            logger.info(message);
        }

        @Override
        void info(String pattern, Object... arguments) {
            logger.log(java.util.logging.Level.INFO, pattern, arguments);
        }

        @Override
        void error(String pattern, Object... arguments) {
            logger.log(java.util.logging.Level.SEVERE, pattern, arguments);
        }

        @Override
        void error(String message, Throwable thrown) {
            logger.log(java.util.logging.Level.SEVERE, message, thrown);
        }

        @Override
        void at(Instant time, String message) {
            LogRecord event = new LogRecord(java.util.logging.Level.INFO, message);
            event.setInstant(time);
            handler.publish(event);
        }

        @Override
        void put(String key, String value) {
            throw new UnsupportedOperationException("java.util.logging has no context");
        }

        @Override
        void remove(String key) {
            throw new UnsupportedOperationException("java.util.logging has no context");
        }

        @Override
        List<String> everyLevel() {
            List<String> names = List.of("FINEST", "FINER", "FINE", "CONFIG", "INFO", "WARNING", "SEVERE");
            names.forEach(name -> logger.log(java.util.logging.Level.parse(name), name));
            return names;
        }

        @Override
        void by(String name, String message) {
            LogRecord event = new LogRecord(java.util.logging.Level.SEVERE, message);
            event.setLoggerName(name);
            handler.publish(event);
        }

        @Override
        EventRing ring() {
            return handler.ring();
        }

        @Override
        public void close() {
            handler.close();
        }
    }
}
