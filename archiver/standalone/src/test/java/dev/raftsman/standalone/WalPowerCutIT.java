package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.joran.spi.JoranException;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Loss;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalReader;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/**
 * The promise of level A2: what a write-ahead log said was forced is there after a power cut, whole and in order; and so is
 * every event whose call has returned where the call waits for that.
 *
 * <p>{@code -Draftsman.cuts=10} for the long campaign.
 */
class WalPowerCutIT {
    private static final int CUTS = Integer.getInteger("raftsman.cuts", 3);
    private static final int EVENTS_BEFORE_CUT = 60;
    private static final int ANNOUNCEMENTS = 15;
    private static final int BODY_BYTES = 3_000;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void everyExcerptSaidToBeForcedIsThereAfterAPowerCut() throws Exception {
        assumeTrue(LoopDisk.unavailable() == null, "skipped: no loop mount: " + LoopDisk.unavailable());
        try (LoopDisk disk = LoopDisk.create(directory.path(), "disk", 512)) {
            assumeTrue(disk != null, "skipped: the kernel mounts no loop devices here");
            for (int cut = 0; cut < CUTS; cut++) {
                Path root = Files.createDirectories(disk.path().resolve("wal-" + cut));
                long forced = writeUntilKilled(root);
                disk.cutPower();
                assertThat(readBack(root, forced))
                        .as("cut %d, forced through %d", cut, forced)
                        .startsWith("whole: ");
            }
        }
    }

    @Test
    void everyEventWhoseCallWaitedForTheDiskIsThereAfterAPowerCut() throws Exception {
        assumeTrue(LoopDisk.unavailable() == null, "skipped: no loop mount: " + LoopDisk.unavailable());
        try (LoopDisk disk = LoopDisk.create(directory.path(), "disk", 512)) {
            assumeTrue(disk != null, "skipped: the kernel mounts no loop devices here");
            for (int cut = 0; cut < CUTS; cut++) {
                Path root = disk.path().resolve("apps-" + cut);
                String sync = cut % 2 == 0 ? "<syncMarker>AUDIT</syncMarker>" : "<sync>always</sync>";
                Path returned = directory.path().resolve("returned-" + cut);
                Files.write(returned, logUntilKilled(root, sync, EVENTS_BEFORE_CUT + 7 * cut));
                disk.cutPower();
                assertThat(answerOf(EventVerifier.class, root.toString(), returned.toString()))
                        .as("cut %d, %s", cut, sync)
                        .startsWith("all there: ");
            }
        }
    }

    /** @return the events whose calls had returned */
    private static List<String> logUntilKilled(Path root, String sync, int events) throws Exception {
        Process application = java(AuditedApplication.class, root.toString(), sync);
        try (BufferedReader said = application.inputReader(StandardCharsets.US_ASCII)) {
            List<String> returned = new ArrayList<>();
            while (returned.size() < events) {
                returned.add(said.readLine());
            }
            return returned;
        } finally {
            application.destroyForcibly().waitFor();
        }
    }

    /** @return the greatest position that the writer announced as forced before it was killed */
    private static long writeUntilKilled(Path root) throws IOException, InterruptedException {
        Process writer = java(Announcer.class, root.toString());
        try (BufferedReader said = writer.inputReader(StandardCharsets.US_ASCII)) {
            long forced = -1;
            for (int i = 0; i < ANNOUNCEMENTS; i++) {
                forced = Long.parseLong(said.readLine());
            }
            return forced;
        } finally {
            writer.destroyForcibly().waitFor();
        }
    }

    private static String readBack(Path root, long forced) throws IOException, InterruptedException {
        return answerOf(Verifier.class, root.toString(), Long.toString(forced));
    }

    /** By a process of its own: what this one has mapped would keep the disk busy at the next cut. */
    private static String answerOf(Class<?> verifier, String... arguments) throws IOException, InterruptedException {
        Process reader = java(verifier, arguments);
        try (BufferedReader said = reader.inputReader(StandardCharsets.US_ASCII)) {
            return said.readLine();
        } finally {
            reader.waitFor();
        }
    }

    private static Process java(Class<?> main, String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    /** Reads up to what was forced, and says whether all of it is there, whole and in order. */
    static final class Verifier {
        private Verifier() {}

        public static void main(String[] arguments) {
            long forced = Long.parseLong(arguments[1]);
            Excerpt excerpt = new Excerpt();
            long sequence = 0;
            long position = -1;
            try (WalReader reader =
                    WalReader.open(WalDirectory.list(Path.of(arguments[0])).get(0))) {
                while (position < forced && reader.next(excerpt)) {
                    if (excerpt.kind() != ExcerptKind.ROWS || excerpt.firstSequence() != sequence) {
                        System.out.println("expected sequence " + sequence + ", found " + excerpt);
                        return;
                    }
                    sequence++;
                    position = excerpt.position();
                }
            }
            System.out.println((position >= forced ? "whole: " : "ends early: ") + sequence + " excerpts");
        }
    }

    /** Appends until it is killed, and says each time that more was forced. */
    static final class Announcer {
        private Announcer() {}

        public static void main(String[] arguments) {
            WalDirectory log =
                    WalDirectory.create(Path.of(arguments[0]), WalIdentity.startingNow("acme", "app", "events"));
            WalSettings settings =
                    WalSettings.ofQuota(128L << 20).withRollBytes(2 << 20).withReserveBytes(1 << 20);
            ByteBuffer body = ByteBuffer.allocate(BODY_BYTES).order(ByteOrder.LITTLE_ENDIAN);
            try (WalWriter writer = WalWriter.open(log, settings)) {
                long announced = -1;
                for (long i = 0; writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, body) >= 0; i++) {
                    if (writer.forcedThrough() > announced) {
                        announced = writer.forcedThrough();
                        System.out.println(announced);
                        System.out.flush();
                    }
                    LockSupport.parkNanos(100_000);
                }
            }
        }
    }

    /** Looks for every event whose call has returned. */
    static final class EventVerifier {
        private EventVerifier() {}

        public static void main(String[] arguments) throws IOException {
            Set<String> missing = new LinkedHashSet<>(Files.readAllLines(Path.of(arguments[1])));
            int returned = missing.size();
            Excerpt excerpt = new Excerpt();
            CompactRows compact = new CompactRows();
            EventRow row = new EventRow();
            for (WalDirectory log : WalDirectory.list(Path.of(arguments[0]))) {
                try (WalReader reader = WalReader.open(log)) {
                    while (reader.next(excerpt)) {
                        ByteBuffer body = excerpt.body();
                        compact.begin(excerpt.extra());
                        for (int offset = 0; offset < body.limit(); ) {
                            offset = compact.expand(body, offset, body.limit());
                            missing.remove(
                                    row.wrap(compact.row(), 0, compact.length()).message());
                        }
                    }
                }
            }
            System.out.println((missing.isEmpty() ? "all there: " : "missing: " + missing + " of ") + returned);
        }
    }

    /** Two threads log, and say which of their events that are waited for have returned. */
    static final class AuditedApplication {
        private static final int PLAIN_EVENTS = 3;

        private AuditedApplication() {}

        public static void main(String[] arguments) throws JoranException {
            LoggerContext context = new LoggerContext();
            context.setMDCAdapter(new LogbackMDCAdapter());
            JoranConfigurator configurator = new JoranConfigurator();
            configurator.setContext(context);
            configurator.doConfigure(new ByteArrayInputStream(("<configuration><appender name=\"RAFTSMAN\""
                            + " class=\"dev.raftsman.appender.logback.RaftsmanAppender\"><app>app</app><directory>"
                            + arguments[0] + "</directory><maxBlock>60s</maxBlock><reserve>1MiB</reserve>"
                            + arguments[1]
                            + "</appender><root level=\"INFO\"><appender-ref ref=\"RAFTSMAN\"/></root></configuration>")
                    .getBytes(StandardCharsets.UTF_8)));
            for (int thread = 0; thread < 2; thread++) {
                int id = thread;
                new Thread(() -> log(context.getLogger("audited"), id)).start();
            }
        }

        private static void log(Logger logger, int thread) {
            Marker audit = MarkerFactory.getMarker("AUDIT");
            for (int number = 0; ; number++) {
                for (int plain = 0; plain < PLAIN_EVENTS; plain++) {
                    logger.info("nobody waits for {}", plain);
                }
                logger.info(audit, "{}:{}", thread, number);
                System.out.println(thread + ":" + number);
                System.out.flush();
            }
        }
    }
}
