package dev.raftsman.search;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Names;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * Which words the spans of a sealed segment hold; drawn on the package's page.
 *
 * @param segmentBytes of the segment's file
 * @param epochs whose blocks are in it
 * @param spans without a hole from the segment's header to its footer
 */
public record WordFile(SegmentId segment, long segmentBytes, List<EpochInfo> epochs, List<WordSpan> spans) {
    /** What the file's name ends with. */
    public static final String FILE_SUFFIX = ".words";

    private static final int MAGIC = 'R' | 'W' << 8 | 'F' << 16 | '1' << 24;
    private static final int VERSION = 1;
    private static final int LENGTH_OFFSET = 4;
    private static final int CRC_OFFSET = 8;
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
     * The next of several files that lie one behind the other.
     *
     * @param files stays the caller's
     * @return empty at the end
     * @throws IOException if there is none, or one that is damaged
     */
    public static Optional<WordFile> next(InputStream files) throws IOException {
        byte[] begin = files.readNBytes(CHECKED_OFFSET);
        return begin.length == 0 ? Optional.empty() : Optional.of(read(begin, files, filter -> filter));
    }

    /**
     * What a file says of some words alone: a span that lacks one of them denies all, of the others nothing is denied. Memory:
     * a filter, and what is returned.
     *
     * @param file to its end; stays the caller's
     * @param words ASCII letters and digits
     * @throws IOException if it is none, or damaged
     */
    public static WordFile reduced(InputStream file, List<byte[]> words) throws IOException {
        WordFile reduced = read(
                file.readNBytes(CHECKED_OFFSET),
                file,
                filter -> words.stream().allMatch(filter::mayContain) ? TokenFilter.NONE : TokenFilter.DENIES_ALL);
        if (file.read() >= 0) {
            throw new IOException("something is behind a file of words");
        }
        return reduced;
    }

    /** @param kept what is kept of each filter */
    private static WordFile read(byte[] beginning, InputStream rest, UnaryOperator<TokenFilter> kept)
            throws IOException {
        ByteBuffer begin = ByteBuffer.wrap(beginning).order(ByteOrder.LITTLE_ENDIAN);
        if (beginning.length < CHECKED_OFFSET
                || begin.getInt(0) != MAGIC
                || begin.getInt(LENGTH_OFFSET) < FIXED_BYTES) {
            throw new IOException("no file of words");
        }
        CRC32C computed = new CRC32C();
        try {
            Parts parts =
                    new Parts(new CheckedInputStream(rest, computed), begin.getInt(LENGTH_OFFSET) - CHECKED_OFFSET);
            WordFile words = parts.file(kept);
            if (parts.left > 0) {
                throw new IllegalArgumentException(parts.left + " bytes are left");
            }
            if ((int) computed.getValue() != begin.getInt(CRC_OFFSET)) {
                throw new IOException("file of words with CRC32C %08x; found %08x"
                        .formatted(begin.getInt(CRC_OFFSET), computed.getValue()));
            }
            return words;
        } catch (IllegalArgumentException e) {
            throw new IOException("file of words does not fit together: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer bytes(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new IOException("file of words ends too soon");
        }
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Of a file that may be damaged: that shows at its end. */
    private static final class Parts {
        private final InputStream in;
        private int left;

        Parts(InputStream in, int left) {
            this.in = in;
            this.left = left;
        }

        private ByteBuffer take(int length) throws IOException {
            if (length < 0 || length > left) {
                throw new IllegalArgumentException("part of " + length + " bytes; " + left + " are left");
            }
            left -= length;
            return bytes(in, length);
        }

        private WordFile file(UnaryOperator<TokenFilter> kept) throws IOException {
            ByteBuffer head = take(FIXED_BYTES - CHECKED_OFFSET - Integer.BYTES);
            int version = head.getInt();
            if (version != VERSION) {
                throw new IOException("file of words of format " + version + "; expected " + VERSION);
            }
            SegmentId segment = new SegmentId(head.getInt(), head.getLong());
            long segmentBytes = head.getLong();
            List<EpochInfo> epochs = new ArrayList<>();
            for (int more = head.getInt(); more > 0; more--) {
                epochs.add(epoch());
            }
            List<WordSpan> spans = new ArrayList<>();
            long end = -1;
            for (int more = take(Integer.BYTES).getInt(); more > 0; more--) {
                WordSpan span = span(kept);
                if (end >= 0 && span.offset() != end || span.offset() + span.length() > segmentBytes) {
                    throw new IllegalArgumentException("span at " + span.offset() + "; expected " + end);
                }
                end = span.offset() + span.length();
                spans.add(span);
            }
            return new WordFile(segment, segmentBytes, epochs, spans);
        }

        private EpochInfo epoch() throws IOException {
            ByteBuffer head = take(EPOCH_BYTES);
            long epoch = head.getLong();
            UUID incarnation = new UUID(head.getLong(), head.getLong());
            int length = Short.toUnsignedInt(head.getShort());
            if (length > Names.MAX_LENGTH) {
                throw new IllegalArgumentException("producer of " + length + " bytes");
            }
            return new EpochInfo(
                    epoch, StandardCharsets.UTF_8.decode(take(length)).toString(), incarnation);
        }

        private WordSpan span(UnaryOperator<TokenFilter> kept) throws IOException {
            ByteBuffer head = take(SPAN_BYTES);
            long offset = head.getLong();
            int length = head.getInt();
            int blocks = head.getInt();
            int rawBytes = head.getInt();
            int levels = head.getInt();
            long minTime = head.getLong();
            long maxTime = head.getLong();
            long firstRaftIndex = head.getLong();
            int itemsBefore = head.getInt();
            int bits = head.getInt();
            if (bits > TokenFilter.MAX_BYTES) {
                throw new IllegalArgumentException("filter of " + bits + " bytes");
            }
            TokenFilter words = kept.apply(TokenFilter.ofBits(take(bits).array(), 0, bits));
            return new WordSpan(
                    offset, length, blocks, rawBytes, levels, minTime, maxTime, firstRaftIndex, itemsBefore, words);
        }
    }
}
