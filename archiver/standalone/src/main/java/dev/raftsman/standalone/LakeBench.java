package dev.raftsman.standalone;

import dev.raftsman.block.Block;
import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.Labels;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.block.Lines;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.RowWriter;
import dev.raftsman.lake.LakeExport;
import dev.raftsman.lake.LakeListener;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.restore.SegmentBlocks;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.Reply;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import java.util.zip.GZIPInputStream;

/**
 * What the copy for the lake costs: sealed segments, made of a file's lines, into a Delta table on a local directory. One
 * thread, its own CPU time; reading, inflating, writing Parquet, digests and the commit are all in it.
 */
public final class LakeBench {
    private static final int BLOCK_BYTES = 1 << 20;
    private static final int SEGMENT_BYTES = 32 << 20;
    private static final double MB = 1e6;
    private static final long NOW_NANOS = 1_790_000_000_000_000_000L;
    private static final Labels LABELS = Labels.of(Map.of("host.name", "bench-1", "env", "prod"));
    private static final Level[] LEVELS = {Level.INFO, Level.INFO, Level.DEBUG, Level.INFO, Level.WARN};

    /**
     * @param files of lines
     * @param mib how much of each
     * @param rounds how often, each into a table of its own; the first is of cold code and of cold files
     * @param dir for segments and tables
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(List<Path> files, int mib, int rounds, Path dir, String command, Path json) {}

    private final Settings settings;
    private final BenchReport report;

    private LakeBench(Settings settings, PrintStream out) {
        this.settings = settings;
        this.report = new BenchReport(out);
    }

    /** Runs it and prints the figures. */
    public static void run(Settings settings, PrintStream out) throws IOException {
        new LakeBench(settings, out).run();
    }

    private void run() throws IOException {
        report.machine(BenchMachine.describe(settings.command()));
        measure("lines", "Unparsed lines; raw: as they lie in the file:");
        measure("events", "Events, the lines as messages; raw: rows with logger, thread and two attributes:");
        report.writeJson(settings.json());
    }

    /** Of one file: raw bytes, bytes in the table, and for each round raw MB a second of CPU time. */
    private record Figures(long rows, long rawBytes, long segmentBytes, long tableBytes, double[] speeds) {
        double ratio() {
            return (double) rawBytes / tableBytes;
        }

        /** The median without the first round, if there are others. */
        double speed() {
            double[] warm = Arrays.copyOfRange(speeds, Math.min(1, speeds.length - 1), speeds.length);
            Arrays.sort(warm);
            return warm[warm.length / 2];
        }

        static double mean(List<Figures> all, ToDoubleFunction<Figures> of) {
            return Math.exp(all.stream()
                    .mapToDouble(figures -> Math.log(of.applyAsDouble(figures)))
                    .average()
                    .orElseThrow());
        }

        Map<String, Object> json() {
            Map<String, Object> json = new LinkedHashMap<>();
            json.put("rows", rows);
            json.put("rawBytes", rawBytes);
            json.put("segmentBytes", segmentBytes);
            json.put("tableBytes", tableBytes);
            json.put("rawMBytesPerCpuSecond", speeds);
            return json;
        }
    }

    private void measure(String kind, String title) throws IOException {
        report.section(kind, title);
        List<Figures> all = new ArrayList<>();
        for (int i = 0; i < settings.files().size(); i++) {
            Path file = settings.files().get(i);
            Figures figures =
                    measure(kind.equals("events"), file, settings.dir().resolve(kind + "-" + i));
            all.add(figures);
            String name = file.getFileName().toString();
            report.line(
                    name,
                    figures.json(),
                    name,
                    "%6.1f times smaller (segments %5.1f), %4.0f MB/s a core (first round %4.0f), %,d rows, %s raw, %s in the table"
                            .formatted(
                                    figures.ratio(),
                                    (double) figures.rawBytes() / figures.segmentBytes(),
                                    figures.speed(),
                                    figures.speeds()[0],
                                    figures.rows(),
                                    Bytes.text(figures.rawBytes()),
                                    Bytes.text(figures.tableBytes())));
        }
        if (all.size() > 1) {
            double ratio = Figures.mean(all, Figures::ratio);
            double speed = Figures.mean(all, Figures::speed);
            report.line(
                    "geometricMean",
                    Map.of("ratio", ratio, "rawMBytesPerCpuSecond", speed),
                    "geometric mean",
                    "%6.1f times smaller, %4.0f MB/s a core".formatted(ratio, speed));
        }
    }

    private Figures measure(boolean events, Path file, Path dir) throws IOException {
        try (ReplicatedState state = ReplicatedState.open(dir, StoreSettings.DEFAULT)) {
            new Filling(state).fill(unpacked(file, dir), events);
            List<SegmentView> segments = state.view().segments();
            long rawBytes = segments.stream().mapToLong(SegmentView::rawBytes).sum();
            long segmentBytes = segments.stream().mapToLong(SegmentView::bytes).sum();
            List<LakeExport.Archived> archived = segments.stream()
                    .map(segment -> new LakeExport.Archived(segment, () -> open(state, segment)))
                    .toList();
            double[] speeds = new double[settings.rounds()];
            LakeExport.Outcome outcome = null;
            for (int round = 0; round < speeds.length; round++) {
                Path table = dir.resolve("table-" + round);
                long cpuNanos = cpuNanos();
                outcome = export(table, archived);
                speeds[round] = rawBytes / MB / ((cpuNanos() - cpuNanos) / 1e9);
                Directories.delete(table);
            }
            return new Figures(outcome.rows(), rawBytes, segmentBytes, outcome.bytes(), speeds);
        } finally {
            Directories.delete(dir);
        }
    }

    private static Path unpacked(Path file, Path dir) throws IOException {
        if (!file.toString().endsWith(".gz")) {
            return file;
        }
        Path unpacked = dir.resolve("unpacked");
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
            Files.copy(in, unpacked);
        }
        return unpacked;
    }

    private static long cpuNanos() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static LakeExport.Outcome export(Path table, List<LakeExport.Archived> archived) throws IOException {
        try (DirectoryObjectStore store = DirectoryObjectStore.open(table);
                LakeExport export = LakeExport.open(store, table.resolve(".staging"), LakeListener.NOBODY)) {
            return export.run(archived);
        }
    }

    private static SegmentBlocks open(ReplicatedState state, SegmentView segment) throws IOException {
        return SegmentBlocks.of(
                segment.id().toString(),
                java.nio.channels.Channels.newInputStream(
                        state.openForRead(segment.id()).orElseThrow().channel()));
    }

    /** Puts lines of the file into sealed segments of one stream. */
    private final class Filling {
        private final ReplicatedState state;
        private final RowWriter writer = new RowWriter(null);
        private final byte[] scratch = new byte[BLOCK_BYTES * 2];
        private final CompactRows rows = new CompactRows();
        private long index;
        private long sequence;

        Filling(ReplicatedState state) {
            this.state = state;
        }

        private CommandResult command(Command command) {
            byte[] reply =
                    state.apply(1, ++index, ByteBuffer.wrap(new Entry.Change(NOW_NANOS / 1_000_000, command).encode()));
            return ((Reply.ChangeReply) Reply.decode(ByteBuffer.wrap(reply))).result();
        }

        void fill(Path source, boolean events) throws IOException {
            command(new Command.Configure(SEGMENT_BYTES));
            long epoch = ((CommandResult.Opened)
                            command(new Command.Open("bench", "bench:lake", new UUID(1, 2), "bench")))
                    .epoch();
            long left = (long) settings.mib() << 20;
            long total = 0;
            try (FileChannel file = FileChannel.open(source, StandardOpenOption.READ);
                    LineBlockBuilder lines = new LineBlockBuilder();
                    EventBlockBuilder rowsBuilder = new EventBlockBuilder(BLOCK_BYTES)) {
                // A row is longer than its line.
                int chunk = events ? BLOCK_BYTES / 2 : BLOCK_BYTES;
                ByteBuffer buffer = ByteBuffer.allocateDirect(LABELS.bytes() + chunk);
                long position = 0;
                while (left > 0) {
                    buffer.clear().position(LABELS.bytes());
                    while (buffer.hasRemaining()
                            && file.read(buffer, position + buffer.position() - LABELS.bytes()) > 0) {
                        continue;
                    }
                    int end = Lines.endOfLast(buffer, LABELS.bytes(), buffer.position());
                    if (end == LABELS.bytes()) {
                        break;
                    }
                    buffer.position(LABELS.bytes()).limit(end);
                    int count = Lines.count(buffer, LABELS.bytes(), end);
                    ByteBuffer block = events
                            ? events(rowsBuilder, buffer)
                            : lines.build(
                                    buffer, LABELS, sequence, count, Loss.NONE, time(sequence), time(sequence + count));
                    append(epoch, block);
                    sequence += count;
                    position += end - LABELS.bytes();
                    left -= end - LABELS.bytes();
                    total += end - LABELS.bytes();
                }
            }
            command(new Command.Seal("bench", "bench", 0));
            if (total == 0) {
                throw new StandaloneException(source + " has no whole line");
            }
        }

        private long time(long at) {
            return NOW_NANOS + at * 31_000;
        }

        private void append(long epoch, ByteBuffer block) {
            int count = Block.wrap(block).count();
            byte[] reply = state.apply(
                    1,
                    ++index,
                    ByteBuffer.wrap(
                            new Entry.Append(NOW_NANOS / 1_000_000, List.of(new EpochBlock(epoch, block))).encode()));
            if (!(Reply.decode(ByteBuffer.wrap(reply)) instanceof Reply.AppendReply) || count < 1) {
                throw new StandaloneException("a block was not taken");
            }
        }

        private ByteBuffer events(EventBlockBuilder builder, ByteBuffer lines) {
            builder.label(LABELS);
            long at = sequence;
            for (int from = lines.position(); from < lines.limit(); at++) {
                int end = Lines.next(lines, from, lines.limit());
                byte[] line = new byte[end - from];
                lines.get(from, line);
                writer.begin(scratch, 0, scratch.length, LEVELS[(int) (at % LEVELS.length)], time(at), RowWriter.UNCUT)
                        .logger("com.acme.shop.Service" + at / 7 % 12)
                        .thread("worker-" + at / 5 % 8)
                        .message(new String(line, StandardCharsets.UTF_8))
                        .attribute("requestId", Long.toHexString(at / 9 * 0x9E3779B97F4A7C15L))
                        .attribute("tenant", "t" + at / 11 % 5);
                int length = writer.end();
                rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
                rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, length);
                builder.add(rows.row(), 0, rows.length());
                from = end + 1;
            }
            return builder.build(sequence, Loss.NONE);
        }
    }
}
