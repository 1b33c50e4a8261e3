package dev.raftsman.bench;

import dev.raftsman.event.Loss;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What the flusher does with a batch: one excerpt into the log's page cache, forced or not. {@link #plain} is the floor: the
 * same bytes into a plain file of the same length, never forced.
 *
 * <pre>{@code
 * java -cp 'agent/bench/target/bench/lib/*' org.openjdk.jmh.Main WalAppend
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class WalAppendBenchmark {
    private static final long ROLL_BYTES = 64 << 20;

    /** Megabytes (10^6) a second. */
    @AuxCounters
    @State(Scope.Thread)
    public static class Megabytes {
        public double megabytes;
    }

    @Param({"65536", "262144"})
    private int batchBytes;

    /** How often the log is forced, in milliseconds; 0: never. */
    @Param({"0", "100"})
    private long forceMillis;

    private ByteBuffer batch;
    private Path root;
    private WalWriter writer;
    private FileChannel file;
    private long fileBytes;
    private long sequence;

    @Setup(Level.Trial)
    public void fill() {
        byte[] bytes = new byte[batchBytes];
        new Random(7).nextBytes(bytes);
        batch = ByteBuffer.allocateDirect(batchBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(bytes)
                .flip();
    }

    /** A new log for each iteration: a second of it is some hundred megabytes. */
    @Setup(Level.Iteration)
    public void open() throws IOException {
        root = Files.createTempDirectory("raftsman-wal-append-");
        Duration interval = forceMillis == 0 ? Duration.ofDays(1) : Duration.ofMillis(forceMillis);
        writer = WalWriter.open(
                WalDirectory.create(root, WalIdentity.startingNow("default", "bench", "bench")),
                WalSettings.ofQuota(64L << 30).withReserveBytes(0).withForceInterval(interval));
        sequence = 0;
        fileBytes = 0;
        file = FileChannel.open(root.resolve("plain"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    }

    @TearDown(Level.Iteration)
    public void delete() throws IOException {
        file.close();
        writer.close();
        Directories.delete(root);
    }

    @Benchmark
    public long append(Megabytes counted) {
        counted.megabytes += batchBytes / 1e6;
        int events = batchBytes / 128;
        sequence += events;
        long position = writer.append(ExcerptKind.ROWS, sequence - events, events, Loss.NONE, null, batch);
        if (position == WalWriter.NO_ROOM) {
            throw new IllegalStateException("no room");
        }
        return position;
    }

    @Benchmark
    public long plain(Megabytes counted) throws IOException {
        counted.megabytes += batchBytes / 1e6;
        if (fileBytes + batchBytes > ROLL_BYTES) {
            file.truncate(0);
            fileBytes = 0;
        }
        for (ByteBuffer rest = batch.duplicate(); rest.hasRemaining(); ) {
            fileBytes += file.write(rest, fileBytes);
        }
        return fileBytes;
    }
}
