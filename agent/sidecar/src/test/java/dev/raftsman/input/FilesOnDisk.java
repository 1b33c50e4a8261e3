package dev.raftsman.input;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

/** Real files, a sink in memory, time moved by hand. */
abstract class FilesOnDisk {
    static final long MILLI = 1_000_000L;
    static final int BLOCK_BYTES = 4096;
    static final TextSettings LINES = TextSettings.lines(BLOCK_BYTES, Duration.ofMillis(200), Duration.ofSeconds(1));
    static final Instant RUN_BEGAN = Instant.parse("2026-01-01T00:00:00Z");

    @TempDir
    Path logs;

    final Sink sink = new Sink();
    final ByteArrayOutputStream logged = new ByteArrayOutputStream();
    long now = 5_000 * MILLI;
    long epochMillis;
    BlockMaker maker;

    /** Told whenever the input asks for the time; a look does so when it begins and when it ends. */
    AskedTime atNextTime = times -> {};

    private int timesAsked;
    FileInput input;

    /** What happens at a certain moment of the input's work. */
    interface AskedTime {
        /** @param times since the input was opened, from 1 */
        void asked(int times) throws IOException;
    }

    static final class Sink implements BlockSink {
        final Map<String, ByteArrayOutputStream> raw = new LinkedHashMap<>();
        final Map<String, Long> next = new HashMap<>();
        final Map<FileKey, SourceCheckpoint> checkpoints = new LinkedHashMap<>();
        final List<Block> blocks = new ArrayList<>();
        boolean full;
        boolean refuses;
        boolean transcoded;
        long dropped;

        @Override
        public boolean hasRoom() {
            return !full;
        }

        @Override
        public long nextSequence(String stream) {
            return next.getOrDefault(stream, 0L);
        }

        @Override
        public boolean accept(ByteBuffer block, long first, int count, int rawBytes, List<SourceCheckpoint> taken) {
            if (refuses) {
                return false;
            }
            SourceCheckpoint checkpoint = taken.get(taken.size() - 1);
            Block copy =
                    Block.wrap(ByteBuffer.allocate(block.remaining()).put(block).flip());
            assertThat(copy.firstSequence()).isEqualTo(first).isEqualTo(nextSequence(checkpoint.stream()));
            if (!transcoded) {
                assertThat(copy.rawBytes()).isEqualTo(rawBytes);
            }
            assertThat(SourceCheckpoint.decode(SourceCheckpoint.encode(taken))).isEqualTo(taken);
            blocks.add(copy);
            next.put(checkpoint.stream(), first + count);
            taken.forEach(this::mark);
            try (BlockReader reader = new BlockReader()) {
                reader.writeRaw(copy, raw.computeIfAbsent(checkpoint.stream(), s -> new ByteArrayOutputStream()));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return true;
        }

        @Override
        public void dropped(String stream, long events) {
            dropped += events;
        }

        @Override
        public boolean mark(SourceCheckpoint checkpoint) {
            checkpoints.remove(checkpoint.key()); // the newest last
            checkpoints.put(checkpoint.key(), checkpoint);
            return true;
        }

        String text(String stream) {
            ByteArrayOutputStream bytes = raw.get(stream);
            return bytes == null ? "" : bytes.toString(StandardCharsets.UTF_8);
        }
    }

    void open(String... patterns) {
        open(List.of(), patterns);
    }

    void open(Collection<SourceCheckpoint> known, String... patterns) {
        List<String> paths = new ArrayList<>();
        for (String pattern : patterns) {
            paths.add(logs + "/" + pattern);
        }
        open(known, FileInputSettings.of(paths, StreamNaming.BY_NAME, LINES));
    }

    void open(Collection<SourceCheckpoint> known, FileInputSettings settings) {
        OperatorLog log = new OperatorLog(
                new PrintStream(logged, true, StandardCharsets.UTF_8), InstantSource.fixed(Instant.EPOCH));
        List<KnownFile> files = known.stream()
                .map(checkpoint -> new KnownFile(checkpoint, RUN_BEGAN.toEpochMilli()))
                .toList();
        maker = new BlockMaker(BLOCK_BYTES, this::epochNanos);
        input = new FileInput(List.of(settings), files, maker, sink, log, this::epochNanos, this::nanoTime);
        timesAsked = 0;
    }

    private long nanoTime() {
        try {
            atNextTime.asked(++timesAsked);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return now;
    }

    private long epochNanos() {
        return epochMillis * MILLI + now;
    }

    @AfterEach
    void close() {
        if (input != null) {
            input.close();
            maker.close();
        }
    }

    void pass(long millis) {
        long until = now + millis * MILLI;
        while (now < until) {
            now += 20 * MILLI;
            while (input.step(now)) {
                continue;
            }
        }
    }

    Path write(String name, String text) throws IOException {
        return Files.writeString(logs.resolve(name), text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    }

    /** A file as rotation leaves it, last written this many minutes after the earlier run began. */
    Path rotated(String name, int minutes, String text) throws IOException {
        return lastWritten(write(name, text), minutes);
    }

    static Path lastWritten(Path file, int minutes) throws IOException {
        return Files.setLastModifiedTime(file, FileTime.from(RUN_BEGAN.plus(Duration.ofMinutes(minutes))));
    }

    List<String> warnings() {
        return logged.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains(" WARN "))
                .toList();
    }

    static String lines(int from, int to) {
        StringBuilder text = new StringBuilder();
        for (int i = from; i < to; i++) {
            text.append("line ").append(i).append('\n');
        }
        return text.toString();
    }
}
