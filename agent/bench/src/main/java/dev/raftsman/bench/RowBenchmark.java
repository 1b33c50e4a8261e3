package dev.raftsman.bench;

import dev.raftsman.event.Level;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowWriter;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Writing one event as a row, and nothing else: the sample event by its pattern and arguments, with its names known; the same
 * as a finished message; and its names written in full.
 *
 * <pre>{@code
 * java -cp 'agent/bench/target/bench/lib/*' org.openjdk.jmh.Main RowBenchmark -prof gc
 * }</pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class RowBenchmark {
    private final byte[] slot = new byte[1024];
    private final RowWriter named = new RowWriter(new NameTable());
    private final RowWriter unnamed = new RowWriter(null);
    private long number;

    private RowWriter begun(RowWriter row) {
        return row.begin(slot, 0, slot.length, Level.INFO, ++number, RowWriter.UNCUT)
                .logger(SampleEvent.LOGGER)
                .thread("worker-1");
    }

    private static int ended(RowWriter row) {
        int length = row.attribute(SampleEvent.TRACE, SampleEvent.TRACE_ID)
                .attribute(SampleEvent.CUSTOMER, SampleEvent.CUSTOMER_ID)
                .end();
        if (length == RowWriter.OVERFLOW) {
            throw new IllegalStateException("does not fit into a slot");
        }
        return length;
    }

    private RowWriter patterned(RowWriter row) {
        return begun(row)
                .pattern(SampleEvent.MESSAGE)
                .argument(SampleEvent.order(number))
                .argument(SampleEvent.tenant(number))
                .argument(SampleEvent.millis(number))
                .argument(SampleEvent.total(number));
    }

    @Benchmark
    public int patternAndArguments() {
        return ended(patterned(named));
    }

    @Benchmark
    public int wholeMessage() {
        return ended(
                begun(named).message("order 10007919 of tenant acme-europe was paid after 1001 ms, total 100.37 EUR"));
    }

    @Benchmark
    public int namesInFull() {
        return ended(patterned(unnamed));
    }
}
