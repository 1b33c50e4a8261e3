package dev.raftsman.bench;

import java.nio.file.Path;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * How long a call takes its thread at a given rate: one thread, paced by the clock, each call timed by itself. A call that
 * comes late because the one before took long is not counted as slower for it (the caller's own time is asked for, not the
 * response time of a queue); it is made at once, so the number of calls stays what the rate says.
 *
 * <p>The clock's own cost, some 25 ns, is in every figure; the set-ups without an appender show it.
 */
public final class ServiceTime {
    private static final long HIGHEST_NANOS = 60_000_000_000L;

    private ServiceTime() {}

    public static void main(String[] args) throws Exception {
        Arguments arguments =
                Arguments.of(args, List.of("setup", "dir", "rate", "warm-up-millis", "millis", "outliers"));
        Path directory = Path.of(arguments.text("dir", null));
        Thread.currentThread().setName("worker-1");
        Histogram histogram = new Histogram(HIGHEST_NANOS, 3);
        long rate = arguments.number("rate", 50_000);
        long warmUpCalls = arguments.number("warm-up-millis", 2000) * rate / 1000;
        long calls = arguments.number("millis", 6000) * rate / 1000;
        Outliers outliers = arguments.has("outliers") ? new Outliers(rate) : null;
        Result result = new Result();
        long taken;
        try (Application application = Application.start(Setup.named(arguments.text("setup", null)), directory)) {
            paced(application, rate, 1, warmUpCalls, histogram, outliers);
            histogram.reset();
            if (outliers != null) {
                outliers.reset();
            }
            long begun = System.nanoTime();
            paced(application, rate, 1 + warmUpCalls, calls, histogram, outliers);
            result.put("elapsed.nanos", System.nanoTime() - begun);
            taken = application.taken();
        }
        if (outliers != null) {
            outliers.into(result);
        }
        result.put("calls", 1 + warmUpCalls + calls)
                .put("taken", taken)
                .put("rate", rate)
                .put("measured.calls", calls)
                .put("p50", histogram.getValueAtPercentile(50))
                .put("p99", histogram.getValueAtPercentile(99))
                .put("p999", histogram.getValueAtPercentile(99.9))
                .put("max", histogram.getMaxValue())
                .write(directory);
        System.exit(0);
    }

    private static void paced(
            Application application, long rate, long first, long calls, Histogram histogram, Outliers outliers) {
        long periodNanos = 1_000_000_000L / rate;
        long next = System.nanoTime();
        for (long number = first; number < first + calls; number++) {
            if (outliers != null) {
                outliers.beforeWaiting(number);
            }
            while (System.nanoTime() - next < 0) {
                Thread.onSpinWait();
            }
            next += periodNanos;
            long from = System.nanoTime();
            application.log(number);
            long nanos = System.nanoTime() - from;
            histogram.recordValue(Math.min(nanos, HIGHEST_NANOS));
            if (outliers != null) {
                outliers.after(number, from, nanos);
            }
        }
    }
}
