package dev.raftsman.restore;

import dev.raftsman.disk.Checksum;
import dev.raftsman.restore.ReadCache.Range;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of a read cache, in a directory of its own that is made for the first of them and removed at the end; the longest
 * unused are given up first. Nothing here is needed: a disk that is full or fails makes it forget, never the reader fail.
 * Thread-safe.
 */
final class Overflow implements AutoCloseable {
    private static final String NAME = "raftsman-cache-";
    private static final String SUFFIX = ".range";
    private static final Logger LOG = LoggerFactory.getLogger(Overflow.class);

    private record Kept(Path file, int crc) {}

    private final Path parent;
    private final long quotaBytes;
    private final Map<Range, Kept> kept = new LinkedHashMap<>(64, 0.75f, true);
    private Path directory;
    private long bytes;
    private long names;
    private boolean ended;

    Overflow(Path parent, long quotaBytes) {
        this.parent = parent;
        this.quotaBytes = quotaBytes;
    }

    synchronized void put(Range range, byte[] content) {
        if (ended || kept.containsKey(range) || content.length > quotaBytes) {
            return;
        }
        Iterator<Map.Entry<Range, Kept>> eldest = kept.entrySet().iterator();
        while (bytes + content.length > quotaBytes && eldest.hasNext()) {
            Map.Entry<Range, Kept> entry = eldest.next();
            eldest.remove();
            forget(entry.getKey(), entry.getValue());
        }
        try {
            if (directory == null) {
                directory = Files.createTempDirectory(parent, NAME);
            }
            write(range, content, directory.resolve(names++ + SUFFIX));
        } catch (IOException e) {
            LOG.warn(
                    "no disk for a cache, what does not fit into memory is fetched again: directory={} reason={}",
                    directory == null ? parent : directory,
                    e.toString());
            close();
        }
    }

    private void write(Range range, byte[] content, Path file) throws IOException {
        try {
            Files.write(file, content);
        } catch (IOException e) {
            delete(file);
            throw e;
        }
        kept.put(range, new Kept(file, crc(content)));
        bytes += content.length;
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

    /** Nothing is kept from here on. */
    @Override
    public synchronized void close() {
        ended = true;
        kept.forEach((range, file) -> delete(file.file()));
        kept.clear();
        bytes = 0;
        if (directory != null) {
            delete(directory);
        }
    }
}
