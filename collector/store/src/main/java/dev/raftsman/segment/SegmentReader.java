package dev.raftsman.segment;

import dev.raftsman.block.Block;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.disk.Checksum;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a segment from its beginning, checking every byte: a sealed one, one still being written, or a copy of either
 * that was cut anywhere.
 *
 * <pre>{@code
 * try (SegmentReader reader = SegmentReader.open(file)) {
 *     while (reader.next()) {
 *         use(reader.epoch(), reader.block());
 *     }
 *     if (reader.ending() == Ending.TORN) { // whole up to reader.validBytes()
 *     }
 * }
 * }</pre>
 *
 * <p>Memory: one buffer of the longest record met. One thread.
 */
public final class SegmentReader implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 16;

    /** How the bytes ended. */
    public enum Ending {
        /** Not yet reached. */
        UNREACHED,
        /** At the footer: whole and finished. */
        SEALED,
        /** Between two records, without a footer: so far whole. */
        UNFINISHED,
        /** Inside the header or a record: whole up to {@link SegmentReader#validBytes()}. */
        TORN
    }

    private final String name;
    private final InputStream in;
    private final SegmentDigest digest;

    /** Null unless the segment grows. */
    private BoundedStream growing;

    private final SegmentTally tally = new SegmentTally();
    private final Map<Long, EpochInfo> epochs = new HashMap<>();
    private final ByteBuffer head =
            ByteBuffer.allocate(SegmentRecord.HEADER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private byte[] body = new byte[0];
    private SegmentHeader header;
    private SegmentFooter footer;
    private Ending ending = Ending.UNREACHED;
    private long validBytes;
    private long offset;
    private long raftIndex;
    private long stampMillis;
    private long sealRaftIndex;
    private long sealStampMillis;
    private EpochInfo epoch;
    private Block block;

    private SegmentReader(String name, InputStream in, SegmentDigest digest) throws IOException {
        this.name = name;
        this.in = new BufferedInputStream(in, BUFFER_BYTES);
        this.digest = digest;
        try {
            readHeader();
        } catch (IOException | RuntimeException e) {
            in.close();
            throw e;
        }
    }

    /**
     * Reads a file. One that is being appended to is read as far as it goes at each moment.
     *
     * @throws CorruptSegmentException if it does not begin as a segment
     * @throws UnsupportedFormatException if a newer version wrote it
     */
    public static SegmentReader open(Path file) throws IOException {
        return new SegmentReader(file.toString(), Files.newInputStream(file), null);
    }

    /** Like {@link #open(Path)}, keeping a SHA-256 of what was read and comparing it with the footer's. */
    public static SegmentReader openWithDigest(Path file) throws IOException {
        return new SegmentReader(file.toString(), Files.newInputStream(file), new SegmentDigest());
    }

    /**
     * Reads a segment that grows, as far as it was whole when it was opened; {@link #extend} goes on from there.
     *
     * @param file read from its beginning; closed with the reader
     */
    public static SegmentReader follow(SegmentFile file) throws IOException {
        BoundedStream bounded = new BoundedStream(Channels.newInputStream(file.channel()), file.length());
        SegmentReader reader = new SegmentReader(file.path().toString(), bounded, null);
        reader.growing = bounded;
        return reader;
    }

    /**
     * More of the segment is whole now. Blocks that were not reached before are, if any, by the next {@link #next()}.
     *
     * @param length of the whole records, not less than before; at the end of one
     */
    public void extend(long length) {
        growing.extend(length);
        if (ending == Ending.UNFINISHED) {
            ending = Ending.UNREACHED;
        }
    }

    /** Reads a file up to a length, as if it ended there. */
    static SegmentReader open(Path file, long length, SegmentDigest digest) throws IOException {
        return new SegmentReader(file.toString(), new BoundedStream(Files.newInputStream(file), length), digest);
    }

    /**
     * @param name what to call it in errors
     * @param in belongs to the reader, which closes it
     */
    public static SegmentReader of(String name, InputStream in) throws IOException {
        return new SegmentReader(name, in, null);
    }

    /** Like {@link #of(String, InputStream)}, keeping a SHA-256 of what was read and comparing it with the footer's. */
    public static SegmentReader withDigest(String name, InputStream in) throws IOException {
        return new SegmentReader(name, in, new SegmentDigest());
    }

    /** @param name what to call it in errors */
    public static SegmentReader of(String name, byte[] segment) throws IOException {
        return new SegmentReader(name, new ByteArrayInputStream(segment), null);
    }

    /**
     * Goes to the next block.
     *
     * @return false at the end, see {@link #ending()}; then again and again
     * @throws CorruptSegmentException if anything read does not agree with itself
     */
    public boolean next() throws IOException {
        while (ending == Ending.UNREACHED) {
            if (readRecord()) {
                return true;
            }
        }
        return false;
    }

    /** What the segment says about itself; empty only if its header is torn. */
    public Optional<SegmentHeader> header() {
        return Optional.ofNullable(header);
    }

    /** Of the segment, once {@link #next()} has met it: its end is {@link Ending#SEALED}. */
    public Optional<SegmentFooter> footer() {
        return Optional.ofNullable(footer);
    }

    public Ending ending() {
        return ending;
    }

    /** How far the segment is whole: bytes from its beginning to the end of the last whole record. */
    public long validBytes() {
        return validBytes;
    }

    /** What the blocks read so far add up to. */
    public SegmentTotals totals() {
        return tally.totals();
    }

    /** Hexadecimal SHA-256 of the first {@link #validBytes()} bytes. */
    public String sha256() {
        if (digest == null) {
            throw new IllegalStateException("opened without a digest");
        }
        return digest.soFar();
    }

    /** Whose the block is. */
    public EpochInfo epochInfo() {
        return epoch;
    }

    public long epoch() {
        return epoch.epoch();
    }

    /** Of the entry that brought the block. */
    public long raftIndex() {
        return raftIndex;
    }

    /** Of the entry that brought the block, as its leader gave it and made monotone. */
    public long stampMillis() {
        return stampMillis;
    }

    /** Of the entry that sealed the segment; 0 unless its end is {@link Ending#SEALED}. */
    public long sealRaftIndex() {
        return sealRaftIndex;
    }

    /** Of the entry that sealed the segment; 0 unless its end is {@link Ending#SEALED}. */
    public long sealStampMillis() {
        return sealStampMillis;
    }

    /** Where the block's record begins in the file. */
    public long offset() {
        return offset;
    }

    /** Valid until the next call of {@link #next()}. */
    public Block block() {
        return block;
    }

    /** All epochs met so far. */
    Map<Long, EpochInfo> epochs() {
        return epochs;
    }

    private void readHeader() throws IOException {
        ByteBuffer prefix = read(SegmentHeader.PREFIX_BYTES);
        if (prefix.remaining() < SegmentHeader.PREFIX_BYTES) {
            ending = Ending.TORN;
            return;
        }
        int length = SegmentHeader.length(prefix, name);
        byte[] bytes = new byte[length];
        prefix.get(bytes, 0, SegmentHeader.PREFIX_BYTES);
        int rest = length - SegmentHeader.PREFIX_BYTES;
        if (in.readNBytes(bytes, SegmentHeader.PREFIX_BYTES, rest) < rest) {
            ending = Ending.TORN;
            return;
        }
        ByteBuffer whole = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        header = SegmentHeader.decode(whole, name);
        raftIndex = header.id().base();
        accept(whole);
    }

    /** @return whether a block was read */
    private boolean readRecord() throws IOException {
        offset = validBytes;
        int headBytes = in.readNBytes(head.array(), 0, SegmentRecord.HEADER_BYTES);
        if (headBytes < SegmentRecord.HEADER_BYTES) {
            ending = headBytes == 0 ? Ending.UNFINISHED : Ending.TORN;
            return false;
        }
        if (!checkHead()) {
            ending = Ending.TORN;
            return false;
        }
        int length = head.getInt(SegmentRecord.LENGTH_OFFSET);
        ByteBuffer bytes = read(length);
        if (bytes.remaining() < length) {
            ending = Ending.TORN;
            return false;
        }
        byte type = head.get(SegmentRecord.TYPE_OFFSET);
        if (type == SegmentRecord.BLOCK) {
            readBlock(bytes);
        } else {
            checkBody(bytes);
            if (type == SegmentRecord.EPOCH) {
                readEpoch(bytes);
            } else {
                readFooter(bytes);
            }
        }
        accept(head.rewind());
        accept(bytes);
        return type == SegmentRecord.BLOCK;
    }

    /** @return false if there is nothing but zeros from here: a file that had grown before a power cut, unwritten */
    private boolean checkHead() throws IOException {
        int stored = head.getInt(SegmentRecord.CRC_OFFSET);
        int computed = Checksum.crc32c(head, 0, SegmentRecord.CRC_OFFSET);
        if (stored != computed) {
            if (zero(head.array(), SegmentRecord.HEADER_BYTES) && restIsZero()) {
                return false;
            }
            throw corrupt(
                    SegmentRecord.CRC_OFFSET,
                    "record CRC32C " + SegmentHeader.hex(computed),
                    SegmentHeader.hex(stored));
        }
        int length = head.getInt(SegmentRecord.LENGTH_OFFSET);
        int type = head.getInt(SegmentRecord.TYPE_OFFSET);
        int most = SegmentRecord.maxLength(type);
        if (most < 0) {
            throw corrupt(SegmentRecord.TYPE_OFFSET, "record type 1 to 3", Integer.toString(type));
        }
        if (length < 0 || length > most) {
            throw corrupt(SegmentRecord.LENGTH_OFFSET, "0 to " + most + " bytes", Integer.toString(length));
        }
        long index = head.getLong(SegmentRecord.INDEX_OFFSET);
        if (index < raftIndex) {
            throw corrupt(SegmentRecord.INDEX_OFFSET, "Raft index " + raftIndex + " or more", Long.toString(index));
        }
        return true;
    }

    private void readBlock(ByteBuffer bytes) throws IOException {
        long number = head.getLong(SegmentRecord.EPOCH_OFFSET);
        EpochInfo known = epochs.get(number);
        if (known == null) {
            throw corrupt(SegmentRecord.EPOCH_OFFSET, "an epoch introduced before", Long.toString(number));
        }
        Block found;
        try {
            found = Block.wrap(bytes);
            tally.add(number, found);
        } catch (CorruptBlockException | IllegalStateException e) {
            throw corrupt(SegmentRecord.HEADER_BYTES, "a whole block", e.getMessage());
        }
        int check = head.getInt(SegmentRecord.CHECK_OFFSET);
        if (check != found.crc()) {
            throw corrupt(
                    SegmentRecord.CHECK_OFFSET,
                    "block with CRC32C " + SegmentHeader.hex(check),
                    SegmentHeader.hex(found.crc()));
        }
        epoch = known;
        block = found;
        raftIndex = head.getLong(SegmentRecord.INDEX_OFFSET);
        stampMillis = head.getLong(SegmentRecord.STAMP_OFFSET);
    }

    private void checkBody(ByteBuffer bytes) throws CorruptSegmentException {
        int check = head.getInt(SegmentRecord.CHECK_OFFSET);
        int computed = Checksum.crc32c(bytes, 0, bytes.limit());
        if (check != computed) {
            throw corrupt(
                    SegmentRecord.CHECK_OFFSET, "body CRC32C " + SegmentHeader.hex(check), SegmentHeader.hex(computed));
        }
    }

    private void readEpoch(ByteBuffer bytes) throws CorruptSegmentException {
        try {
            EpochInfo found = EpochInfo.decode(head.getLong(SegmentRecord.EPOCH_OFFSET), bytes);
            if (epochs.put(found.epoch(), found) != null) {
                throw corrupt(SegmentRecord.EPOCH_OFFSET, "an epoch introduced once", Long.toString(found.epoch()));
            }
        } catch (IllegalArgumentException e) {
            throw corrupt(SegmentRecord.HEADER_BYTES, "an epoch", e.getMessage());
        }
    }

    private void readFooter(ByteBuffer bytes) throws IOException {
        SegmentFooter found;
        try {
            found = SegmentFooter.decode(bytes);
        } catch (IllegalArgumentException e) {
            throw corrupt(SegmentRecord.HEADER_BYTES, "a footer", e.getMessage());
        }
        if (!found.totals().equals(tally.totals())) {
            throw corrupt(SegmentRecord.HEADER_BYTES, "totals " + tally.totals(), String.valueOf(found.totals()));
        }
        if (digest != null && !found.recordsSha256().equals(digest.soFar())) {
            throw corrupt(SegmentRecord.HEADER_BYTES, "SHA-256 " + found.recordsSha256(), digest.soFar());
        }
        if (in.read() >= 0) {
            throw corrupt(SegmentRecord.HEADER_BYTES + bytes.limit(), "the end after the footer", "more bytes");
        }
        footer = found;
        sealRaftIndex = head.getLong(SegmentRecord.INDEX_OFFSET);
        sealStampMillis = head.getLong(SegmentRecord.STAMP_OFFSET);
        ending = Ending.SEALED;
    }

    /** What is there of the next bytes, in the reader's own buffer. */
    private ByteBuffer read(int length) throws IOException {
        if (body.length < length) {
            body = new byte[Math.max(length, Math.min(body.length * 2, Block.MAX_BYTES))];
        }
        int got = in.readNBytes(body, 0, length);
        return ByteBuffer.wrap(body, 0, got).slice().order(ByteOrder.LITTLE_ENDIAN);
    }

    private void accept(ByteBuffer bytes) {
        validBytes += bytes.limit();
        if (digest != null) {
            digest.update(bytes.duplicate().rewind());
        }
    }

    private boolean restIsZero() throws IOException {
        byte[] rest = new byte[BUFFER_BYTES];
        for (int got = in.read(rest); got >= 0; got = in.read(rest)) {
            if (!zero(rest, got)) {
                return false;
            }
        }
        return true;
    }

    private static boolean zero(byte[] bytes, int length) {
        for (int i = 0; i < length; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    private CorruptSegmentException corrupt(int inRecord, String expected, String found) {
        return new CorruptSegmentException(name, offset + inRecord, expected, found);
    }

    @Override
    public void close() throws IOException {
        in.close();
    }

    /** The first bytes of a stream. */
    private static final class BoundedStream extends InputStream {
        private final InputStream in;
        private long length;
        private long left;

        BoundedStream(InputStream in, long length) {
            this.in = in;
            this.length = length;
            this.left = length;
        }

        void extend(long newLength) {
            if (newLength < length) {
                throw new IllegalArgumentException(newLength + " bytes after " + length);
            }
            left += newLength - length;
            length = newLength;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                return -1;
            }
            int value = in.read();
            left -= value >= 0 ? 1 : 0;
            return value;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            if (left == 0) {
                return length == 0 ? 0 : -1;
            }
            int got = in.read(to, offset, (int) Math.min(length, left));
            left -= Math.max(got, 0);
            return got;
        }

        @Override
        public void close() throws IOException {
            in.close();
        }
    }
}
