package dev.raftsman.sidecar;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import dev.raftsman.input.SourceFile;
import dev.raftsman.shipper.Checkpoints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** How far each file was read, beside what the file is now; and how to have it read from elsewhere. One thread. */
public final class CheckpointTable {
    /** Every reset, one line for each file: what was skipped is written nowhere else. */
    public static final String RESETS_FILE = "checkpoint-resets.log";

    private final Path data;
    private final Checkpoints checkpoints;
    private final List<Row> rows = new ArrayList<>();
    private final Map<Row, Checkpoints.Checkpoint> byRow = new LinkedHashMap<>();

    /**
     * One file.
     *
     * @param path where it is now, or was last known
     * @param offset read as far as this
     * @param acknowledgedOffset of that, what the cluster has
     * @param acknowledged whether that is all that was read
     * @param size of the file now, -1 if it is not there
     * @param behind bytes that are there and not read
     * @param file there, renamed, replaced or gone
     * @param wal the directory that holds what is not acknowledged; empty if all is
     */
    public record Row(
            String stream,
            String path,
            long device,
            long inode,
            long offset,
            long acknowledgedOffset,
            boolean acknowledged,
            long size,
            long behind,
            String file,
            String wal) {
        public boolean isThere() {
            return size >= 0;
        }
    }

    /** Where to go on. */
    public enum Target {
        BEGINNING,
        END
    }

    /** What a reset does with one file. */
    public record Step(Row row, long offset) {
        public long again() {
            return Math.max(0, row.offset - offset);
        }

        public long skipped() {
            return Math.max(0, offset - row.offset);
        }
    }

    private CheckpointTable(Path data) throws IOException {
        this.data = data;
        this.checkpoints = Checkpoints.read(data.resolve(Agent.CURSOR_FILE), data.resolve(Agent.WAL_DIRECTORY));
        SourceFile.Finder finder = new SourceFile.Finder();
        for (Checkpoints.Checkpoint each : checkpoints.all()) {
            SourceFile file = finder.find(each.read());
            Row row = new Row(
                    each.read().stream(),
                    file.path(),
                    each.read().device(),
                    each.read().inode(),
                    each.read().offset(),
                    each.acknowledgedOffset(),
                    each.isAcknowledged(),
                    file.bytes(),
                    Math.max(0, file.bytes() - each.read().offset()),
                    file.state().name().toLowerCase(Locale.ROOT),
                    each.isAcknowledged() ? "" : each.wal().toString());
            rows.add(row);
            byRow.put(row, each);
        }
    }

    /**
     * Only reads, also beside an agent that runs.
     *
     * @throws dev.raftsman.shipper.DamagedCursorException if the cursor cannot be trusted
     */
    public static CheckpointTable of(AgentConfig config) throws IOException {
        return new CheckpointTable(config.data());
    }

    /** By path. */
    public List<Row> rows() {
        return rows;
    }

    /** Write-ahead logs that cannot be read, and why. */
    public List<String> unreadable() {
        return checkpoints.unreadable();
    }

    /** Those whose path or stream matches. */
    public List<Row> matching(Wildcard pattern) {
        return rows.stream()
                .filter(row -> pattern.matches(row.path()) || pattern.matches(row.stream()))
                .toList();
    }

    /** What it would be. A file that is not there, or goes on where it should, has no step. */
    public List<Step> plan(List<Row> chosen, Target target) {
        return chosen.stream()
                .filter(Row::isThere)
                .map(row -> new Step(row, target == Target.BEGINNING ? 0 : row.size))
                .filter(step -> step.offset != step.row.offset)
                .toList();
    }

    /** Holds the agent's lock, so that no agent starts while somebody decides. */
    public static final class Reset implements AutoCloseable {
        private final DirectoryLock lock;
        private final CheckpointTable table;

        private Reset(DirectoryLock lock, CheckpointTable table) {
            this.lock = lock;
            this.table = table;
        }

        /**
         * @throws DirectoryLock.HeldException naming the process, if an agent runs
         * @throws IOException also if the data directory is another user's, or not there
         */
        public static Reset begin(AgentConfig config) throws IOException {
            if (!Files.isDirectory(config.data())) {
                throw new java.nio.file.NoSuchFileException(config.data().toString(), null, "no agent ever ran here");
            }
            DataOwner.require(config.data());
            DirectoryLock lock = DirectoryLock.acquire(config.data().resolve(Agent.LOCK_FILE));
            try {
                return new Reset(lock, of(config));
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        }

        public CheckpointTable table() {
            return table;
        }

        /** Durable on return, each step noted first in {@link #RESETS_FILE}. */
        public void apply(List<Step> steps, InstantSource clock) throws IOException {
            if (!steps.stream().allMatch(step -> step.row.acknowledged())) {
                throw new IllegalArgumentException("not acknowledged: " + steps);
            }
            Map<Checkpoints.Checkpoint, Long> offsets = new LinkedHashMap<>();
            StringBuilder notes = new StringBuilder();
            Instant now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
            for (Step step : steps) {
                offsets.put(table.byRow.get(step.row), step.offset);
                notes.append((now + " stream=" + step.row.stream() + ", device=" + step.row.device() + ", inode="
                                        + step.row.inode() + ", from=" + step.row.offset() + ", to=" + step.offset
                                        + ", skipped=" + step.skipped() + ", again=" + step.again() + ", user="
                                        + System.getProperty("user.name") + ", path=" + step.row.path())
                                .replaceAll("\\p{Cntrl}", "?"))
                        .append('\n');
            }
            append(table.data.resolve(RESETS_FILE), notes.toString());
            table.checkpoints.move(offsets);
        }

        private static void append(Path file, String text) throws IOException {
            try (FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
                ByteBuffer bytes = StandardCharsets.UTF_8.encode(text);
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            Durable.forceDirectory(file.toAbsolutePath().getParent());
        }

        @Override
        public void close() throws IOException {
            lock.close();
        }
    }
}
