package dev.raftsman.search;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Names;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;

/**
 * Which words the spans of a sealed segment hold; drawn on the package's page.
 *
 * @param segmentBytes of the segment's file
 * @param epochs whose blocks are in it
 * @param spans without a hole from the segment's header to its footer
 */
public record WordFile(SegmentId segment, long segmentBytes, List<EpochInfo> epochs, List<WordSpan> spans) {
    /** Longest such file. */
    public static final int MAX_BYTES = 64 << 20;

    /** What the file's name ends with. */
    public static final String FILE_SUFFIX = ".words";

    private static final int MAGIC = 'R' | 'W' << 8 | 'F' << 16 | '1' << 24;
    private static final int VERSION = 1;
    private static final int LENGTH_OFFSET = 4;
    private static final int CRC_OFFSET = 8;
    private static final int VERSION_OFFSET = 12;
    private static final int CHECKED_OFFSET = 12;
    private static final int FIXED_BYTES = 44;
    private static final int EPOCH_BYTES = 26;
    private static final int SPAN_BYTES = 56;

    /**
     * A run of whole records.
     *
     * @param offset in the segment's file
     * @param rawBytes of its events as the sources had them
     * @param firstRaftIndex of its first block
     * @param itemsBefore how many items of the same entry lie before it
     */
    public record WordSpan(
            long offset,
            int length,
            int blocks,
            int rawBytes,
            int levelBitmap,
            long minTimeNanos,
            long maxTimeNanos,
            long firstRaftIndex,
            int itemsBefore,
            TokenFilter words) {
        public WordSpan {
            if (offset < 0 || length < 1 || blocks < 1 || itemsBefore < 0) {
                throw new IllegalArgumentException("span of " + length + " bytes at " + offset);
            }
        }

        /** Whether events that are looked for may be in it. */
        public boolean mayHold(Query query, WordQuery words) {
            return query.mayHaveLevel(levelBitmap)
                    && query.mayBeAt(minTimeNanos, maxTimeNanos)
                    && words.mayBeIn(this.words, true);
        }
    }

    public WordFile {
        epochs = List.copyOf(epochs);
        spans = List.copyOf(spans);
    }

    /** Which of so many members makes the file of a segment, by their ids in order: the same by everybody's reckoning. */
    public static int makerOf(SegmentId id, int members) {
        long hash = (id.stream() * 0x9E3779B97F4A7C15L ^ id.base()) * 0xBF58476D1CE4E5B9L;
        return (int) Long.remainderUnsigned(hash >>> 16, members);
    }

    /** {@code <base, 16 hexadecimal digits>.words}. */
    public static String fileName(SegmentId id) {
        return HexFormat.of().toHexDigits(id.base()) + FILE_SUFFIX;
    }

    public ByteBuffer encode() {
        int length = FIXED_BYTES;
        for (EpochInfo epoch : epochs) {
            length += EPOCH_BYTES + epoch.producer().getBytes(StandardCharsets.UTF_8).length;
        }
        for (WordSpan span : spans) {
            length += SPAN_BYTES + span.words().bytes();
        }
        ByteBuffer file = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        file.putInt(MAGIC).putInt(length).putInt(0).putInt(VERSION);
        file.putInt(segment.stream()).putLong(segment.base()).putLong(segmentBytes);
        file.putInt(epochs.size());
        for (EpochInfo epoch : epochs) {
            byte[] producer = epoch.producer().getBytes(StandardCharsets.UTF_8);
            file.putLong(epoch.epoch());
            file.putLong(epoch.incarnation().getMostSignificantBits());
            file.putLong(epoch.incarnation().getLeastSignificantBits());
            file.putShort((short) producer.length).put(producer);
        }
        file.putInt(spans.size());
        for (WordSpan span : spans) {
            byte[] bits = span.words().bits();
            file.putLong(span.offset()).putInt(span.length());
            file.putInt(span.blocks()).putInt(span.rawBytes()).putInt(span.levelBitmap());
            file.putLong(span.minTimeNanos()).putLong(span.maxTimeNanos());
            file.putLong(span.firstRaftIndex()).putInt(span.itemsBefore());
            file.putInt(bits.length).put(bits);
        }
        file.putInt(CRC_OFFSET, Checksum.crc32c(file, CHECKED_OFFSET, length - CHECKED_OFFSET));
        return file.flip();
    }

    /**
     * @param bytes a whole file
     * @throws IOException if it is none, or damaged
     */
    public static WordFile decode(byte[] bytes) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < FIXED_BYTES || in.getInt(0) != MAGIC || in.getInt(LENGTH_OFFSET) != bytes.length) {
            throw new IOException("no file of words: " + bytes.length + " bytes");
        }
        int computed = Checksum.crc32c(in, CHECKED_OFFSET, bytes.length - CHECKED_OFFSET);
        if (computed != in.getInt(CRC_OFFSET)) {
            throw new IOException(
                    "file of words with CRC32C %08x; found %08x".formatted(in.getInt(CRC_OFFSET), computed));
        }
        if (in.getInt(VERSION_OFFSET) != VERSION) {
            throw new IOException("file of words of format " + in.getInt(VERSION_OFFSET) + "; expected " + VERSION);
        }
        try {
            in.position(CHECKED_OFFSET + Integer.BYTES);
            SegmentId segment = new SegmentId(in.getInt(), in.getLong());
            long segmentBytes = in.getLong();
            List<EpochInfo> epochs = new ArrayList<>();
            for (int left = in.getInt(); left > 0; left--) {
                epochs.add(epoch(in));
            }
            List<WordSpan> spans = new ArrayList<>();
            long end = -1;
            for (int left = in.getInt(); left > 0; left--) {
                WordSpan span = span(in);
                if (end >= 0 && span.offset() != end || span.offset() + span.length() > segmentBytes) {
                    throw new IllegalArgumentException("span at " + span.offset() + "; expected " + end);
                }
                end = span.offset() + span.length();
                spans.add(span);
            }
            if (in.hasRemaining()) {
                throw new IllegalArgumentException(in.remaining() + " bytes left");
            }
            return new WordFile(segment, segmentBytes, epochs, spans);
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new IOException("file of words does not fit together: " + e.getMessage(), e);
        }
    }

    private static EpochInfo epoch(ByteBuffer in) {
        long epoch = in.getLong();
        UUID incarnation = new UUID(in.getLong(), in.getLong());
        int length = Short.toUnsignedInt(in.getShort());
        if (length > Names.MAX_LENGTH) {
            throw new IllegalArgumentException("producer of " + length + " bytes");
        }
        byte[] producer = new byte[length];
        in.get(producer);
        return new EpochInfo(epoch, new String(producer, StandardCharsets.UTF_8), incarnation);
    }

    @SuppressWarnings("ByteBufferBackingArray") // wraps the whole of an array
    private static WordSpan span(ByteBuffer in) {
        long offset = in.getLong();
        int length = in.getInt();
        int blocks = in.getInt();
        int rawBytes = in.getInt();
        int levels = in.getInt();
        long minTime = in.getLong();
        long maxTime = in.getLong();
        long firstRaftIndex = in.getLong();
        int itemsBefore = in.getInt();
        int bits = in.getInt();
        if (bits < 0 || bits > in.remaining()) {
            throw new IllegalArgumentException("filter of " + bits + " bytes");
        }
        int at = in.position();
        in.position(at + bits);
        TokenFilter words = TokenFilter.ofBits(in.array(), at, at + bits);
        return new WordSpan(
                offset, length, blocks, rawBytes, levels, minTime, maxTime, firstRaftIndex, itemsBefore, words);
    }
}
