package dev.raftsman.standalone;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One set-up, once: warmed up, then loaded at full speed and at each pace. Figures by name, in the units their names end in:
 *
 * <pre>
 *  full.rawMbPerSecond  full.ackP99Millis ...   20000.ackP50Millis ...   rssBytes.1 peakBytes.1 ... writtenPerStored
 * </pre>
 */
final class ClusterRun {
    static final String FULL = "full";

    private static final Duration LIMIT = Duration.ofMinutes(10);
    private static final double GIB = 1L << 30;

    private final BenchTarget target;
    private final ClusterBench.Settings settings;
    private final Progress progress;
    private final Disk disk;
    private final long writtenBefore;
    private final Map<String, Double> figures = new LinkedHashMap<>();
    private List<String> problems = List.of();

    private ClusterRun(BenchTarget target, ClusterBench.Settings settings, Progress progress) throws IOException {
        this.disk = Disk.of(settings.dir());
        this.writtenBefore = disk.writtenBytes();
        this.target = target;
        this.settings = settings;
        this.progress = progress;
    }

    /** @param warmUpBytes raw bytes acknowledged before anything is measured, besides the time */
    static ClusterRun of(
            BenchTarget target, ClusterBench.Settings settings, Duration warmUp, long warmUpBytes, Progress progress)
            throws IOException {
        ClusterRun run = new ClusterRun(target, settings, progress);
        run.measure(FULL, 0, warmUp, warmUpBytes);
        run.memory();
        for (int rate : settings.rates()) {
            run.measure(Integer.toString(rate), rate, settings.lead(), 0);
        }
        run.peaks();
        run.end();
        return run;
    }

    Map<String, Double> figures() {
        return figures;
    }

    /** Why the figures say nothing; empty if what was acknowledged is stored. */
    List<String> problems() {
        return problems;
    }

    private void measure(String load, double rate, Duration lead, long leadBytes) {
        progress.now((rate == 0 ? "full speed" : load + " events/s") + ", warming up");
        LoadChild loading = target.load();
        loading.ask(rate, lead, leadBytes, settings.measure());
        loading.await("begun", LIMIT);
        double machine = ProcessFigures.machineCpuSeconds();
        double nodes = nodesCpuSeconds();
        double producer = ProcessFigures.of(loading.pid()).cpuSeconds();
        long written = disk.writtenBytes();
        progress.now((rate == 0 ? "full speed" : load + " events/s") + ", measuring");
        Moment ended = loading.await("ended", settings.measure().plus(LIMIT));
        machine = ProcessFigures.machineCpuSeconds() - machine;
        nodes = nodesCpuSeconds() - nodes;
        written = disk.writtenBytes() - written;
        producer = ProcessFigures.of(loading.pid()).cpuSeconds() - producer;
        Moment drained = loading.await("drained", LIMIT);
        target.requireAlive();
        double seconds = ended.figure("seconds");
        double raw = ended.figure("rawBytes");
        figures.put(load + ".rawMbPerSecond", raw / 1e6 / seconds);
        figures.put(load + ".wireMbPerSecond", ended.figure("wireBytes") / 1e6 / seconds);
        figures.put(load + ".eventsPerSecond", ended.figure("events") / seconds);
        for (String quantile : List.of("P50", "P99", "P999")) {
            String said = quantile.toLowerCase(Locale.ROOT);
            figures.put(load + ".ack" + quantile + "Millis", 1e3 * drained.figure("ack." + said));
            figures.put(load + ".block" + quantile + "Millis", 1e3 * drained.figure("block." + said));
        }
        figures.put(load + ".ackMostMillis", 1e3 * drained.figure("ack.max"));
        figures.put(load + ".producerCpuSecondsPerGib", producer / (raw / GIB));
        figures.put(load + ".nodesCpuSecondsPerGib", nodes / (raw / GIB));
        figures.put(
                load + ".writtenPerWireByte",
                written / (ended.figure("wireBytes") * target.nodes().size()));
        figures.put(load + ".producerCores", producer / seconds);
        figures.put(load + ".nodesCores", nodes / seconds);
        figures.put(load + ".otherCores", Math.max(0, (machine - nodes - producer) / seconds));
    }

    private double nodesCpuSeconds() {
        return target.nodes().stream()
                .mapToDouble(pid -> ProcessFigures.of(pid).cpuSeconds())
                .sum();
    }

    private void memory() {
        double sum = 0;
        for (int i = 0; i < target.nodes().size(); i++) {
            long bytes = MemoryFigures.of(target.nodes().get(i)).residentBytes();
            figures.put("rssBytes." + (i + 1), (double) bytes);
            sum += bytes;
        }
        figures.put("rssBytes", sum);
    }

    private void peaks() {
        double sum = 0;
        for (int i = 0; i < target.nodes().size(); i++) {
            long bytes = ProcessFigures.of(target.nodes().get(i)).peakBytes();
            figures.put("peakBytes." + (i + 1), (double) bytes);
            sum += bytes;
        }
        figures.put("peakBytes", sum);
    }

    private void end() throws IOException {
        progress.now("comparing what is stored with what was acknowledged");
        Moment total = target.load().total(LIMIT);
        double stored = target.storedBytes().stream().mapToLong(Long::longValue).sum();
        figures.put("storedBytes", stored);
        figures.put("writtenPerStored", (disk.writtenBytes() - writtenBefore) / stored);
        figures.put("reconnects", total.figure("reconnects"));
        figures.put("events", total.figure("events"));
        figures.put("rawBytes", total.figure("rawBytes"));
        problems = target.problems(total);
    }
}
