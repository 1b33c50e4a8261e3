package dev.raftsman.bench;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.event.Loss;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
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
 * What the agent does with the lines of a file: counts them and makes a block. The figure depends on the lines: give a file of
 * yours, of which the first 32 MiB are taken in turn, a mebibyte a block.
 *
 * <pre>{@code
 * java -cp 'agent/bench/target/bench/lib/*' org.openjdk.jmh.Main LineBlock -p file=/var/log/dpkg.log
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LineBlockBenchmark {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int MOST_BLOCKS = 32;

    /** Megabytes (10^6) a second: of lines that went in, and of blocks that came out. */
    @AuxCounters
    @State(Scope.Thread)
    public static class Megabytes {
        public double megabytesIn;
        public double megabytesOut;
    }

    @Param("/var/log/dpkg.log")
    private String file;

    private ByteBuffer lines;
    private LineBlockBuilder builder;
    private int at;

    @Setup
    public void read() throws IOException {
        builder = new LineBlockBuilder();
        try (FileChannel channel = FileChannel.open(Path.of(file))) {
            int bytes = (int) Math.min(channel.size(), (long) MOST_BLOCKS * BLOCK_BYTES);
            lines = ByteBuffer.allocateDirect(bytes).order(ByteOrder.LITTLE_ENDIAN);
            while (lines.hasRemaining() && channel.read(lines) >= 0) {
                // All of it.
            }
        }
        if (Lines.endOfLast(lines, 0, lines.position()) == 0) {
            throw new IllegalArgumentException(file + " has no lines");
        }
    }

    @TearDown
    public void close() {
        builder.close();
    }

    @Benchmark
    public ByteBuffer build(Megabytes counted) {
        int through = Lines.endOfLast(lines, at, Math.min(at + BLOCK_BYTES, lines.capacity()));
        if (through == at) { // the end of the file, or a line as long as a block
            at = 0;
            through = Lines.endOfLast(lines, 0, Math.min(BLOCK_BYTES, lines.capacity()));
        }
        ByteBuffer block =
                builder.build(lines.limit(through).position(at), 0, Lines.count(lines, at, through), Loss.NONE, 1, 2);
        counted.megabytesIn += (through - at) / 1e6;
        counted.megabytesOut += block.remaining() / 1e6;
        at = through;
        lines.clear();
        return block;
    }
}
