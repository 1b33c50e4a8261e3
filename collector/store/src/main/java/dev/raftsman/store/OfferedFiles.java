package dev.raftsman.store;

import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;

/**
 * What a node gives to others that lack it. Any thread.
 *
 * <pre>
 * snapshot   question: nothing                  answer: 0 i64 length   8 SHA-256, 32 bytes │ the manifest
 * segment    question: {@link SegmentQuestion}   answer: 0 i64 where the bytes begin: as asked, or 0 │ the bytes
 * </pre>
 *
 * Big endian; each │ begins a chunk. Whoever asks checks what it gets: bytes are not checked here.
 */
public final class OfferedFiles {
    static final int SNAPSHOT_HEAD_BYTES = 8 + 32;
    static final int SEGMENT_HEAD_BYTES = 8;

    /** Where the file of a segment is. */
    @FunctionalInterface
    public interface Segments {
        /** @throws IOException if this node does not have it whole; the message reaches the node that asked */
        Path file(SegmentId id) throws IOException;
    }

    private OfferedFiles() {}

    /**
     * The newest snapshot.
     *
     * @param manifest replaced by a newer one at any time; null if there is none
     */
    public static Chunks snapshot(Path manifest) throws IOException {
        if (manifest == null) {
            throw new IOException("no snapshot yet");
        }
        FileChannel file = FileChannel.open(manifest, StandardOpenOption.READ);
        try {
            long length = file.size();
            FileDigest digest = new FileDigest();
            digest.update(file, length, read -> {});
            ByteBuffer head = ByteBuffer.allocate(SNAPSHOT_HEAD_BYTES).putLong(length);
            head.put(HexFormat.of().parseHex(digest.finish()));
            return new FileChunks(head.flip(), file, 0, length);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    /** Bytes of a segment. */
    public static Chunks segment(Segments segments, ByteBuffer encoded) throws IOException {
        SegmentQuestion question = SegmentQuestion.decode(encoded);
        FileChannel file;
        try {
            file = FileChannel.open(segments.file(question.segment()), StandardOpenOption.READ);
        } catch (NoSuchFileException e) {
            throw new IOException("segment " + question.segment() + " is not here any more", e);
        }
        try {
            if (file.size() < question.to()) {
                throw new IOException(
                        "segment " + question.segment() + " has " + file.size() + " bytes; asked for " + question.to());
            }
            long from = question.from();
            if (question.sha256() != null) {
                FileDigest digest = new FileDigest();
                digest.update(file, from, read -> {});
                from = digest.finish().equals(question.sha256()) ? from : 0;
            }
            return new FileChunks(
                    ByteBuffer.allocate(SEGMENT_HEAD_BYTES).putLong(from).flip(), file, from, question.to());
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    private static final class FileChunks implements Chunks {
        private ByteBuffer head;
        private final FileChannel file;
        private long position;
        private final long end;

        /** Used again for each chunk, so that a fetch of gigabytes leaves no garbage of gigabytes in a heap of some 256 MiB. */
        private ByteBuffer buffer;

        FileChunks(ByteBuffer head, FileChannel file, long position, long end) {
            this.head = head;
            this.file = file;
            this.position = position;
            this.end = end;
        }

        @Override
        public ByteBuffer next() throws IOException {
            if (head != null) {
                ByteBuffer first = head;
                head = null;
                return first;
            }
            if (position == end) {
                return null;
            }
            if (buffer == null) {
                buffer = ByteBuffer.allocate((int) Math.min(MAX_BYTES, end - position));
            }
            ByteBuffer chunk = buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
            while (chunk.hasRemaining()) {
                int read = file.read(chunk, position);
                if (read < 0) {
                    throw new IOException("the file became shorter: " + position + " of " + end + " bytes");
                }
                position += read;
            }
            return chunk.flip();
        }

        @Override
        public void close() throws IOException {
            file.close();
        }
    }
}
