package dev.raftsman.wal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A piece of a queue's file in memory: whoever walks through the file loads what lies ahead and looks at it here. Plain
 * reads instead of a mapping, which would die with the JVM on a file that is cut meanwhile. At most one file at a time; not
 * thread-safe.
 */
final class FileWindow implements AutoCloseable {
    static final int WORD_BYTES = 4;
    static final int NOT_COMPLETE = 0x8000_0000;
    static final int META_DATA = 0x4000_0000;
    static final int END_OF_FILE = NOT_COMPLETE | META_DATA;
    static final int LENGTH_MASK = 0x3FFF_FFFF;

    /** Much larger than any setting allows; a length beyond it is damage. */
    static final int MAX_DOCUMENT_BYTES = 64 << 20;

    static final int LEAST_BYTES = 256 << 10;

    private final ByteBuffer probe = ByteBuffer.allocateDirect(WORD_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private ByteBuffer bytes = ByteBuffer.allocateDirect(LEAST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private FileChannel channel;
    private long offset;
    private int length;

    /** Nothing here yet, or not finished, or the end of the file. */
    static boolean isOpenWord(int word) {
        return word == 0 || (word & NOT_COMPLETE) != 0;
    }

    /** Where the document behind one of this length begins. */
    static long after(long at, int documentBytes) {
        long end = at + WORD_BYTES + documentBytes;
        return (end + WORD_BYTES - 1) / WORD_BYTES * WORD_BYTES;
    }

    /** @throws java.nio.file.NoSuchFileException if it was released */
    void open(Path file) throws IOException {
        close();
        channel = FileChannel.open(file, StandardOpenOption.READ);
    }

    boolean isOpen() {
        return channel != null;
    }

    long size() throws IOException {
        return channel.size();
    }

    /** Little endian; what {@link #load} has loaded, from {@link #indexOf} on. */
    ByteBuffer bytes() {
        return bytes;
    }

    /** Where a loaded byte of the file lies in {@link #bytes}. */
    int indexOf(long at) {
        return (int) (at - offset);
    }

    /** What was loaded may be older than the file. */
    void forget() {
        length = 0;
    }

    /** Has the bytes from {@code at} on loaded. @return how many of them there are, fewer only at the end of the file */
    int load(long at, int wanted) throws IOException {
        long have = offset + length - at;
        if (at >= offset && have >= wanted) {
            return (int) have;
        }
        if (bytes.capacity() < wanted) {
            bytes = ByteBuffer.allocateDirect(Math.max(wanted, Math.min(2 * bytes.capacity(), MAX_DOCUMENT_BYTES)))
                    .order(ByteOrder.LITTLE_ENDIAN);
        }
        offset = at;
        length = 0;
        bytes.clear();
        while (length < wanted) {
            int read = channel.read(bytes, at + length);
            if (read < 0) {
                break;
            }
            length += read;
        }
        return length;
    }

    /** @return the word at an offset as it was loaded, 0 beyond the end of the file */
    int wordAt(long at) throws IOException {
        return load(at, WORD_BYTES) < WORD_BYTES ? 0 : bytes.getInt(indexOf(at));
    }

    /** @return the word as the file has it now, 0 beyond its end; forgets what was loaded */
    int freshWordAt(long at) throws IOException {
        forget();
        probe.clear();
        while (probe.hasRemaining()) {
            if (channel.read(probe, at + probe.position()) < 0) {
                return 0;
            }
        }
        return probe.getInt(0);
    }

    /** A view of loaded bytes, little endian and read-only. */
    ByteBuffer view(int index, int count) {
        return bytes.duplicate()
                .limit(index + count)
                .position(index)
                .slice()
                .asReadOnlyBuffer()
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * @return the next offset from {@code from} on, a multiple of a word's length further, behind whose word a frame of
     *     ours may begin; -1 if there is none
     */
    long nextMagic(long from) throws IOException {
        long size = channel.size();
        long at = from;
        while (at + WORD_BYTES + ExcerptFrame.HEADER_BYTES <= size) {
            int available = load(at, (int) Math.min(LEAST_BYTES, size - at));
            int start = indexOf(at);
            int last = available - WORD_BYTES - ExcerptFrame.HEADER_BYTES;
            int hop = 0;
            while (hop <= last && bytes.getInt(start + hop + WORD_BYTES) != ExcerptFrame.MAGIC) {
                hop += WORD_BYTES;
            }
            if (hop <= last) {
                return at + hop;
            }
            if (hop == 0) {
                break; // the file was cut meanwhile
            }
            at += hop;
        }
        return -1;
    }

    @Override
    public void close() {
        WalDirectory.closeQuietly(channel);
        channel = null;
        forget();
    }
}
