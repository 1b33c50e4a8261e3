package dev.raftsman.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.IterationParams;
import org.openjdk.jmh.runner.IterationType;

/**
 * As many events as the threads can log. What the fork itself knows goes into {@code result.properties} of its directory: how
 * often the logger was called in all, warm-up included, and the CPU time of the process while it was measured. How many of
 * the events are there is for whoever started the fork to find out.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ThroughputBenchmark {
    /** The application, shared by the threads. */
    @State(Scope.Benchmark)
    public static class Running {
        @Param("")
        private String setup;

        @Param("")
        private String directory;

        private final List<Caller> callers = new CopyOnWriteArrayList<>();
        private final OperatingSystemMXBean system =
                (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        private Application application;
        private long callsBefore;
        private long cpuNanosBefore;
        private long measuredCalls;
        private long measuredCpuNanos;

        @Setup(Level.Trial)
        public void start() throws IOException {
            application = Application.start(dev.raftsman.bench.Setup.named(setup), Path.of(directory));
        }

        @Setup(Level.Iteration)
        public void iterationBegins() {
            callsBefore = calls();
            cpuNanosBefore = system.getProcessCpuTime();
        }

        @TearDown(Level.Iteration)
        public void iterationEnds(IterationParams iteration) {
            if (iteration.getType() == IterationType.MEASUREMENT) {
                measuredCpuNanos += system.getProcessCpuTime() - cpuNanosBefore;
                measuredCalls += calls() - callsBefore;
            }
        }

        @TearDown(Level.Trial)
        public void stop() throws IOException {
            long taken = application.taken();
            application.close();
            new Result()
                    .put("calls", 1 + calls())
                    .put("taken", taken)
                    .put("measured.calls", measuredCalls)
                    .put("measured.cpu.nanos", measuredCpuNanos)
                    .write(Path.of(directory));
        }

        /** One thread asks for all, right before or after an iteration: JMH lets none of them go on before all are through. */
        private long calls() {
            long calls = 0;
            for (Caller caller : callers) {
                calls += caller.number;
            }
            return calls;
        }
    }

    /** One thread that logs. */
    @State(Scope.Thread)
    public static class Caller {
        private long number;

        @Setup(Level.Trial)
        public void start(Running running) {
            running.callers.add(this);
            Thread.currentThread().setName("worker-" + running.callers.size());
            running.application.enterRequest();
        }
    }

    @Benchmark
    public void log(Running running, Caller caller) {
        running.application.log(++caller.number);
    }
}
