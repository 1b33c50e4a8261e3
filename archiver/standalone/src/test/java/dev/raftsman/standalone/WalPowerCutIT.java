package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.event.Loss;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalReader;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The promise of level A2: what a write-ahead log said was forced is there after a power cut, whole and in order. */
class WalPowerCutIT {
    private static final int CUTS = 3;
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

    /** By a process of its own: what this one has mapped would keep the disk busy at the next cut. */
    private static String readBack(Path root, long forced) throws IOException, InterruptedException {
        Process reader = java(Verifier.class, root.toString(), Long.toString(forced));
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
}
