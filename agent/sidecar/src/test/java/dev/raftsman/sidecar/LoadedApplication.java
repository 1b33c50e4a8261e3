package dev.raftsman.sidecar;

import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;
import dev.raftsman.ring.EventEncoder;
import dev.raftsman.ring.EventRing;
import dev.raftsman.ring.FullPolicy;
import dev.raftsman.ring.RingSettings;
import dev.raftsman.ring.SyncPolicy;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/**
 * An application in a JVM of its own, whose threads log as fast as they can, or at a pace, until they are told otherwise
 * through the {@link Tally}, or killed.
 */
final class LoadedApplication {
    /** A message is {@code thread:number:padding}, numbers of a thread from 0. */
    private static final EventEncoder<long[], String> ENCODER = new EventEncoder<>() {
        @Override
        public Level level(long[] event) {
            return Level.INFO;
        }

        @Override
        public long timestampNanos(long[] event) {
            return 1;
        }

        @Override
        public void encode(long[] event, String padding, RowWriter row) {
            row.logger("load").message(event[0] + ":" + event[1] + ":" + padding);
        }
    };

    private LoadedApplication() {}

    /**
     * @param output takes what it prints
     * @param settings keys of {@link #main}
     */
    static Process start(Path output, Path root, String name, Tally tally, Path tallyFile, Map<String, String> settings)
            throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx96m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")));
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of(LoadedApplication.class.getName(), root.toString(), name, tallyFile.toString()));
        tally.state(Tally.STARTING);
        return new ProcessBuilder(command)
                .redirectOutput(output.toFile())
                .redirectErrorStream(true)
                .start();
    }

    public static void main(String[] args) throws InterruptedException {
        Tally tally = new Tally(Path.of(args[2]));
        int threads = Integer.getInteger("threads");
        WalSettings wal = WalSettings.ofQuota(Long.getLong("quota", 1L << 30))
                .withReserveBytes(Long.getLong("reserve", 0))
                .withForceInterval(Duration.ofMillis(50));
        RingSettings ring = RingSettings.DEFAULTS
                .withPolicies(FullPolicy.valueOf(System.getProperty("whenFull")), SyncPolicy.INTERVAL)
                .withMaxBlock(Duration.ofMillis(Long.getLong("maxBlockMillis", 30_000)));
        EventRing open = EventRing.open(
                Path.of(args[0]), WalIdentity.startingNow("default", args[1], args[1]), wal, ring, status -> {});
        tally.state(Tally.RUNNING);
        Latencies[] latencies = new Latencies[threads];
        List<Thread> running = new ArrayList<>();
        for (int t = 0; t < threads; t++) {
            int thread = t;
            latencies[t] = new Latencies();
            Thread each = new Thread(() -> log(open, tally, thread, latencies[thread]), "load-" + t);
            each.start();
            running.add(each);
        }
        for (Thread each : running) {
            each.join();
        }
        Latencies all = new Latencies();
        for (Latencies each : latencies) {
            all.add(each);
        }
        tally.latencies(all.atLeast(0.999), all.max);
        open.close();
    }

    private static void log(EventRing ring, Tally tally, int thread, Latencies latencies) {
        String padding = "x".repeat(Integer.getInteger("padding", 60));
        long paceNanos = Long.getLong("paceNanos", 0);
        long lostPauseNanos = Long.getLong("lostPauseNanos", 0);
        long[] event = {thread, 0};
        long next = System.nanoTime();
        for (int state = tally.state(); state != Tally.ENDING; state = tally.state()) {
            if (state == Tally.HELD) {
                tally.parked(thread, true);
                LockSupport.parkNanos(1_000_000);
                continue;
            }
            tally.parked(thread, false);
            tally.begun(thread, event[1] + 1);
            long before = System.nanoTime();
            boolean lost = false;
            try {
                lost = ring.publish(ENCODER, event, padding, false) == EventRing.Outcome.LOST;
            } catch (Throwable never) {
                tally.thrown();
            }
            latencies.add(System.nanoTime() - before);
            if (lost) {
                tally.lost(thread);
            }
            tally.returned(thread, ++event[1]);
            if (lost) {
                LockSupport.parkNanos(lostPauseNanos);
            }
            if (paceNanos > 0) {
                next += paceNanos;
                while (System.nanoTime() - next < 0) {
                    LockSupport.parkNanos(next - System.nanoTime());
                }
            }
        }
    }

    /** Sixteen buckets for each doubling. */
    private static final class Latencies {
        private final long[] counts = new long[64 * 16];
        private long max;

        void add(long nanos) {
            max = Math.max(max, nanos);
            int doubling = 63 - Long.numberOfLeadingZeros(Math.max(16, nanos));
            counts[doubling * 16 + (int) (nanos >> doubling - 4 & 15)]++;
        }

        void add(Latencies other) {
            max = Math.max(max, other.max);
            for (int i = 0; i < counts.length; i++) {
                counts[i] += other.counts[i];
            }
        }

        long atLeast(double quantile) {
            long all = 0;
            for (long count : counts) {
                all += count;
            }
            long below = 0;
            for (int i = 0; i < counts.length; i++) {
                below += counts[i];
                if (below >= quantile * all) {
                    return (16L + i % 16) << i / 16 - 4;
                }
            }
            return max;
        }
    }
}
