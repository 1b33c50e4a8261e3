package dev.raftsman.collector;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.search.SegmentWords;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.ReplicatedState;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps beside the sealed segments which words they hold, for readers who then fetch only what may hold what they look for.
 * Each segment is the task of one member, which all of them agree on without talking, so that its CPU is paid once. It is done
 * with half a core at most, with a tenth while much comes in or others want the processor, and not at all while a node has
 * enough to do. Nothing depends on it: a file that is not there costs a reader time, one that cannot be written is tried again.
 *
 * <p>A thread of its own, {@code segment-words}; {@link #read} is for any.
 */
final class WordFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WordFiles.class);
    private static final String DIRECTORY = "words";
    private static final long STEP_MILLIS = 1_000;

    /** Encoded bytes a second, beyond which a node has much to do: some 10 MB of lines. */
    private static final long BUSY_BYTES_PER_SECOND = 2 << 20;

    /** Beyond which it has enough to do: a tenth of a core would not keep up with it. */
    private static final long FULL_BYTES_PER_SECOND = 12 << 20;

    /** How long is rested for the time that was worked. */
    private static final int REST = 1;

    private static final int BUSY_REST = 9;

    /** How long is rested for the time that it took to look for something to do. */
    private static final int PASS_REST = 50;

    /** A pass may have stood still with the whole process. */
    private static final long MOST_PASS_REST_MILLIS = 60_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long SECOND_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final int BUFFER_BYTES = 64 << 10;
    private static final long LEAST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Path data;
    private final Path directory;
    private final String self;
    private final Supplier<ReplicatedState> state;
    private final Supplier<List<String>> members;
    private final Thread thread = new Thread(this::run, "segment-words");
    private SegmentId last;
    private long lookedNanos = System.nanoTime();
    private long lookedBytes;

    /** What looking at all segments has taken so far. */
    private long passNanos;

    private int rest = REST;
    private long workedNanos;
    private long workBeganNanos;

    /** CPU time of the thread when it rested last. */
    private long restedCpuNanos;

    /**
     * @param data the node's directory
     * @param state null while this node is outside of the group
     * @param members ids of all, in any order
     */
    WordFiles(Path data, String self, Supplier<ReplicatedState> state, Supplier<List<String>> members) {
        this.data = data;
        this.directory = data.resolve(DIRECTORY);
        this.self = self;
        this.state = state;
        this.members = members;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /**
     * What the file of a segment says of some words, if it is here. One that is damaged is deleted, and so collected anew: it is
     * written without being forced, so that a power cut may have left a part of it.
     */
    Optional<WordFile> read(SegmentId id, List<byte[]> words) throws IOException {
        Path path = file(id);
        try (InputStream file = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES)) {
            return Optional.of(WordFile.reduced(file, words));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            LOG.warn("words of a segment are collected anew: segment={}, reason={}", id, e.toString());
            Files.deleteIfExists(path);
            return Optional.empty();
        }
    }

    private Path file(SegmentId id) {
        return directory.resolve(Integer.toString(id.stream())).resolve(WordFile.fileName(id));
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                if (!step()) {
                    Thread.sleep(millisAfterPass(passNanos));
                    passNanos = 0;
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("told to end", e);
        } catch (RuntimeException | Error e) {
            LOG.error("no more words of segments are collected: reason=a bug", e);
        }
    }

    /** @return whether there is more to do at once */
    boolean step() throws InterruptedException {
        ReplicatedState now = state.get();
        if (now == null) {
            return false;
        }
        long beganNanos = System.nanoTime();
        Optional<SegmentView> next = now.sealedAfter(last);
        if (next.isEmpty()) {
            deleteUnwanted(now);
            last = null;
            passNanos += System.nanoTime() - beganNanos;
            return false;
        }
        SegmentId id = next.get().id();
        last = id;
        Path file = file(id);
        boolean missing = isTaskOf(id, members.get(), self) && !Files.exists(file);
        passNanos += System.nanoTime() - beganNanos;
        if (missing) {
            collect(now, id, file);
        }
        return true;
    }

    /** A pass over very many segments takes its time, also if there is nothing to do: then the next may wait. */
    static long millisAfterPass(long nanos) {
        return Math.min(MOST_PASS_REST_MILLIS, Math.max(STEP_MILLIS, PASS_REST * TimeUnit.NANOSECONDS.toMillis(nanos)));
    }

    /** Of one member for each segment. */
    static boolean isTaskOf(SegmentId id, List<String> members, String member) {
        List<String> sorted = members.stream().sorted().toList();
        return !sorted.isEmpty()
                && sorted.get(WordFile.makerOf(id, sorted.size())).equals(member);
    }

    private void collect(ReplicatedState now, SegmentId id, Path file) throws InterruptedException {
        try {
            workBeganNanos = System.nanoTime();
            WordFile words = SegmentWords.of(ReplicatedState.fileOf(data, id), bytes -> pause(now));
            write(file, words.encode());
            pause(now); // Of many short segments, this is most of it.
            LOG.debug(
                    "words of a segment collected: segment={}, spans={}",
                    id,
                    words.spans().size());
        } catch (NoSuchFileException e) {
            LOG.debug("segment is gone: segment={}", id, e);
        } catch (IOException e) {
            if (Thread.interrupted()) {
                throw new InterruptedException("while segment " + id + " was read");
            }
            LOG.warn("words of a segment not collected: segment={}, reason={}", id, e.toString());
        }
    }

    /** In proportion to what it worked, and on while the node has enough to do. */
    private void pause(ReplicatedState now) throws InterruptedException {
        long nanos = System.nanoTime();
        workedNanos += nanos - workBeganNanos;
        if (workedNanos >= LEAST_PAUSE_NANOS) {
            long cpuNanos = THREADS.getCurrentThreadCpuTime();
            TimeUnit.NANOSECONDS.sleep(workedNanos * restFor(rest, workedNanos, cpuNanos - restedCpuNanos));
            restedCpuNanos = cpuNanos;
            workedNanos = 0;
        }
        look(now);
        while (rest == Integer.MAX_VALUE) {
            Thread.sleep(STEP_MILLIS);
            look(now);
        }
        workBeganNanos = System.nanoTime();
    }

    private void look(ReplicatedState now) {
        long nanos = System.nanoTime();
        if (nanos - lookedNanos >= SECOND_NANOS) {
            long written = now.segmentBytesWritten();
            double seconds = (double) (nanos - lookedNanos) / SECOND_NANOS;
            rest = restAt((written - lookedBytes) / seconds);
            lookedNanos = nanos;
            lookedBytes = written;
        }
    }

    /** @return how long is rested for the time that was worked; {@link Integer#MAX_VALUE}: until less comes in */
    static int restAt(double bytesPerSecond) {
        if (bytesPerSecond > FULL_BYTES_PER_SECOND) {
            return Integer.MAX_VALUE;
        }
        return bytesPerSecond > BUSY_BYTES_PER_SECOND ? BUSY_REST : REST;
    }

    /** The longer rest where it had the processor, or what it read, for less than half of the time. */
    static int restFor(int rest, long workedNanos, long cpuNanos) {
        return cpuNanos < workedNanos / 2 ? Math.max(rest, BUSY_REST) : rest;
    }

    /** A reader sees it whole or not at all, as long as the machine runs. */
    private static void write(Path file, ByteBuffer words) throws IOException {
        Files.createDirectories(file.getParent());
        Path unfinished = file.resolveSibling(file.getFileName() + Durable.UNFINISHED);
        Files.deleteIfExists(unfinished); // left by a crash; or a link, which would be written through
        try (ByteChannel channel =
                Files.newByteChannel(unfinished, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            while (words.hasRemaining()) {
                channel.write(words);
            }
        }
        Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** Files whose segments are not here any more, and what else is there. */
    private void deleteUnwanted(ReplicatedState now) {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> streams = Files.newDirectoryStream(directory, Files::isDirectory)) {
            for (Path stream : streams) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(stream)) {
                    for (Path file : files) {
                        if (!isWanted(now, stream, file)) {
                            Files.deleteIfExists(file);
                        }
                    }
                }
            }
        } catch (IOException e) {
            LOG.warn("words of segments not deleted, they are tried again: reason={}", e.toString());
        }
    }

    private boolean isWanted(ReplicatedState now, Path stream, Path file) {
        String name = file.getFileName().toString();
        try {
            SegmentId id = new SegmentId(
                    Integer.parseInt(stream.getFileName().toString()),
                    HexFormat.fromHexDigitsToLong(name, 0, name.length() - WordFile.FILE_SUFFIX.length()));
            return file.equals(file(id))
                    && now.segment(id)
                            .filter(segment -> segment.state() == SegmentState.SEALED)
                            .isPresent();
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            return false;
        }
    }

    @Override
    public void close() {
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(5));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
