package dev.raftsman.standalone;

import com.sun.management.ThreadMXBean;
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
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

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
     * @param file of lines
     * @param mib how much of it
     * @param rounds how often, each into a table of its own; the first ones warm the compiler up
     * @param dir for segments and tables
     * @param command as it was given, for the report
     * @param json where the figures go, too, or null
     */
    public record Settings(Path file, int mib, int rounds, Path dir, String command, Path json) {}

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

    private void measure(String kind, String title) throws IOException {
        report.section(kind, title);
        try (ReplicatedState state = ReplicatedState.open(settings.dir().resolve(kind), StoreSettings.DEFAULT)) {
            new Filling(state).fill(kind.equals("events"));
            long rawBytes = state.view().segments().stream()
                    .mapToLong(SegmentView::rawBytes)
                    .sum();
            long segmentBytes = state.view().segments().stream()
                    .mapToLong(SegmentView::bytes)
                    .sum();
            List<LakeExport.Archived> archived = state.view().segments().stream()
                    .map(segment -> new LakeExport.Archived(segment, () -> open(state, segment)))
                    .toList();
            for (int round = 1; round <= settings.rounds(); round++) {
                round(kind, round, archived, rawBytes, segmentBytes);
            }
        }
    }

    private static SegmentBlocks open(ReplicatedState state, SegmentView segment) throws IOException {
        return SegmentBlocks.of(
                segment.id().toString(),
                java.nio.channels.Channels.newInputStream(
                        state.openForRead(segment.id()).orElseThrow().channel()));
    }

    private void round(String kind, int round, List<LakeExport.Archived> archived, long rawBytes, long segmentBytes)
            throws IOException {
        Path table = settings.dir().resolve(kind + "-" + round);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (DirectoryObjectStore store = DirectoryObjectStore.open(table);
                LakeExport export = LakeExport.open(store, table.resolve(".staging"), LakeListener.NOBODY)) {
            long wallNanos = System.nanoTime();
            long cpuNanos = threads.getCurrentThreadCpuTime();
            LakeExport.Outcome outcome = export.run(archived);
            cpuNanos = threads.getCurrentThreadCpuTime() - cpuNanos;
            wallNanos = System.nanoTime() - wallNanos;
            Map<String, Object> figures = new LinkedHashMap<>();
            figures.put("rawBytes", rawBytes);
            figures.put("rows", outcome.rows());
            figures.put("segmentBytes", segmentBytes);
            figures.put("tableBytes", outcome.bytes());
            figures.put("cpuSeconds", cpuNanos / 1e9);
            figures.put("wallSeconds", wallNanos / 1e9);
            report.line(
                    "round" + round,
                    figures,
                    "round " + round,
                    "%.1f MB/s a core (%.1f MB/s by the clock), %,d rows, %s raw, %s in the table: %.1f times less; segments %.1f"
                            .formatted(
                                    rawBytes / MB / (cpuNanos / 1e9),
                                    rawBytes / MB / (wallNanos / 1e9),
                                    outcome.rows(),
                                    Bytes.text(rawBytes),
                                    Bytes.text(outcome.bytes()),
                                    (double) rawBytes / outcome.bytes(),
                                    (double) rawBytes / segmentBytes));
        }
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

        void fill(boolean events) throws IOException {
            command(new Command.Configure(SEGMENT_BYTES));
            long epoch = ((CommandResult.Opened)
                            command(new Command.Open("bench", "bench:lake", new UUID(1, 2), "bench")))
                    .epoch();
            long left = (long) settings.mib() << 20;
            long total = 0;
            try (FileChannel file = FileChannel.open(settings.file(), StandardOpenOption.READ);
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
                throw new StandaloneException(settings.file() + " has no whole line");
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
