package dev.raftsman.appender.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.appender.jul.RaftsmanHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import javax.management.MBeanServer;
import javax.management.ObjectName;
import javax.management.openmbean.TabularData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an appender says of itself, and that it costs nobody anything who does not ask. */
final class AppenderMetricsTest {
    @TempDir
    Path root;

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();

    @Test
    void anAppenderIsABeanAsLongAsItIsOpen() throws Exception {
        RaftsmanHandler handler = SampleHandler.open(root, "shop:till");
        ObjectName name;
        try {
            SampleHandler.log(handler, 100);
            await().atMost(Duration.ofSeconds(30)).until(() -> beans().size() == 1);
            name = beans().iterator().next();
            assertThat(name.getKeyProperty("app")).isEqualTo("\"shop:till\"");
            assertThat(name.getKeyProperty("incarnation")).isEqualTo(get(name, "Incarnation"));
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> (long) get(name(), "ForcedEvents") == 100 && (long) get(name(), "RingEvents") == 0);
            assertThat(get(name, "ClaimedEvents")).isEqualTo(100L);
            assertThat(get(name, "WrittenEvents")).isEqualTo(100L);
            assertThat(get(name, "LostEvents")).isEqualTo(0L);
            assertThat(get(name, "RingSlots")).isEqualTo(128);
            assertThat(get(name, "State")).isEqualTo("RECORDING");
            assertThat((String) get(name, "Status")).contains(root.toString());
            assertThat((String) get(name, "Directory"))
                    .startsWith(root.toRealPath().toString());
            assertThat(get(name, "LastError")).isNull();
            assertThat((long) get(name, "WalBytes")).isPositive();
            assertThat(get(name, "WalQuotaBytes")).isEqualTo(64L << 20);
            assertThat(((TabularData) get(name, "LostByReason")).isEmpty()).isTrue();
        } finally {
            handler.close();
        }
        assertThat(server.isRegistered(name)).isFalse();
        assertThat(beans()).isEmpty();
    }

    @Test
    void anAppenderWithoutALogSaysWhy() throws Exception {
        Path file = Files.writeString(root.resolve("file"), "not a directory");
        RaftsmanHandler handler = SampleHandler.open(file, "shop");
        try {
            await().atMost(Duration.ofSeconds(30)).until(() -> beans().size() == 1);
            assertThat(get(name(), "State")).isEqualTo("NO_LOG");
            assertThat((String) get(name(), "LastError")).contains(file.toString());
            assertThat(get(name(), "Directory")).isNull();
            assertThat(get(name(), "WalBytes")).isEqualTo(0L);
        } finally {
            handler.close();
        }
    }

    @Test
    void countersOfMicrometerGoOnOverARestart() throws IOException {
        SimpleMeterRegistry registry = new SimpleMeterRegistry();
        try (RaftsmanMetrics metrics = new RaftsmanMetrics()) {
            RaftsmanHandler first = SampleHandler.open(root, "shop");
            metrics.bindTo(registry);
            SampleHandler.log(first, 10);
            await().atMost(Duration.ofSeconds(30)).until(() -> count(registry, "forced") == 10);
            assertThat(gauge(registry, "recording")).isEqualTo(1);
            assertThat(gauge(registry, "ring.slots")).isEqualTo(128);
            assertThat(gauge(registry, "wal.quota.bytes")).isEqualTo(64 << 20);
            first.close();
            assertThat(gauge(registry, "recording")).isZero();
            assertThat(count(registry, "written")).isEqualTo(10);
            RaftsmanHandler second = SampleHandler.open(root, "shop");
            SampleHandler.log(second, 5);
            await().atMost(Duration.ofSeconds(30)).until(() -> count(registry, "written") == 15);
            assertThat(count(registry, "claimed")).isEqualTo(15);
            assertThat(registry.get("raftsman.appender.events.lost")
                            .tag("reason", "RING_FULL")
                            .functionCounter()
                            .count())
                    .isZero();
            second.close();
            SampleHandler.open(root, "other").close();
            assertThat(registry.find("raftsman.appender.events.written").functionCounters())
                    .hasSize(2);
        }
    }

    @Test
    void nothingOfMicrometerIsLoadedByWhoDoesNotNameItAndNoBeanIsThereIfSwitchedOff() throws Exception {
        Path loaded = root.resolve("classes.txt");
        assertThat(run("-Xlog:class+load:file=" + loaded, "-Draftsman.jmx=false"))
                .isZero();
        assertThat(Files.readString(loaded))
                .contains(AppenderFigures.class.getName())
                .doesNotContain("io.micrometer", "JmxRegistration", RaftsmanMetrics.class.getName());
    }

    @Test
    void anApplicationWithoutMicrometerLogsAsEver() throws Exception {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            if (!entry.contains("micrometer")) {
                entries.add(entry);
            }
        }
        assertThat(run("-cp", String.join(File.pathSeparator, entries))).isZero();
    }

    private int run(String... options) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(List.of(options));
        command.add(SampleHandler.class.getName());
        command.add(root.resolve("wal").toString());
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private Set<ObjectName> beans() throws Exception {
        return server.queryNames(new ObjectName("dev.raftsman:type=Appender,*"), null);
    }

    private ObjectName name() throws Exception {
        return beans().iterator().next();
    }

    private Object get(ObjectName name, String attribute) throws Exception {
        return server.getAttribute(name, attribute);
    }

    private static double count(SimpleMeterRegistry registry, String what) {
        return registry.get("raftsman.appender.events." + what)
                .tag("app", "shop")
                .functionCounter()
                .count();
    }

    private static double gauge(SimpleMeterRegistry registry, String what) {
        return registry.get("raftsman.appender." + what)
                .tag("app", "shop")
                .gauge()
                .value();
    }
}
