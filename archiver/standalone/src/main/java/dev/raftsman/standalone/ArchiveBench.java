package dev.raftsman.standalone;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import dev.raftsman.cold.ColdBlock;
import dev.raftsman.cold.ColdObjectReader;
import dev.raftsman.cold.ColdObjectWriter;
import dev.raftsman.cold.ColdSettings;
import dev.raftsman.cold.Comparison;
import dev.raftsman.cold.FileRanges;
import dev.raftsman.segment.SegmentReader;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/**
 * How small log files become in cold objects and how fast, beside zstd of the same bytes in the same run. One thread does
 * all of it; its CPU time counts, so that the machine's other work does not.
 */
public final class ArchiveBench {
    private static final int ROW_BLOCK_BYTES = 1 << 20;
    private static final int FAST = 3;
    private static final int STRONG = 19;

    /** A round takes a small file so often that its time can be told. */
    private static final int LEAST_BYTES_A_ROUND = 16 << 20;

    private static final int MOST_TIMES = 200;

    /**
     * @param rounds how often each is measured
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(List<Path> files, int rounds, String command, Path json) {
        public Settings {
            files = List.copyOf(files);
            if (rounds < 1) {
                throw new StandaloneException(rounds + " rounds; expected 1 or more");
            }
        }
    }

    /** Of one file; speeds in MB a second. */
    private record Figures(
            long bytes,
            long cold,
            long fast,
            long strong,
            double encode,
            double verified,
            double decode,
            double fastSpeed,
            double strongSpeed) {
        static double mean(List<Figures> all, java.util.function.ToDoubleFunction<Figures> of) {
            return Math.exp(all.stream()
                    .mapToDouble(figures -> Math.log(of.applyAsDouble(figures)))
                    .average()
                    .orElseThrow());
        }

        double ratio() {
            return (double) bytes / cold;
        }

        double toFast() {
            return (double) cold / fast;
        }

        double toStrong() {
            return (double) cold / strong;
        }
    }

    private final Settings settings;
    private final BenchReport report;
    private final Progress progress = Progress.toStandardError();

    private ArchiveBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new BenchReport(out);
    }

    /** Runs it and prints the figures. */
    public static void run(Settings settings, PrintStream out) throws IOException {
        Path dir = Files.createTempDirectory("raftsman-bench-");
        try {
            new ArchiveBench(settings, out).run(dir);
        } finally {
            Directories.delete(dir);
        }
    }

    private void run(Path dir) throws IOException {
        report.machine(BenchMachine.describe(settings.command()));
        measure(settings.files().get(0), dir, false); // Warm-up of the code, not of the file.
        report.section(
                "archive",
                "  %-26s %9s %19s %19s   %s"
                        .formatted(
                                "", "cold", "zstd -3, 1 MiB", "zstd -19", "cold: encode, with verification, decode"));
        List<Figures> all = new java.util.ArrayList<>();
        for (Path file : settings.files()) {
            Figures figures = measure(file, dir, true);
            all.add(figures);
            report.line(
                    file.getFileName().toString(),
                    json(figures),
                    file.getFileName().toString(),
                    text(figures));
        }
        Figures mean = new Figures(
                1_000_000,
                Math.round(1_000_000 / Figures.mean(all, Figures::ratio)),
                Math.round(1_000_000 / Figures.mean(all, f -> (double) f.bytes() / f.fast())),
                Math.round(1_000_000 / Figures.mean(all, f -> (double) f.bytes() / f.strong())),
                Figures.mean(all, Figures::encode),
                Figures.mean(all, Figures::verified),
                Figures.mean(all, Figures::decode),
                Figures.mean(all, Figures::fastSpeed),
                Figures.mean(all, Figures::strongSpeed));
        report.line("geometricMean", json(mean), "geometric mean", text(mean));
        report.memory("memory", MemoryFigures.of(ProcessHandle.current().pid()), "memory of the whole bench");
        report.writeJson(settings.json());
    }

    private static String text(Figures f) {
        return "%8.2fx %9.2fx (%+5.1f %%) %9.2fx (%+5.1f %%)   %4.0f, %4.0f, %4.0f MB/s; zstd %.0f and %.1f MB/s"
                .formatted(
                        f.ratio(),
                        (double) f.bytes() / f.fast(),
                        100 * f.toFast() - 100,
                        (double) f.bytes() / f.strong(),
                        100 * f.toStrong() - 100,
                        f.encode(),
                        f.verified(),
                        f.decode(),
                        f.fastSpeed(),
                        f.strongSpeed());
    }

    private static Map<String, Object> json(Figures f) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bytes", f.bytes());
        figures.put("coldBytes", f.cold());
        figures.put("zstd3Bytes", f.fast());
        figures.put("zstd19Bytes", f.strong());
        figures.put("encodeBytesPerSecond", f.encode() * 1e6);
        figures.put("encodeAndVerifyBytesPerSecond", f.verified() * 1e6);
        figures.put("decodeBytesPerSecond", f.decode() * 1e6);
        figures.put("zstd3BytesPerSecond", f.fastSpeed() * 1e6);
        figures.put("zstd19BytesPerSecond", f.strongSpeed() * 1e6);
        return figures;
    }

    // --- measuring

    private Figures measure(Path file, Path dir, boolean strongToo) throws IOException {
        byte[] lines = read(file);
        if (lines.length == 0) {
            throw new StandaloneException(file + " is empty");
        }
        Path segment = dir.resolve("bench.seg");
        Path object = dir.resolve("bench.cold");
        String sha256 = SegmentOfFile.write(lines, segment);
        double[] encode = new double[settings.rounds()];
        double[] verified = new double[settings.rounds()];
        double[] decode = new double[settings.rounds()];
        double[] fastSpeed = new double[settings.rounds()];
        long fast = 0;
        int times = Math.max(1, Math.min(MOST_TIMES, LEAST_BYTES_A_ROUND / lines.length));
        for (int round = -1; round < settings.rounds(); round++) { // The first is warm-up.
            progress.now("%s: round %d of %d".formatted(file.getFileName(), Math.max(0, round + 1), settings.rounds()));
            long[] nanos = new long[4];
            for (int i = 0; i < times; i++) {
                long start = cpuNanos();
                encode(segment, sha256, object);
                long encoded = cpuNanos();
                compare(segment, sha256, object);
                long compared = cpuNanos();
                decode(object);
                long decoded = cpuNanos();
                fast = fast(lines);
                nanos[0] += encoded - start;
                nanos[1] += compared - start;
                nanos[2] += decoded - compared;
                nanos[3] += cpuNanos() - decoded;
            }
            if (round >= 0) {
                encode[round] = speed(lines, nanos[0] / times);
                verified[round] = speed(lines, nanos[1] / times);
                decode[round] = speed(lines, nanos[2] / times);
                fastSpeed[round] = speed(lines, nanos[3] / times);
            }
        }
        progress.now("%s: zstd -19".formatted(file.getFileName()));
        long start = cpuNanos();
        long strong = strongToo ? Zstd.compress(lines, STRONG).length : 1;
        double strongSpeed = speed(lines, cpuNanos() - start);
        progress.clear();
        return new Figures(
                lines.length,
                Files.size(object),
                fast,
                strong,
                median(encode),
                median(verified),
                median(decode),
                median(fastSpeed),
                strongSpeed);
    }

    private static byte[] read(Path file) throws IOException {
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            return in.readAllBytes();
        }
    }

    private static void encode(Path segment, String sha256, Path object) throws IOException {
        try (SegmentReader reader = SegmentReader.open(segment);
                OutputStream out = new BufferedOutputStream(Files.newOutputStream(object));
                ColdObjectWriter writer = new ColdObjectWriter(out, ColdSettings.DEFAULTS)) {
            writer.add(reader, Files.size(segment), sha256);
            writer.finish();
        }
    }

    private static void compare(Path segment, String sha256, Path object) throws IOException {
        try (FileRanges ranges = FileRanges.open(object);
                ColdObjectReader reader = ColdObjectReader.open(ranges);
                Comparison comparison = new Comparison(reader);
                SegmentReader original = SegmentReader.open(segment)) {
            comparison.require(0, original, Files.size(segment), sha256);
        }
    }

    private static void decode(Path object) throws IOException {
        try (FileRanges ranges = FileRanges.open(object);
                ColdObjectReader reader = ColdObjectReader.open(ranges)) {
            for (ColdBlock block : reader.index().blocks()) {
                reader.records(block);
            }
        }
    }

    /** As a log store would: each MiB of lines a frame of its own. */
    private static long fast(byte[] lines) {
        long bytes = 0;
        byte[] to = new byte[(int) Zstd.compressBound(ROW_BLOCK_BYTES)];
        try (ZstdCompressCtx zstd = new ZstdCompressCtx().setLevel(FAST)) {
            for (int at = 0; at < lines.length; at += ROW_BLOCK_BYTES) {
                int length = Math.min(ROW_BLOCK_BYTES, lines.length - at);
                bytes += zstd.compressByteArray(to, 0, to.length, lines, at, length);
            }
        }
        return bytes;
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static double speed(byte[] lines, long nanos) {
        return lines.length * 1e3 / Math.max(1, nanos);
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
