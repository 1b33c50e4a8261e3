package dev.raftsman.search;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentTotals;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads a sealed segment and collects the words of its spans. Memory: half a megabyte and one inflated block. One thread.
 */
public final class SegmentWords {
    private static final int SPAN_BYTES = 256 << 10;

    private static final int MAX_WORDS = 1 << 15;

    /** A set that is nearly full ends its span: of one that is over-full nothing is denied. */
    private static final int MANY_WORDS = MAX_WORDS / 2;

    /** A filter of more than this part of its text would cost more than it saves. */
    private static final int MOST_OF_TEXT = 16;

    /** Told of the work as it is done; ends it by throwing. */
    @FunctionalInterface
    public interface Pace {
        /** @param bytes of lines and events that were taken apart since the call before */
        void passed(int bytes) throws InterruptedException;
    }

    private final TokenSet words = new TokenSet(MAX_WORDS);
    private final Map<Long, EpochInfo> epochs = new LinkedHashMap<>();
    private final List<WordFile.WordSpan> spans = new ArrayList<>();
    private SegmentTally tally = new SegmentTally();
    private long spanOffset;
    private long spanRaftIndex;
    private int spanItemsBefore;
    private int spanText;
    private byte[] text = new byte[0];

    private SegmentWords() {}

    /**
     * Reads a segment.
     *
     * @throws IOException if it is damaged or not sealed
     */
    public static WordFile of(Path segment, Pace pace) throws IOException, InterruptedException {
        SegmentWords words = new SegmentWords();
        try (SegmentReader reader = SegmentReader.open(segment);
                BlockReader blocks = new BlockReader()) {
            return words.read(reader, blocks, pace);
        } catch (CorruptBlockException e) {
            throw new IOException(segment + ": " + e.getMessage(), e);
        }
    }

    private WordFile read(SegmentReader reader, BlockReader blocks, Pace pace)
            throws IOException, InterruptedException {
        OffsetCounter offsets = new OffsetCounter();
        spanOffset = reader.validBytes();
        long end = spanOffset;
        while (reader.next()) {
            Block block = reader.block();
            int itemsBefore = offsets.first(reader.raftIndex(), block).ordinal();
            if (tally.totals().blocks() == 0) {
                spanRaftIndex = reader.raftIndex();
                spanItemsBefore = itemsBefore;
            }
            epochs.put(reader.epoch(), reader.epochInfo());
            addWords(block, blocks);
            tally.add(reader.epoch(), block);
            spanText += block.rawBytes();
            end = reader.validBytes();
            if (end - spanOffset >= SPAN_BYTES || words.count() >= MANY_WORDS) {
                endSpan(end);
            }
            pace.passed(block.rawBytes());
        }
        if (reader.ending() != SegmentReader.Ending.SEALED) {
            throw new IOException("segment is not sealed: ends " + reader.ending());
        }
        if (tally.totals().blocks() > 0) {
            endSpan(end);
        }
        return new WordFile(
                reader.header().orElseThrow().id(), reader.validBytes(), new ArrayList<>(epochs.values()), spans);
    }

    private void endSpan(long end) {
        SegmentTotals totals = tally.totals();
        spans.add(new WordFile.WordSpan(
                spanOffset,
                (int) (end - spanOffset),
                (int) totals.blocks(),
                spanText,
                totals.levelBitmap(),
                totals.minTimeNanos(),
                totals.maxTimeNanos(),
                spanRaftIndex,
                spanItemsBefore,
                TokenFilter.of(words, spanText / MOST_OF_TEXT)));
        words.clear();
        tally = new SegmentTally();
        spanText = 0;
        spanOffset = end;
    }

    @SuppressWarnings("ByteBufferBackingArray") // an array of the reader's own, from its first byte on
    private void addWords(Block block, BlockReader blocks) throws IOException {
        if (block.kind() == BlockKind.LINES) {
            ByteBuffer lines = blocks.lines(block);
            words.addWords(lines.array(), lines.position(), lines.remaining());
            addWords(BlockReader.labels(block, lines));
        } else if (block.kind() == BlockKind.EVENTS) {
            addWords(blocks.labels(block));
            blocks.forEachEvent(block, (sequence, row) -> addWords(row));
        }
    }

    private void addWords(Labels labels) {
        for (String value : labels.asMap().values()) {
            byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
            words.addWords(bytes, 0, bytes.length);
        }
    }

    private void addWords(EventRow row) {
        addWords(row, row.messageOffset(), row.messageLength());
        addWords(row, row.throwableOffset(), row.throwableLength());
        row.forEachAttribute(
                (keyOffset, keyLength, valueOffset, valueLength) -> addWords(row, valueOffset, valueLength));
    }

    private void addWords(EventRow row, int offset, int length) {
        if (text.length < length) {
            text = new byte[length + (length >> 1)];
        }
        row.buffer().get(offset, text, 0, length);
        words.addWords(text, 0, length);
    }
}
