package dev.raftsman.appender;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import dev.raftsman.appender.Application.Framework;
import dev.raftsman.appender.StoredEvents.Stored;
import dev.raftsman.wal.WalDirectory;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.ListResourceBundle;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.MemoryHandler;
import org.apache.logging.log4j.MarkerManager;
import org.apache.logging.log4j.core.impl.JdkMapAdapterStringMap;
import org.apache.logging.log4j.core.impl.MutableLogEvent;
import org.apache.logging.log4j.message.ReusableParameterizedMessage;
import org.apache.logging.log4j.status.StatusData;
import org.apache.logging.log4j.status.StatusListener;
import org.apache.logging.log4j.status.StatusLogger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.MarkerFactory;

final class IntakeTest {
    private static final Map<Setting, String> WAITING =
            Map.of(Setting.SYNC_INTERVAL, "1h", Setting.SYNC_LEVEL, "ERROR", Setting.SYNC_MARKER, "AUDIT");

    @TempDir
    Path root;

    @ParameterizedTest
    @EnumSource(Framework.class)
    void anEventOfTheLevelIsForcedWhenItsCallReturns(Framework framework) {
        try (Application app = framework.start(root, WAITING)) {
            WalDirectory directory = WalDirectory.list(root).get(0);
            app.info("not waited for");
            app.error("first", (Throwable) null);
            long forced = directory.forcedPosition();
            assertThat(forced).isNotNegative();
            app.error("second", new IllegalStateException());
            assertThat(directory.forcedPosition()).isGreaterThan(forced);
        }
    }

    @Test
    void anEventWithTheMarkerIsForcedWhenItsCallReturnsInLogback() {
        try (Application app = Framework.LOGBACK.start(root, WAITING)) {
            WalDirectory directory = WalDirectory.list(root).get(0);
            org.slf4j.Marker holder = MarkerFactory.getDetachedMarker("holder");
            holder.add(MarkerFactory.getDetachedMarker("AUDIT"));
            ((Application.OfLogback) app).logger.info(MarkerFactory.getMarker("AUDIT"), "by marker");
            long forced = directory.forcedPosition();
            assertThat(forced).isNotNegative();
            ((Application.OfLogback) app).logger.info(holder, "by what the marker holds");
            assertThat(directory.forcedPosition()).isGreaterThan(forced);
        }
    }

    @Test
    void anEventWithTheMarkerIsForcedWhenItsCallReturnsInLog4j() {
        try (Application app = Framework.LOG4J2.start(root, WAITING)) {
            WalDirectory directory = WalDirectory.list(root).get(0);
            org.apache.logging.log4j.Marker audit = MarkerManager.getMarker("AUDIT");
            ((Application.OfLog4j) app).logger.info(audit, "by marker");
            long forced = directory.forcedPosition();
            assertThat(forced).isNotNegative();
            ((Application.OfLog4j) app)
                    .logger.info(MarkerManager.getMarker("PAYMENT").setParents(audit), "by its parent");
            assertThat(directory.forcedPosition()).isGreaterThan(forced);
        }
    }

    /** More of them than the ring has slots, on few carriers: none pins one for good. */
    @ParameterizedTest
    @EnumSource(Framework.class)
    void manyVirtualThreadsLoseNothing(Framework framework) throws Exception {
        assumeTrue(Runtime.version().feature() >= 21, "virtual threads need JDK 21");
        int threads = 1000;
        Object slow = new Object() {
            @Override
            public String toString() {
                Thread.yield();
                return "text";
            }
        };
        try (Application app = framework.start(root)) {
            String pattern = app.pattern("{} {}");
            List<Thread> started = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                int id = t;
                started.add((Thread) Thread.class
                        .getMethod("startVirtualThread", Runnable.class)
                        .invoke(null, (Runnable) () -> app.info(pattern, id, slow)));
            }
            for (Thread thread : started) {
                thread.join();
            }
        }
        StoredEvents stored = StoredEvents.of(root);
        Set<String> expected = new HashSet<>();
        for (int t = 0; t < threads; t++) {
            expected.add((framework == Framework.JUL ? String.format("%,d", t) : Integer.toString(t)) + " text");
        }
        assertThat(stored.losses()).isEmpty();
        assertThat(new HashSet<>(stored.messages())).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(Framework.class)
    void theCallerIsFoundOutOnRequest(Framework framework) {
        try (Application app = framework.start(root, Map.of(Setting.CALLER_DATA, "true"))) {
            app.info("who calls");
        }
        assertThat(StoredEvents.of(root).events().get(0).attribute("caller"))
                .singleElement()
                .asString()
                .startsWith(Application.class.getName())
                .contains(".info");
    }

    @Test
    void anEventBeforeTheStartOrAfterAWrongConfigurationDisturbsNobody() {
        LoggerContext context = new LoggerContext();
        LoggingEvent event = new LoggingEvent(
                "fqcn", context.getLogger("app"), ch.qos.logback.classic.Level.INFO, "early", null, null);
        new dev.raftsman.appender.logback.RaftsmanAppender().doAppend(event);

        List<String> said = new ArrayList<>();
        StatusListener listener = listener(said);
        StatusLogger.getLogger().registerListener(listener);
        try (Application app = Framework.LOG4J2.start(root, Map.of(Setting.SLOTS, "100", Setting.SYNC, "often"))) {
            app.info("nobody takes this");
            assertThat(app.ring()).isNull();
        } finally {
            StatusLogger.getLogger().removeListener(listener);
        }
        assertThat(said)
                .anyMatch(line -> line.contains("RAFTSMAN: slots: '100'; expected a power of two"))
                .anyMatch(line -> line.contains("RAFTSMAN: sync: 'often'; expected one of"));
        assertThat(WalDirectory.list(root)).isEmpty();
    }

    /** The events themselves are made beforehand: what their frameworks need for them is not counted. */
    @ParameterizedTest
    @EnumSource(Framework.class)
    void anEventOfPlainArgumentsCostsNoMemoryOfTheCaller(Framework framework) {
        int calls = 20_000;
        Map<Setting, String> settings = Map.of(Setting.WHEN_FULL, "drop", Setting.SLOTS, "8192");
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Application app = framework.start(root, settings)) {
            Runnable call = preparedCall(app);
            long bytes = 0;
            for (int i = 0; i < 2 * calls; i++) {
                if (i == calls) {
                    bytes = threads.getCurrentThreadAllocatedBytes();
                }
                call.run();
            }
            assertThat((threads.getCurrentThreadAllocatedBytes() - bytes) / (double) calls)
                    .as("bytes an event")
                    .isLessThan(4);
        }
        assertThat(StoredEvents.of(root).events().get(0).message()).isEqualTo("order A-17 of 12");
    }

    private static Runnable preparedCall(Application app) {
        if (app instanceof Application.OfLogback logback) {
            LoggingEvent event = new LoggingEvent(
                    "fqcn", logback.logger, ch.qos.logback.classic.Level.INFO, "order {} of {}", null, new Object[] {
                        "A-17", 12
                    });
            event.setMDCPropertyMap(new HashMap<>(Map.of("trace_id", "4bf9", "span_id", "00f0")));
            return () -> logback.appender.doAppend(event);
        }
        if (app instanceof Application.OfLog4j log4j) {
            MutableLogEvent event = new MutableLogEvent();
            event.setLevel(org.apache.logging.log4j.Level.INFO);
            event.setLoggerName("app");
            event.setThreadName("main");
            event.setMessage(new ReusableParameterizedMessage().set("order {} of {}", "A-17", 12));
            event.setContextData(new JdkMapAdapterStringMap(Map.of("trace_id", "4bf9", "span_id", "00f0"), true));
            return () -> log4j.appender.append(event);
        }
        LogRecord event = new LogRecord(Level.INFO, "order A-17 of 12");
        return () -> ((Application.OfJul) app).handler.publish(event);
    }

    private static StatusListener listener(List<String> said) {
        return new StatusListener() {
            @Override
            public void log(StatusData data) {
                said.add(data.getMessage().getFormattedMessage());
            }

            @Override
            public org.apache.logging.log4j.Level getStatusLevel() {
                return org.apache.logging.log4j.Level.ERROR;
            }

            @Override
            public void close() {}
        };
    }

    /** A bundle is asked as every handler asks it; a record of another thread has that thread's number. */
    @Test
    void recordsOfTheJdkKeepTheirBundleAndTheirThread() throws Exception {
        try (Application app = Framework.JUL.start(root)) {
            Application.OfJul jul = (Application.OfJul) app;
            LogRecord localized = new LogRecord(Level.INFO, "greeting");
            localized.setResourceBundle(new ListResourceBundle() {
                @Override
                protected Object[][] getContents() {
                    return new Object[][] {{"greeting", "Grüß Gott, {0}"}};
                }
            });
            localized.setParameters(new Object[] {"Welt"});
            jul.handler.publish(localized);
            MemoryHandler memory = new MemoryHandler(jul.handler, 10, Level.OFF);
            memory.publish(new LogRecord(Level.CONFIG, "kept for later"));
            Thread pusher = new Thread(memory::push);
            pusher.start();
            pusher.join();
        }
        List<Stored> events = StoredEvents.of(root).events();
        assertThat(events).extracting(Stored::message).containsExactly("Grüß Gott, Welt", "kept for later");
        assertThat(events.get(1).thread())
                .isEqualTo("#" + Thread.currentThread().getId());
        assertThat(events.get(1).attribute("level")).containsExactly("CONFIG");
    }
}
