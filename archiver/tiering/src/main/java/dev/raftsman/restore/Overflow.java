package dev.raftsman.restore;

import dev.raftsman.disk.Checksum;
import dev.raftsman.disk.Durable;
import dev.raftsman.restore.ReadCache.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of a read cache, the longest unused given up first. Nothing here is needed: a disk that is full or fails makes it
 * forget, never the reader fail. Thread-safe.
 */
final class Overflow implements AutoCloseable {
    private static final String SUFFIX = ".range";
    private static final Logger LOG = LoggerFactory.getLogger(Overflow.class);

    private record Kept(Path file, int crc) {}

    private final Path directory;
    private final long quotaBytes;
    private final Map<Range, Kept> kept = new LinkedHashMap<>(64, 0.75f, true);
    private long bytes;
    private long names;

    private Overflow(Path directory, long quotaBytes) {
        this.directory = directory;
        this.quotaBytes = quotaBytes;
    }

    static Overflow open(Path directory, long quotaBytes) throws IOException {
        Durable.createDirectories(directory);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        return new Overflow(directory, quotaBytes);
    }

    synchronized void put(Range range, byte[] content) {
        if (kept.containsKey(range) || content.length > quotaBytes) {
            return;
        }
        Iterator<Map.Entry<Range, Kept>> eldest = kept.entrySet().iterator();
        while (bytes + content.length > quotaBytes && eldest.hasNext()) {
            Map.Entry<Range, Kept> entry = eldest.next();
            eldest.remove();
            forget(entry.getKey(), entry.getValue());
        }
        Path file = directory.resolve(names++ + SUFFIX);
        try {
            Files.write(file, content);
            kept.put(range, new Kept(file, crc(content)));
            bytes += content.length;
        } catch (IOException e) {
            LOG.warn("cannot be kept, will be fetched again: file={} reason={}", file, e.getMessage());
            delete(file);
        }
    }

    /** @return null if it is not here, or not as it was */
    synchronized byte[] get(Range range) {
        Kept found = kept.get(range);
        if (found == null) {
            return null;
        }
        try {
            byte[] content = Files.readAllBytes(found.file());
            if (content.length == range.length() && crc(content) == found.crc()) {
                return content;
            }
            LOG.warn("is not what was written, will be fetched again: file={}", found.file());
        } catch (IOException e) {
            LOG.warn("cannot be read, will be fetched again: file={} reason={}", found.file(), e.getMessage());
        }
        kept.remove(range);
        forget(range, found);
        return null;
    }

    synchronized void forget(Range range) {
        Kept gone = kept.remove(range);
        if (gone != null) {
            forget(range, gone);
        }
    }

    private void forget(Range range, Kept gone) {
        bytes -= range.length();
        delete(gone.file());
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.warn("cannot be deleted: file={} reason={}", file, e.getMessage());
        }
    }

    private static int crc(byte[] content) {
        return Checksum.crc32c(ByteBuffer.wrap(content), 0, content.length);
    }

    @Override
    public synchronized void close() {
        kept.forEach((range, file) -> delete(file.file()));
        kept.clear();
        bytes = 0;
    }
}
