package dev.raftsman.lake;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.Labels;
import dev.raftsman.objects.Sha256;
import dev.raftsman.restore.SegmentBlocks;
import dev.raftsman.restore.SegmentSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Makes a segment's events files of the table, one for each day. A segment is mostly of one day or two, and one reading does
 * it; but a backlog may be of many, and every open file holds a row group, so what does not fit is left to further readings.
 *
 * <p>The same segment gives the same files. One thread.
 */
final class SegmentFiles implements AutoCloseable {
    /** Files open at a time, each with up to 16 MiB of a row group. */
    static final int MAX_OPEN = 4;

    /** Days of a segment that have a file: of a clock that jumps about, the rest shares one. */
    static final int MAX_DAYS = 64;

    private static final long DAY_NANOS = TimeUnit.DAYS.toNanos(1);

    /** Stands for the days beyond {@link #MAX_DAYS}. */
    private static final long OTHER_DAYS = Long.MAX_VALUE;

    private final Path directory;
    private final int maxDays;
    private final BlockReader blocks = new BlockReader();
    private final ZstdPages zstd = new ZstdPages();
    private final LakeRow row = new LakeRow();

    /** @param directory where files are made; emptied of them by the caller */
    SegmentFiles(Path directory) {
        this(directory, MAX_DAYS);
    }

    SegmentFiles(Path directory, int maxDays) {
        this.directory = directory;
        this.maxDays = maxDays;
    }

    /**
     * @param name begins the names of the files
     * @return none if the segment has no events
     * @throws IOException if the copy cannot be read to its end; no file is left then
     */
    List<DayFile> make(String name, SegmentSource.Opener opener) throws IOException {
        List<DayFile> made = new ArrayList<>();
        Days days = new Days(maxDays);
        try {
            do {
                try (Reading reading = new Reading(name, days)) {
                    reading.read(opener);
                    reading.finish(made);
                }
            } while (days.next());
            return made;
        } catch (IOException | RuntimeException e) {
            for (DayFile file : made) {
                Files.deleteIfExists(file.file());
            }
            throw e;
        }
    }

    /** Which days there are, and which of them the reading under way is for. */
    private static final class Days {
        private final Map<Long, Integer> numbers = new LinkedHashMap<>();
        private final int limit;
        private boolean first = true;
        private int from;

        Days(int limit) {
            this.limit = limit;
        }

        /** The day that this one counts as: itself, or one of the others. */
        long counted(long day) {
            if (!first) {
                return numbers.containsKey(day) ? day : OTHER_DAYS;
            }
            long counted = numbers.containsKey(day) || numbers.size() < limit ? day : OTHER_DAYS;
            numbers.putIfAbsent(counted, numbers.size());
            return counted;
        }

        boolean isNow(long counted) {
            int number = numbers.get(counted);
            return number >= from && number < from + MAX_OPEN;
        }

        /** Goes on to the next few, if there are any. */
        boolean next() {
            first = false;
            from += MAX_OPEN;
            return from < numbers.size();
        }
    }

    /** One reading of the segment and the files it fills. */
    private final class Reading implements AutoCloseable {
        private final String name;
        private final Days days;
        private final Map<Long, LakeFile> files = new LinkedHashMap<>();
        private final Map<Long, Path> paths = new HashMap<>();
        private long fromNanos;
        private long toNanos;
        private LakeFile current;

        Reading(String name, Days days) {
            this.name = name;
            this.days = days;
        }

        void read(SegmentSource.Opener opener) throws IOException {
            try (SegmentBlocks reader = opener.open()) {
                boolean begun = false;
                while (reader.next()) {
                    if (!begun) {
                        row.begin(reader.header());
                        begun = true;
                    }
                    Block block = reader.block();
                    if (block.kind() == BlockKind.GAP) {
                        continue; // Holds no event.
                    }
                    Labels labels = blocks.labels(block);
                    row.begin(reader.epochInfo(), labels);
                    if (block.kind() == BlockKind.LINES) {
                        lines(block);
                    } else {
                        events(block);
                    }
                }
                if (!reader.isWhole()) {
                    throw new IOException(name + " " + reader.ending() + "; expected the footer of a sealed segment");
                }
            }
        }

        private void lines(Block block) throws IOException {
            long nanos = block.minTimeNanos();
            LakeFile file = fileFor(nanos);
            if (file == null) {
                return;
            }
            blocks.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                row.line(sequence, nanos, bytes.array(), bytes.arrayOffset() + offset, length);
                file.write(row);
            });
        }

        private void events(Block block) throws IOException {
            blocks.forEachEvent(block, (sequence, event) -> {
                long nanos = event.timestampNanos();
                LakeFile file = nanos >= fromNanos && nanos < toNanos ? current : fileFor(nanos);
                if (file != null) {
                    row.event(sequence, event);
                    file.write(row);
                }
            });
        }

        /** The file for events of that time; null if it is another reading's. */
        private LakeFile fileFor(long nanos) throws IOException {
            long day = Math.floorDiv(nanos, DAY_NANOS);
            long counted = days.counted(day);
            LakeFile file = files.get(counted);
            if (file == null && days.isNow(counted)) {
                Path path = directory.resolve(name + "-" + (counted == OTHER_DAYS ? "other" : counted) + ".parquet");
                file = new LakeFile(path, zstd);
                files.put(counted, file);
                paths.put(counted, path);
            }
            current = file;
            fromNanos =
                    day * DAY_NANOS; // The first and last day of the calendar overflow: they are looked up each time.
            toNanos = fromNanos + DAY_NANOS;
            return file;
        }

        void finish(List<DayFile> made) throws IOException {
            for (Map.Entry<Long, LakeFile> entry : files.entrySet()) {
                LakeFile file = entry.getValue();
                Path path = paths.get(entry.getKey());
                file.finish();
                Sha256.Measured measured = Sha256.of(path);
                made.add(new DayFile(
                        entry.getKey() == OTHER_DAYS
                                ? Optional.empty()
                                : Optional.of(LocalDate.ofEpochDay(entry.getKey())),
                        path,
                        measured.sha256(),
                        measured.bytes(),
                        file.rows(),
                        file.minMicros(),
                        file.maxMicros()));
            }
            files.clear();
            paths.clear();
        }

        @Override
        public void close() throws IOException {
            for (LakeFile file : files.values()) {
                file.close();
            }
            for (Path path : paths.values()) {
                Files.deleteIfExists(path);
            }
        }
    }

    @Override
    public void close() {
        blocks.close();
        zstd.release();
    }
}
