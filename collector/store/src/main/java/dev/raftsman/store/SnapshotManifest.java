package dev.raftsman.store;

import dev.raftsman.catalog.CatalogImage;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.MalformedJsonException;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * A snapshot of the state machine: the tables at one index, and the files that belong to them. Not the files' bytes:
 * those are in the segments directory, forced before the manifest was written, or fetched by name from a peer.
 *
 * <pre>
 * raftsman-snapshot 1\n
 * {this record as JSON}\n
 * sha256 &lt;of all before this line, hexadecimal&gt;\n
 * </pre>
 *
 * @param files of the segments whose data is kept, by id: their whole length, or for one that was active the length and
 *     digest that it had
 */
public record SnapshotManifest(long term, long index, CatalogImage catalog, List<FileState> files) {
    /**
     * What a segment's file must be.
     *
     * @param sha256 hexadecimal, of the first {@code bytes}
     */
    public record FileState(SegmentId segment, long bytes, String sha256) {}

    private static final String TITLE = "raftsman-snapshot ";
    private static final int FORMAT = 1;
    private static final String SEAL = "sha256 ";
    private static final int HEX_BYTES = 64;
    private static final int SEAL_BYTES = SEAL.length() + HEX_BYTES + 1;
    private static final int MAX_TITLE_BYTES = 64;

    public SnapshotManifest {
        files = List.copyOf(files);
    }

    /**
     * Writes it whole or not at all: beside, forced, read back, renamed, directory forced. Durable on return.
     */
    public void write(Path file) throws IOException {
        Path directory = file.toAbsolutePath().getParent();
        Path unfinished = directory.resolve(file.getFileName() + Durable.UNFINISHED);
        try {
            writeTo(unfinished);
        } catch (IOException e) {
            Files.deleteIfExists(unfinished);
            throw e;
        }
        verify(unfinished);
        Durable.rename(unfinished, file);
    }

    private void writeTo(Path file) throws IOException {
        MessageDigest sha256 = sha256();
        try (FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            OutputStream out =
                    new BufferedOutputStream(new DigestOutputStream(Channels.newOutputStream(channel), sha256));
            out.write((TITLE + FORMAT + "\n").getBytes(StandardCharsets.US_ASCII));
            CatalogJson.write(out, this);
            out.write('\n');
            out.flush();
            String seal = SEAL + HexFormat.of().formatHex(sha256.digest()) + "\n";
            ByteBuffer bytes = ByteBuffer.wrap(seal.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /**
     * Reads a manifest after comparing it with its own digest.
     *
     * @throws CorruptStoreException if it is not as it was written
     * @throws UnsupportedFormatException if a newer version wrote it
     */
    public static SnapshotManifest read(Path file) throws IOException {
        int titleBytes = verify(file);
        long jsonBytes = Files.size(file) - titleBytes - SEAL_BYTES;
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            in.skipNBytes(titleBytes);
            return CatalogJson.read(new FirstBytes(in, jsonBytes), SnapshotManifest.class);
        } catch (MalformedJsonException e) {
            throw new CorruptStoreException(file.toString(), titleBytes, "a snapshot manifest", e.getMessage());
        }
    }

    /** @return length of the title line */
    private static int verify(Path file) throws IOException {
        long size = Files.size(file);
        MessageDigest sha256 = sha256();
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes((int) Math.min(MAX_TITLE_BYTES, Math.max(0, size - SEAL_BYTES)));
            String title = new String(start, StandardCharsets.ISO_8859_1);
            int end = title.indexOf('\n');
            if (!title.startsWith(TITLE) || end < 0) {
                throw new CorruptStoreException(
                        file.toString(), 0, "'" + TITLE + FORMAT + "'", size + " bytes that begin otherwise");
            }
            sha256.update(start);
            byte[] buffer = new byte[1 << 16];
            for (long left = size - SEAL_BYTES - start.length; left > 0; ) {
                int got = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (got < 0) {
                    throw new CorruptStoreException(file.toString(), size - left, size + " bytes", "its end");
                }
                sha256.update(buffer, 0, got);
                left -= got;
            }
            String expected = SEAL + HexFormat.of().formatHex(sha256.digest()) + "\n";
            String found = new String(in.readNBytes(SEAL_BYTES), StandardCharsets.ISO_8859_1);
            if (!expected.equals(found)) {
                throw new CorruptStoreException(file.toString(), size - SEAL_BYTES, expected.strip(), printable(found));
            }
            if (!title.startsWith(TITLE + FORMAT + "\n")) {
                throw new UnsupportedFormatException(
                        file + ": format " + title.substring(TITLE.length(), end) + "; expected " + FORMAT);
            }
            return end + 1;
        }
    }

    private static String printable(String text) {
        return text.strip().replaceAll("[^\\x20-\\x7e]", "?");
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** So many bytes of a stream. */
    private static final class FirstBytes extends InputStream {
        private final InputStream in;
        private long left;

        FirstBytes(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read() throws IOException {
            return left-- > 0 ? in.read() : -1;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (left <= 0) {
                return -1;
            }
            int got = in.read(to, offset, (int) Math.min(left, length));
            left -= Math.max(got, 0);
            return got;
        }
    }
}
