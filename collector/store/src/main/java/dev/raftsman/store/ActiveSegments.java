package dev.raftsman.store;

import dev.raftsman.block.Block;
import dev.raftsman.segment.CorruptSegmentException;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentTotals;
import dev.raftsman.segment.SegmentWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;

/**
 * The files of segments that are being written, one a stream, and what of them the disk has yet to be told to keep. What is
 * written is durable once it was {@link #force forced}. One thread, holding the state's lock.
 */
final class ActiveSegments implements AutoCloseable {
    /** What a segment is when nothing is added to it any more. */
    record Sealed(long bytes, String sha256) {}

    private final SegmentDirectory directory;
    private final PatientDisk disk;
    private final SegmentForcer forcer;
    private final long forceBytes;
    private final ByteBuffer scratch = SegmentWriter.scratch();
    private final TreeMap<Integer, SegmentWriter> writers = new TreeMap<>();

    /** Streams whose segments were written to since all were last forced. */
    private final Set<Integer> dirty = new TreeSet<>();

    /** Directories with names that are not durable. */
    private final Set<Path> dirtyDirectories = new TreeSet<>();

    private long dirtyBytes;
    private volatile long bytesWritten;

    ActiveSegments(SegmentDirectory directory, PatientDisk disk, StoreSettings settings) {
        this.directory = directory;
        this.disk = disk;
        this.forcer = new SegmentForcer(settings.forcing().get());
        this.forceBytes = settings.forceBytes();
    }

    /**
     * Goes on with a segment.
     *
     * @param bytes that it had, cut off behind
     * @param sha256 of these
     */
    void resume(SegmentHeader header, long bytes, String sha256) throws IOException {
        Path file = directory.file(header.id());
        try {
            writers.put(header.id().stream(), SegmentWriter.resume(file, header, bytes, sha256, scratch));
        } catch (CorruptSegmentException e) {
            throw new CorruptStoreException(e);
        }
    }

    int count() {
        return writers.size();
    }

    boolean has(int stream) {
        return writers.containsKey(stream);
    }

    /** Bytes of a stream's segment. */
    long length(int stream) {
        return writers.get(stream).length();
    }

    /** Begins a segment of a stream that has none. */
    void begin(SegmentHeader header) {
        Path file = directory.file(header.id());
        SegmentWriter writer = disk.run("begin " + file, () -> {
            Files.createDirectories(file.getParent());
            return SegmentWriter.create(file, header, scratch);
        });
        writers.put(header.id().stream(), writer);
        dirtyDirectories.add(directory.segments());
        dirtyDirectories.add(file.getParent());
        written(writer.length());
    }

    void append(int stream, EpochInfo epoch, long position, long stampMillis, Block block) {
        SegmentWriter writer = writers.get(stream);
        long before = writer.length();
        disk.run("append to " + writer.file(), () -> {
            writer.append(epoch, position, stampMillis, block);
            return writer;
        });
        dirty.add(stream);
        written(writer.length() - before);
    }

    /** Ends a stream's segment; its force begins. */
    Sealed seal(int stream, long position, long stampMillis, SegmentTotals totals) {
        SegmentWriter writer = writers.get(stream);
        long before = writer.length();
        String sha256 = disk.run("seal " + writer.file(), () -> writer.seal(position, stampMillis, totals));
        writers.remove(stream);
        dirty.remove(stream);
        Sealed sealed = new Sealed(writer.length(), sha256);
        written(sealed.bytes() - before);
        forcer.finish(writer);
        return sealed;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // the applying thread alone writes it
    private void written(long bytes) {
        bytesWritten += bytes;
        dirtyBytes += bytes;
    }

    /** Begins a force in the background, so that the next one has little to do. */
    void forceIfMuch() {
        if (dirtyBytes >= forceBytes) {
            dirtyBytes = 0;
            Future<?> unused = forcer.force(dirtyWriters(), List.of());
        }
    }

    /** Begins a force of all that was written. @return done with it, or with its failure */
    Future<?> force() {
        Future<?> forced = forcer.force(dirtyWriters(), List.copyOf(dirtyDirectories));
        dirty.clear();
        dirtyDirectories.clear();
        dirtyBytes = 0;
        return forced;
    }

    private List<SegmentWriter> dirtyWriters() {
        return dirty.stream().map(writers::get).toList();
    }

    /** Of the segments' bytes so far, by stream. */
    Map<Integer, String> sha256() {
        Map<Integer, String> all = new HashMap<>();
        writers.forEach((stream, writer) -> all.put(stream, writer.sha256()));
        return all;
    }

    /** Without the lock. @throws IOException if anything could not be forced, ever */
    void checkForces() throws IOException {
        forcer.check();
    }

    /** Since this was made. Any thread, without the lock. */
    long bytesWritten() {
        return bytesWritten;
    }

    /** Closes the files; forces nothing. */
    @Override
    public void close() throws IOException {
        forcer.close();
        for (SegmentWriter writer : writers.values()) {
            writer.close();
        }
    }
}
