package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.disk.Checksum;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Owns one active segment file. Blocks are written as they come, in one positioned write each, and are readable by others
 * at once; nothing is durable before {@link #force()} and a forced directory.
 *
 * <p>A call that throws has changed nothing that counts: bytes beyond {@link #length()} may have been written, and the
 * next call writes over them. So a call may be repeated after the disk was full. One thread; only {@link #force()} may
 * be called from another.
 */
public final class SegmentWriter implements AutoCloseable {
    /** What a scratch buffer must hold: the longest record. */
    public static final int SCRATCH_BYTES = SegmentRecord.HEADER_BYTES + Block.MAX_BYTES;

    private static final int SPAN_BYTES = 256 << 10;

    private final Path file;
    private final SegmentHeader header;
    private final FileChannel channel;
    private final ByteBuffer scratch;
    private final SegmentDigest digest;
    private final Set<Long> introduced;
    private final List<Span> spans = new ArrayList<>();
    private long length;

    private long spanOffset;
    private SegmentTally span = new SegmentTally();

    private SegmentWriter(
            Path file,
            SegmentHeader header,
            FileChannel channel,
            ByteBuffer scratch,
            SegmentDigest digest,
            Set<Long> introduced,
            long length) {
        this.file = file;
        this.header = header;
        this.channel = channel;
        this.scratch = scratch;
        this.digest = digest;
        this.introduced = introduced;
        this.length = length;
        this.spanOffset = length;
    }

    /** A buffer to hand to writers; one serves all that belong to one thread. */
    public static ByteBuffer scratch() {
        return ByteBuffer.allocateDirect(SCRATCH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Begins a segment, over whatever has its name. The directory must exist.
     *
     * @param scratch from {@link #scratch()}, used during calls only
     */
    public static SegmentWriter create(Path file, SegmentHeader header, ByteBuffer scratch) throws IOException {
        FileChannel channel = FileChannel.open(
                file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE);
        try {
            SegmentWriter writer =
                    new SegmentWriter(file, header, channel, scratch, new SegmentDigest(), new HashSet<>(), 0);
            scratch.clear().put(header.encode());
            writer.writeScratch();
            writer.spanOffset = writer.length;
            return writer;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    /**
     * Goes on with a segment as it was at some moment: reads it to that length, compares, cuts what is beyond.
     *
     * @param length of the file at that moment
     * @param sha256 of the file then, hexadecimal
     * @throws CorruptSegmentException if the file is shorter or holds anything else
     */
    public static SegmentWriter resume(Path file, SegmentHeader header, long length, String sha256, ByteBuffer scratch)
            throws IOException {
        FileChannel channel;
        try {
            channel = FileChannel.open(file, StandardOpenOption.WRITE);
        } catch (NoSuchFileException e) {
            throw new CorruptSegmentException(file.toString(), 0, length + " bytes", "no file");
        }
        try {
            if (channel.size() < length) {
                throw new CorruptSegmentException(
                        file.toString(), channel.size(), length + " bytes", channel.size() + " bytes");
            }
            SegmentDigest digest = new SegmentDigest();
            SegmentWriter writer = new SegmentWriter(file, header, channel, scratch, digest, new HashSet<>(), length);
            try (SegmentReader reader = SegmentReader.open(file, length, digest)) {
                writer.readAgain(reader, sha256);
            }
            channel.truncate(length);
            return writer;
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private void readAgain(SegmentReader reader, String sha256) throws IOException {
        spanOffset = reader.validBytes();
        while (reader.next()) {
            // A block's record ends where the valid bytes do; its epoch's record may lie before it in the same span.
            count(reader.epoch(), reader.block(), reader.validBytes());
        }
        if (reader.ending() != SegmentReader.Ending.UNFINISHED || reader.validBytes() != length) {
            throw new CorruptSegmentException(
                    file.toString(),
                    reader.validBytes(),
                    "an unfinished segment of " + length + " bytes",
                    reader.ending() + " at " + reader.validBytes());
        }
        if (!reader.header().equals(Optional.of(header))) {
            throw new CorruptSegmentException(
                    file.toString(), 0, header.toString(), reader.header().toString());
        }
        if (!reader.sha256().equals(sha256)) {
            throw new CorruptSegmentException(file.toString(), length, "SHA-256 " + sha256, reader.sha256());
        }
        introduced.addAll(reader.epochs().keySet());
    }

    public SegmentHeader header() {
        return header;
    }

    public Path file() {
        return file;
    }

    /** Bytes of whole records, the header included. */
    public long length() {
        return length;
    }

    /** Hexadecimal SHA-256 of the first {@link #length()} bytes. */
    public String sha256() {
        return digest.soFar();
    }

    /**
     * Appends a block, after its epoch's record if it is the first of the epoch here.
     *
     * @param raftIndex of the entry; not below the one before
     * @param block must follow the last one of its epoch
     */
    public void append(EpochInfo epoch, long raftIndex, long stampMillis, Block block) throws IOException {
        if (!introduced.contains(epoch.epoch())) {
            ByteBuffer body = epoch.encode();
            int check = Checksum.crc32c(body, 0, body.limit());
            scratch.clear();
            SegmentRecord.put(scratch, body.limit(), SegmentRecord.EPOCH, raftIndex, epoch.epoch(), stampMillis, check);
            scratch.put(body);
            writeScratch();
            introduced.add(epoch.epoch());
        }
        scratch.clear();
        SegmentRecord.put(
                scratch, block.length(), SegmentRecord.BLOCK, raftIndex, epoch.epoch(), stampMillis, block.crc());
        scratch.put(block.encoded());
        writeScratch();
        count(epoch.epoch(), block, length);
    }

    /**
     * Ends the segment with its footer. The writer can only be forced and closed afterwards.
     *
     * @param totals of all its blocks
     * @return hexadecimal SHA-256 of the whole file
     */
    public String seal(long raftIndex, long stampMillis, SegmentTotals totals) throws IOException {
        List<Span> index = new ArrayList<>(spans);
        if (span.totals().blocks() > 0) {
            index.add(spanSoFar());
        }
        ByteBuffer body = new SegmentFooter(digest.soFar(), totals, index).encode();
        ByteBuffer record =
                ByteBuffer.allocate(SegmentRecord.HEADER_BYTES + body.limit()).order(ByteOrder.LITTLE_ENDIAN);
        int check = Checksum.crc32c(body, 0, body.limit());
        SegmentRecord.put(record, body.limit(), SegmentRecord.FOOTER, raftIndex, 0, stampMillis, check);
        write(record.put(body).flip());
        return digest.soFar();
    }

    /** Makes the data written so far durable; the name needs a forced directory besides. Any thread. */
    public void force() throws IOException {
        channel.force(false);
    }

    private void count(long epoch, Block block, long end) {
        span.add(epoch, block);
        if (end - spanOffset >= SPAN_BYTES) {
            spans.add(spanSoFar());
            spanOffset = end;
            span = new SegmentTally();
        }
    }

    private Span spanSoFar() {
        SegmentTotals totals = span.totals();
        return new Span(
                spanOffset, (int) totals.blocks(), totals.levelBitmap(), totals.minTimeNanos(), totals.maxTimeNanos());
    }

    private void writeScratch() throws IOException {
        write(scratch.flip());
    }

    /** All of it at the end of the file, or an exception and nothing that counts. */
    private void write(ByteBuffer bytes) throws IOException {
        int total = bytes.remaining();
        while (bytes.hasRemaining()) {
            channel.write(bytes, length + bytes.position());
        }
        digest.update(bytes.rewind());
        length += total;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
