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
 * What logs: one event, the same in every set-up, by the API that users of the framework call. A JVM has one at most.
 *
 * <p>The event has four arguments of mixed types and two entries in the context of its thread, which are put there once, as
 * at the begin of a request. The arguments are objects that exist before the call: boxing them would be the application's
 * garbage, not that of what logs. As text the event is a line of some 220 bytes.
 */
abstract sealed class Application implements AutoCloseable {
    static final String MESSAGE = "order {} of tenant {} was paid after {} ms, total {} EUR";
    private static final String LOGGER = "com.example.shop.checkout.CheckoutService";
    private static final String[] TENANTS = {"acme-europe", "globex-trade", "initech-gmbh", "umbrella-ltd"};
    private static final int ARGUMENTS = 1024;
    private static final Long[] ORDERS = new Long[ARGUMENTS];
    private static final Integer[] MILLIS = new Integer[ARGUMENTS];
    private static final Double[] TOTALS = new Double[ARGUMENTS];

    static {
        for (int i = 0; i < ARGUMENTS; i++) {
            ORDERS[i] = 10_000_000L + 7919L * i;
            MILLIS[i] = 1000 + i;
            TOTALS[i] = (10_000 + 37 * i) / 100.0;
        }
    }

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

    private static Object order(long number) {
        return ORDERS[(int) number & ARGUMENTS - 1];
    }

    private static Object tenant(long number) {
        return TENANTS[(int) number & 3];
    }

    private static Object millis(long number) {
        return MILLIS[(int) number & ARGUMENTS - 1];
    }

    private static Object total(long number) {
        return TOTALS[(int) number & ARGUMENTS - 1];
    }

    private static String traceId() {
        return "4bf92f3577b34da6a3ce929d0e0e4736";
    }

    private static String customer() {
        return "c-20817764";
    }

    private static final class OfLogback extends Application {
        private final Logger logger;

        OfLogback(Setup setup, Path directory) {
            super(setup, directory);
            logger = LoggerFactory.getLogger(LOGGER);
        }

        @Override
        void enterRequest() {
            MDC.put("traceId", traceId());
            MDC.put("customer", customer());
        }

        @Override
        void log(long number) {
            logger.info(MESSAGE, order(number), tenant(number), millis(number), total(number));
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
            logger = LogManager.getLogger(LOGGER);
        }

        @Override
        void enterRequest() {
            ThreadContext.put("traceId", traceId());
            ThreadContext.put("customer", customer());
        }

        @Override
        void log(long number) {
            logger.info(MESSAGE, order(number), tenant(number), millis(number), total(number));
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
