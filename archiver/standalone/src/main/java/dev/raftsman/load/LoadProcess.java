package dev.raftsman.load;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.ToLongFunction;
import org.HdrHistogram.Histogram;

/** The loop of a load process: commands in, moments out. Ends, whatever it is doing, when its standard input does. */
public final class LoadProcess {
    private static final long LOOK_NANOS = 5_000_000;

    private final List<? extends Producer> producers;
    private final PrintStream out;
    private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();

    private LoadProcess(List<? extends Producer> producers, PrintStream out) {
        this.producers = producers;
        this.out = out;
    }

    /** Serves the parent until standard input ends; does not return then. */
    public static void serve(List<? extends Producer> producers) throws Exception {
        LoadProcess process = new LoadProcess(producers, System.out);
        Thread reader = new Thread(process::read, "load-commands");
        reader.setDaemon(true);
        reader.start();
        process.say("ready");
        while (true) {
            String[] words = process.asked.take().split(" ");
            switch (words[0]) {
                case "load" ->
                    process.load(
                            Double.parseDouble(words[1]),
                            Long.parseLong(words[2]),
                            Long.parseLong(words[3]),
                            Long.parseLong(words[4]));
                case "total" -> process.total();
                default -> throw new IllegalArgumentException("asked to " + String.join(" ", words));
            }
        }
    }

    private void read() {
        try (BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            String line;
            while ((line = in.readLine()) != null) {
                asked.add(line);
            }
        } catch (IOException e) {
            // As good as ended.
        }
        // Not an orderly end: whoever asked for the load has all it wanted, or is gone.
        Runtime.getRuntime().halt(0);
    }

    private void load(double rate, long leadMillis, long leadBytes, long measureMillis) throws Exception {
        producers.forEach(p -> p.tally().noTimes());
        boolean[] stop = new boolean[1];
        AtomicReference<Throwable> failure = new AtomicReference<>();
        long start = System.nanoTime();
        long rawBefore = sum(p -> p.tally().rawBytes());
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < producers.size(); i++) {
            Producer producer = producers.get(i);
            // Those of a paced load are spread over an interval, as independent hosts would be.
            Pace free = Pace.of(rate / producers.size(), start);
            Pace pace = new Pace(start + (long) (free.intervalNanos() * i / producers.size()), free.intervalNanos());
            Thread thread = new Thread(
                    () -> {
                        try {
                            producer.produce(pace, () -> isSet(stop));
                        } catch (Exception | Error e) {
                            failure.compareAndSet(null, e);
                        }
                    },
                    "load-" + i);
            // One that fails ends the process, whatever the others do.
            thread.setDaemon(true);
            thread.start();
            threads.add(thread);
        }
        while (System.nanoTime() - start < leadMillis * 1_000_000
                || sum(p -> p.tally().rawBytes()) - rawBefore < leadBytes) {
            check(failure);
            Pace.sleepUntil(System.nanoTime() + LOOK_NANOS);
        }
        long from = System.nanoTime();
        long to = from + measureMillis * 1_000_000;
        producers.forEach(p -> p.tally().window(from, to));
        long events = sum(p -> p.tally().events());
        long raw = sum(p -> p.tally().rawBytes());
        long wire = sum(Producer::wireBytes);
        say("begun");
        while (to - System.nanoTime() > 0) {
            check(failure);
            Pace.sleepUntil(Math.min(to, System.nanoTime() + LOOK_NANOS));
        }
        say("ended seconds=%.6f events=%d rawBytes=%d wireBytes=%d"
                .formatted(
                        (System.nanoTime() - from) / 1e9,
                        sum(p -> p.tally().events()) - events,
                        sum(p -> p.tally().rawBytes()) - raw,
                        sum(Producer::wireBytes) - wire));
        synchronized (stop) {
            stop[0] = true;
        }
        for (Thread thread : threads) {
            thread.join();
        }
        check(failure);
        Histogram acks = Tally.histogram();
        Histogram blocks = Tally.histogram();
        producers.forEach(p -> acks.add(p.tally().ackMicros()));
        producers.forEach(p -> blocks.add(p.tally().blockMicros()));
        say("drained" + times("ack", acks) + times("block", blocks) + " blocks=" + blocks.getTotalCount());
    }

    private static boolean isSet(boolean[] flag) {
        synchronized (flag) {
            return flag[0];
        }
    }

    private static void check(AtomicReference<Throwable> failure) throws Exception {
        Throwable e = failure.get();
        if (e != null) {
            throw new IOException("a producer failed: " + e.getMessage(), e);
        }
    }

    private static String times(String name, Histogram micros) {
        return String.format(
                Locale.ROOT,
                " %1$s.p50=%2$.6f %1$s.p99=%3$.6f %1$s.p999=%4$.6f %1$s.max=%5$.6f",
                name,
                micros.getValueAtPercentile(50) / 1e6,
                micros.getValueAtPercentile(99) / 1e6,
                micros.getValueAtPercentile(99.9) / 1e6,
                micros.getMaxValue() / 1e6);
    }

    private void total() throws Exception {
        long stored = 0;
        for (Producer producer : producers) {
            long one = producer.stored();
            stored = one < 0 || stored < 0 ? -1 : stored + one;
        }
        say("total events=%d rawBytes=%d stored=%d reconnects=%d"
                .formatted(
                        sum(p -> p.tally().events()),
                        sum(p -> p.tally().rawBytes()),
                        stored,
                        sum(Producer::reconnects)));
    }

    private long sum(ToLongFunction<Producer> figure) {
        return producers.stream().mapToLong(figure).sum();
    }

    private void say(String line) {
        out.println(line);
        out.flush();
    }
}
