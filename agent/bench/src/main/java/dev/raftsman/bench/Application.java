package dev.raftsman.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.CountingNoOpAppender;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * What logs: {@link SampleEvent}, the same in every set-up, by the API that users of the framework call. A JVM has one at most.
 *
 * <p>The two entries of the thread's context are put there once, as at the begin of a request.
 */
abstract sealed class Application implements AutoCloseable {
    private static final Duration OPEN_LIMIT = Duration.ofSeconds(30);

    private final Setup setup;
    private final Path directory;

    private Application(Setup setup, Path directory) {
        this.setup = setup;
        this.directory = directory;
    }

    /**
     * Sets logging up, logs event 0, and returns when a reader finds it, where the set-up has one: a log that is still being
     * opened is no part of any measurement.
     *
     * @param directory empty; configuration and log files go there
     */
    static Application start(Setup setup, Path directory) throws IOException {
        setup.configure(directory);
        Application started = switch (setup.framework()) {
            case LOGBACK -> new OfLogback(setup, directory);
            case LOG4J2 -> new OfLog4j2(setup, directory);
        };
        started.enterRequest();
        started.log(0);
        if (setup.storage() == Setup.Storage.WAL) {
            long deadline = System.nanoTime() + OPEN_LIMIT.toNanos();
            while (Stored.in(setup, directory).events() == 0) {
                if (System.nanoTime() - deadline > 0) {
                    throw new IllegalStateException("nothing was written within " + OPEN_LIMIT.toSeconds() + " s");
                }
                LockSupport.parkNanos(10_000_000);
            }
        }
        return started;
    }

    Setup setup() {
        return setup;
    }

    Path directory() {
        return directory;
    }

    /** Puts the two entries into the thread's context. Every thread that logs, once. */
    abstract void enterRequest();

    /** Logs one event. Any thread that has entered its request. */
    abstract void log(long number);

    /** Events that came to the appender, of a set-up that stores none. Once no thread logs any more. */
    abstract long taken();

    /** Ends logging as an application does that ends in order. */
    @Override
    public abstract void close();

    private static final class OfLogback extends Application {
        private final Logger logger;

        OfLogback(Setup setup, Path directory) {
            super(setup, directory);
            logger = LoggerFactory.getLogger(SampleEvent.LOGGER);
        }

        @Override
        void enterRequest() {
            MDC.put(SampleEvent.TRACE, SampleEvent.TRACE_ID);
            MDC.put(SampleEvent.CUSTOMER, SampleEvent.CUSTOMER_ID);
        }

        @Override
        void log(long number) {
            logger.info(
                    SampleEvent.MESSAGE,
                    SampleEvent.order(number),
                    SampleEvent.tenant(number),
                    SampleEvent.millis(number),
                    SampleEvent.total(number));
        }

        @Override
        long taken() {
            return setup().storage() == Setup.Storage.NONE ? NoOpAppender.taken() : 0;
        }

        @Override
        public void close() {
            ((ch.qos.logback.classic.LoggerContext) LoggerFactory.getILoggerFactory()).stop();
        }
    }

    private static final class OfLog4j2 extends Application {
        private final org.apache.logging.log4j.Logger logger;

        OfLog4j2(Setup setup, Path directory) {
            super(setup, directory);
            logger = LogManager.getLogger(SampleEvent.LOGGER);
        }

        @Override
        void enterRequest() {
            ThreadContext.put(SampleEvent.TRACE, SampleEvent.TRACE_ID);
            ThreadContext.put(SampleEvent.CUSTOMER, SampleEvent.CUSTOMER_ID);
        }

        @Override
        void log(long number) {
            logger.info(
                    SampleEvent.MESSAGE,
                    SampleEvent.order(number),
                    SampleEvent.tenant(number),
                    SampleEvent.millis(number),
                    SampleEvent.total(number));
        }

        @Override
        long taken() {
            return LoggerContext.getContext(false).getConfiguration().getAppender("A")
                            instanceof CountingNoOpAppender floor
                    ? floor.getCount()
                    : 0;
        }

        @Override
        public void close() {
            LogManager.shutdown();
        }
    }
}
