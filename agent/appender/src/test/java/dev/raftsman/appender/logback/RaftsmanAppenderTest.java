package dev.raftsman.appender.logback;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import ch.qos.logback.core.status.Status;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.ByteArrayInputStream;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.MarkerFactory;

final class RaftsmanAppenderTest {
    @TempDir
    Path root;

    private final LoggerContext context = new LoggerContext();

    @AfterEach
    void stop() {
        context.stop();
    }

    @Test
    void everyPartOfAnEventComesBackFromTheLog() throws JoranException {
        configure("<app>checkout</app><stream>orders</stream><tenant>acme</tenant><callerData>true</callerData>");
        Logger logger = context.getLogger("shop.Till");
        Instant before = Instant.now();
        context.getMDCAdapter().put("request", "r-1");
        logger.atWarn()
                .addMarker(MarkerFactory.getMarker("AUDIT"))
                .addKeyValue("amount", 12)
                .setCause(new IllegalStateException("no coins", new IOException("drawer")))
                .log("paid {} of {}", 3, "four");
        context.getMDCAdapter().clear();
        logger.trace("below the root's level");
        context.stop();

        WalDirectory directory = WalDirectory.list(root).get(0);
        assertThat(directory.identity().producer()).isEqualTo("checkout");
        assertThat(directory.identity().stream()).isEqualTo("orders");
        assertThat(directory.identity().tenant()).isEqualTo("acme");
        List<Event> events = events(directory);
        assertThat(events).hasSize(1);
        Event event = events.get(0);
        assertThat(event.level).isEqualTo(Level.WARN);
        assertThat(event.logger).isEqualTo("shop.Till");
        assertThat(event.thread).isEqualTo(Thread.currentThread().getName());
        assertThat(event.message).isEqualTo("paid 3 of four");
        assertThat(event.timestampNanos).isBetween(nanos(before.minusMillis(1)), nanos(Instant.now()));
        assertThat(event.attributes)
                .containsEntry("request", "r-1")
                .containsEntry("amount", "12")
                .containsEntry("marker", "AUDIT");
        assertThat(event.attributes.get("caller")).contains("everyPartOfAnEventComesBackFromTheLog");
        assertThat(event.throwable)
                .startsWith("java.lang.IllegalStateException: no coins\n\tat dev.raftsman.appender.logback.")
                .contains("\nCaused by: java.io.IOException: drawer\n")
                .contains("common frames omitted");
    }

    @Test
    void argumentsThatLogOrThrowLoseNothing() throws JoranException {
        configure("<app>app</app>");
        Logger logger = context.getLogger("app");
        Object logs = new Object() {
            @Override
            public String toString() {
                logger.info("from inside");
                return "value";
            }
        };
        Object fails = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("no text");
            }
        };
        Object endless = new Object() {
            @Override
            public String toString() {
                logger.info("again {}", this);
                return "endless";
            }
        };
        logger.info("outside {}", logs);
        logger.info("fails {}", fails);
        logger.atInfo().addKeyValue("bad", fails).log("pair");
        logger.info("endless {}", endless);
        context.stop();

        WalDirectory directory = WalDirectory.list(root).get(0);
        List<Event> events = events(directory);
        assertThat(events)
                .extracting(e -> e.message)
                .startsWith("from inside", "outside value", "fails [FAILED toString()]", "pair")
                .endsWith("endless endless");
        assertThat(events.get(3).attributes.get("bad")).contains("IllegalStateException");
    }

    @Test
    void aHugeEventIsCutMarkedAndKeepsLengthAndHash() throws JoranException {
        configure("<app>app</app>");
        context.getLogger("app").info("€".repeat(2_000_000));
        Throwable deep = new IllegalStateException("0");
        for (int i = 1; i < 200; i++) {
            deep = new IllegalStateException("m".repeat(100_000), deep);
        }
        context.getLogger("app").error("deep", deep);
        context.stop();

        List<Event> events = events(WalDirectory.list(root).get(0));
        assertThat(events).hasSize(2);
        assertThat(events.get(0).truncated).isTrue();
        assertThat(events.get(0).message).matches("€{100000,350000}");
        assertThat(events.get(0).attributes)
                .containsEntry("raftsman.uncut.chars", "2000000")
                .hasEntrySatisfying(
                        "raftsman.uncut.sha256", hash -> assertThat(hash).hasSize(64));
        assertThat(events.get(1).message).isEqualTo("deep");
        assertThat(events.get(1).throwable).hasSizeLessThan(600_000);
    }

    @Test
    void everyWrongSettingIsNamedAndTheOtherAppendersGoOn() throws JoranException {
        configure("<whenFull>sometimes</whenFull><quota>1GB</quota><maxBlock>1</maxBlock><syncLevel>LOUD</syncLevel>");
        context.getLogger("app").info("nobody takes this");
        assertThat(errors())
                .anyMatch(e -> e.contains("app: missing"))
                .anyMatch(e -> e.contains("whenFull: 'sometimes'; expected one of block, drop"))
                .anyMatch(e -> e.contains("quota: '1GB'; expected a size such as 64MiB"))
                .anyMatch(e -> e.contains("maxBlock: '1'; expected a duration such as 100ms"))
                .anyMatch(e -> e.contains("syncLevel: 'LOUD'"));
        assertThat(WalDirectory.list(root)).isEmpty();
    }

    @Test
    void anUnusableDirectoryIsAnErrorOfTheConfigurationNotOfTheApplication() throws Exception {
        File file = root.resolve("file").toFile();
        assertThat(file.createNewFile()).isTrue();
        configure("<app>app</app>", file.toString());
        context.getLogger("app").info("the ring takes this");
        assertThat(errors()).singleElement().asString().contains("cannot be recorded", file + " is not a directory");
        assertThat(file.delete()).isTrue();
        await().atMost(Duration.ofSeconds(20))
                .until(() -> !WalDirectory.list(file.toPath()).isEmpty());
        context.stop();
        assertThat(events(WalDirectory.list(file.toPath()).get(0))).hasSize(1);
    }

    @Test
    void auditedEventsAreOnTheDiskWhenTheCallReturns() throws JoranException {
        configure("<app>app</app><syncInterval>1h</syncInterval><maxBlock>20s</maxBlock>"
                + "<syncMarker>AUDIT</syncMarker><syncLevel>ERROR</syncLevel>");
        WalDirectory directory = WalDirectory.list(root).get(0);
        context.getLogger("app").error("by level");
        long forced = directory.forcedPosition();
        assertThat(forced).isNotNegative();
        context.getLogger("app").info(MarkerFactory.getMarker("AUDIT"), "by marker");
        assertThat(directory.forcedPosition()).isGreaterThan(forced);
    }

    @Test
    void aReconfigurationEndsOneIncarnationAndBeginsAnother() throws JoranException {
        configure("<app>app</app>");
        context.getLogger("app").info("first");
        context.reset();
        configure("<app>app</app>");
        context.getLogger("app").info("second");
        context.stop();
        List<WalDirectory> directories = WalDirectory.list(root);
        assertThat(directories).hasSize(2);
        assertThat(events(directories.get(0))).extracting(e -> e.message).containsExactly("first");
        assertThat(events(directories.get(1))).extracting(e -> e.message).containsExactly("second");
    }

    @Test
    void anApplicationWithoutAnyFlagPrintsNothingOfOursAndItsLastEventIsKept() throws Exception {
        int events = 20_000;
        Path output = root.resolve("output");
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "-Dlogback.configurationFile=" + writeConfiguration(root.resolve("wal")),
                        Application.class.getName(),
                        Integer.toString(events))
                .redirectErrorStream(true)
                .redirectOutput(output.toFile())
                .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(output).content().isEqualTo("done\n");
        assertThat(process.exitValue()).isZero();
        WalDirectory directory = WalDirectory.list(root.resolve("wal")).get(0);
        List<Event> found = events(directory);
        assertThat(found).hasSize(events);
        assertThat(found.get(events - 1).message).isEqualTo("event " + (events - 1));
        assertThat(directory.writerAlive()).isFalse();
    }

    /** Logs and ends, without stopping Logback. */
    static final class Application {
        private Application() {}

        public static void main(String[] args) {
            org.slf4j.Logger logger = LoggerFactory.getLogger(Application.class);
            int events = Integer.parseInt(args[0]);
            for (int i = 0; i < events; i++) {
                logger.info("event {}", i);
            }
            System.out.print("done\n");
        }
    }

    private static Path writeConfiguration(Path directory) throws IOException {
        Path file = directory.resolveSibling("logback-application.xml");
        java.nio.file.Files.writeString(
                file, configuration("<app>app</app><maxBlock>30s</maxBlock>", directory.toString()));
        return file;
    }

    private void configure(String settings) throws JoranException {
        configure(settings, root.toString());
    }

    private void configure(String settings, String directory) throws JoranException {
        if (context.getMDCAdapter() == null) {
            context.setMDCAdapter(new LogbackMDCAdapter());
        }
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(
                new ByteArrayInputStream(configuration(settings, directory).getBytes(StandardCharsets.UTF_8)));
    }

    private static String configuration(String settings, String directory) {
        return "<configuration><appender name='RAFTSMAN' class='" + RaftsmanAppender.class.getName() + "'><directory>"
                + directory + "</directory><reserve>0B</reserve>" + settings
                + "</appender><root level='DEBUG'><appender-ref ref='RAFTSMAN'/></root></configuration>";
    }

    private List<String> errors() {
        return context.getStatusManager().getCopyOfStatusList().stream()
                .filter(s -> s.getLevel() == Status.ERROR)
                .map(Status::getMessage)
                .toList();
    }

    private static long nanos(Instant instant) {
        return TimeUnit.SECONDS.toNanos(instant.getEpochSecond()) + instant.getNano();
    }

    private static final class Event {
        Level level;
        long timestampNanos;
        String logger;
        String thread;
        String message;
        String throwable;
        boolean truncated;
        final Map<String, String> attributes = new LinkedHashMap<>();
    }

    private static List<Event> events(WalDirectory directory) {
        List<Event> events = new ArrayList<>();
        try (WalReader reader = WalReader.open(directory)) {
            Excerpt excerpt = new Excerpt();
            CompactRows rows = new CompactRows();
            EventRow row = new EventRow();
            while (reader.next(excerpt)) {
                ByteBuffer body = excerpt.body();
                rows.begin(excerpt.extra());
                for (int offset = 0; offset < body.limit(); ) {
                    offset = rows.expand(body, offset, body.limit());
                    row.wrap(rows.row(), 0, rows.length());
                    Event event = new Event();
                    event.level = Level.ofCode(row.level());
                    event.timestampNanos = row.timestampNanos();
                    event.logger = row.logger();
                    event.thread = row.thread();
                    event.message = row.message();
                    event.throwable = row.throwable();
                    event.truncated = row.truncated();
                    row.forEachAttribute((key, keyLength, value, valueLength) ->
                            event.attributes.put(row.text(key, keyLength), row.text(value, valueLength)));
                    events.add(event);
                }
            }
        }
        return events;
    }
}
