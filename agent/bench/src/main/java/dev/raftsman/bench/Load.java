package dev.raftsman.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One set-up under load and nothing else, for a profiler: as many events as its threads can log, or a given rate.
 *
 * <pre>{@code
 * java -cp 'agent/bench/target/bench/lib/*' dev.raftsman.bench.Load --setup raftsman-logback --threads 1 --seconds 20
 * }</pre>
 *
 * <p>{@code --rate N} paces the events of each thread, {@code --dir DIR} says where files go (default: a temporary directory; the files are
 * removed at the end, {@code --keep} keeps them). Prints one line a second, and at the end what was stored.
 */
public final class Load {
    private static final long NANOS = 1_000_000_000L;

    private final Application application;
    private final int threads;
    private final long secondsPerRun;
    private final long rate;
    private final Caller[] callers;
    private volatile boolean stopped;

    private Load(Application application, int threads, long seconds, long rate) {
        this.application = application;
        this.threads = threads;
        this.secondsPerRun = seconds;
        this.rate = rate;
        this.callers = new Caller[threads];
    }

    public static void main(String[] args) throws Exception {
        Arguments arguments = Arguments.of(args, List.of("setup", "threads", "seconds", "rate", "dir", "keep"));
        Setup setup = Setup.named(arguments.text("setup", "raftsman-logback"));
        String dir = arguments.text("dir", null);
        Path directory = dir == null ? Files.createTempDirectory("raftsman-load-") : Path.of(dir);
        long calls;
        long taken;
        try (Application application = Application.start(setup, directory)) {
            calls = 1
                    + new Load(
                                    application,
                                    (int) arguments.number("threads", 1),
                                    arguments.number("seconds", 20),
                                    arguments.number("rate", 0))
                            .run();
            taken = application.taken();
        }
        Stored stored = Stored.in(setup, directory);
        System.out.printf(
                "%s: calls %,d, %s %,d, declared lost %,d, %.1f bytes on disk an event%n",
                setup.id(),
                calls,
                setup.storage() == Setup.Storage.NONE ? "taken" : "stored",
                taken + stored.events(),
                stored.declared(),
                Stored.bytes(setup, directory) / (double) Math.max(1, stored.events()));
        if (!arguments.has("keep")) {
            Directories.delete(directory);
        }
        System.exit(0);
    }

    private long run() throws InterruptedException {
        List<Thread> running = new ArrayList<>();
        for (int i = 0; i < threads; i++) {
            callers[i] = new Caller();
            Thread thread = new Thread(callers[i], "worker-" + (i + 1));
            thread.start();
            running.add(thread);
        }
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = 0;
        long cpuBefore = system.getProcessCpuTime();
        long allocatedBefore = allocated(memory, running);
        long time = System.nanoTime();
        for (long second = 1; second <= secondsPerRun; second++) {
            Thread.sleep(1000);
            long now = System.nanoTime();
            long calls = calls();
            long cpu = system.getProcessCpuTime();
            long allocated = allocated(memory, running);
            long events = Math.max(1, calls - before);
            System.out.printf(
                    "%3d s  %,9.0f events/s  CPU %.2f s/M  allocated by the callers %.0f B/event%n",
                    second,
                    events * 1e9 / (now - time),
                    (cpu - cpuBefore) / 1e3 / events,
                    (allocated - allocatedBefore) / (double) events);
            before = calls;
            cpuBefore = cpu;
            allocatedBefore = allocated;
            time = now;
        }
        stopped = true;
        for (Thread thread : running) {
            thread.join();
        }
        return calls();
    }

    private static long allocated(ThreadMXBean memory, List<Thread> threads) {
        long bytes = 0;
        for (Thread thread : threads) {
            bytes += Math.max(0, memory.getThreadAllocatedBytes(thread.getId()));
        }
        return bytes;
    }

    private long calls() {
        long calls = 0;
        for (Caller caller : callers) {
            calls += caller.calls.get();
        }
        return calls;
    }

    private final class Caller implements Runnable {
        private final AtomicLong calls = new AtomicLong();

        @Override
        public void run() {
            application.enterRequest();
            long number = 0;
            long periodNanos = rate == 0 ? 0 : NANOS / rate;
            long next = System.nanoTime();
            while (!stopped) {
                if (periodNanos > 0) {
                    while (System.nanoTime() < next) {
                        Thread.onSpinWait();
                    }
                    next += periodNanos;
                }
                application.log(++number);
                calls.lazySet(number);
            }
        }
    }
}
