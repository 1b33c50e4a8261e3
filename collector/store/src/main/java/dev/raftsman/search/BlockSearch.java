package dev.raftsman.search;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.block.Labels;
import dev.raftsman.block.Lines;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Runs a query over blocks. A text is looked for in all lines of a block at once, and a line is found around it: lines that
 * do not match are passed at the speed of memory and never taken apart. The same with events: only blocks whose columns
 * hold the bytes anywhere are taken apart. One thread.
 */
public final class BlockSearch implements AutoCloseable {
    /** What the finder wants of the items. */
    public enum Keep {
        /** Only how many match. */
        COUNT,
        /** Those that match. */
        MATCHES,
        /** All items of a block: some may stand around a match of this block or another. */
        ALL
    }

    private final Query query;
    private final Keep keep;
    private final BlockReader reader = new BlockReader();
    private final List<TextMatcher> texts = new ArrayList<>();
    private final List<Field> fields = new ArrayList<>();

    /** Of the texts that must all be there, the one to look for first; null if every item must be looked at. */
    private final TextMatcher first;

    private byte[] rowBytes = new byte[0];

    private record Field(String name, byte[] nameBytes, byte[] value, Query.Field wanted) {}

    /** @param keep what of the items is wanted; with {@link Keep#COUNT} the blocks' own counts do where they can */
    public BlockSearch(Query query, Keep keep) {
        this.query = query;
        this.keep = keep;
        query.texts().forEach(text -> texts.add(new TextMatcher(text)));
        for (Query.Field field : query.fields()) {
            fields.add(
                    new Field(field.name(), field.name().getBytes(StandardCharsets.UTF_8), field.valueBytes(), field));
        }
        TextMatcher longest = null;
        for (TextMatcher text : texts) {
            boolean better = text.needed() != null
                    && (longest == null
                            || text.needed().length() > longest.needed().length());
            longest = better ? text : longest;
        }
        this.first = longest;
    }

    /** Whether a block can hold anything that is wanted, by its header alone. */
    public static boolean mayHold(Query query, Block block) {
        if (block.kind() == BlockKind.GAP) {
            return query.wantsGaps() && query.mayBeAt(block.minTimeNanos(), block.maxTimeNanos());
        }
        return query.mayHaveLevel(block.levelBitmap()) && query.mayBeAt(block.minTimeNanos(), block.maxTimeNanos());
    }

    /**
     * Searches a block.
     *
     * @return null if nothing matches and nothing else was asked for
     * @throws CorruptBlockException if the block does not inflate, or its columns do not fit together
     */
    public Found search(Block block) throws IOException {
        boolean may = mayHold(query, block);
        if (!may && keep != Keep.ALL) {
            return null;
        }
        if (block.kind() == BlockKind.GAP) {
            if (!may) {
                return null;
            }
            Found gap = new Found(block, Labels.NONE);
            gap.finish();
            return gap;
        }
        Found found = block.kind() == BlockKind.LINES ? lines(block, may) : events(block, may);
        if (found == null || found.matches() == 0 && keep != Keep.ALL) {
            return null;
        }
        found.finish();
        return found;
    }

    @SuppressWarnings("ByteBufferBackingArray") // an array of the reader's own, from its first byte on
    private Found lines(Block block, boolean may) throws IOException {
        ByteBuffer lines = reader.lines(block);
        byte[] bytes = lines.array();
        int from = lines.position();
        int end = lines.limit();
        if (first != null
                && !query.inverted()
                && keep != Keep.ALL
                && first.needed().next(bytes, from, end) < 0) {
            return null;
        }
        Labels labels = labels(block, lines);
        boolean possible = may && fieldsOf(labels).isEmpty();
        if (!possible && keep != Keep.ALL) {
            return null;
        }
        Found found = new Found(block, labels);
        if (!possible || keep == Keep.ALL || first == null || query.inverted()) {
            eachLine(found, lines, bytes, possible);
        } else {
            matchingLines(found, lines, bytes);
        }
        return found;
    }

    private Labels labels(Block block, ByteBuffer lines) {
        boolean wanted = lines.position() > 0 && keep != Keep.COUNT || !fields.isEmpty();
        return wanted ? BlockReader.labels(block, lines) : Labels.NONE;
    }

    private void matchingLines(Found found, ByteBuffer lines, byte[] bytes) {
        int end = lines.limit();
        int counted = lines.position();
        int place = 0;
        int at = first.needed().next(bytes, counted, end);
        while (at >= 0) {
            int start = startOfLine(bytes, counted, at);
            int next = Lines.next(lines, at, end);
            if (first.isPlain() && texts.size() == 1 || areIn(bytes, start, next)) {
                if (keep == Keep.COUNT) {
                    found.countMatch();
                } else {
                    place += Lines.count(lines, counted, start);
                    counted = start;
                    found.add(place, true, bytes, start, next - start);
                }
            }
            at = next < end ? first.needed().next(bytes, next + 1, end) : -1;
        }
    }

    private static int startOfLine(byte[] bytes, int from, int at) {
        int start = at;
        while (start > from && bytes[start - 1] != '\n') {
            start--;
        }
        return start;
    }

    private void eachLine(Found found, ByteBuffer lines, byte[] bytes, boolean possible) {
        int end = lines.limit();
        int place = 0;
        for (int at = lines.position(); at < end; place++) {
            int next = Lines.next(lines, at, end);
            boolean matches = possible && (areIn(bytes, at, next) != query.inverted());
            if (keep == Keep.ALL || matches && keep == Keep.MATCHES) {
                found.add(place, matches, bytes, at, next - at);
            } else if (matches) {
                found.countMatch();
            }
            at = next + 1;
        }
    }

    private boolean areIn(byte[] bytes, int from, int to) {
        for (int i = 0; i < texts.size(); i++) {
            if (!texts.get(i).isIn(bytes, from, to)) {
                return false;
            }
        }
        return true;
    }

    @SuppressWarnings("ByteBufferBackingArray") // an array of the reader's own, from its first byte on
    private Found events(Block block, boolean may) throws IOException {
        if (first != null && !query.inverted() && keep != Keep.ALL) {
            ByteBuffer columns = reader.columns(block);
            if (first.needed().next(columns.array(), 0, columns.limit()) < 0) {
                return null;
            }
        }
        Labels labels = reader.labels(block);
        List<Field> ofEvents = fieldsOf(labels);
        Found found = new Found(block, labels);
        reader.forEachEvent(block, (sequence, row) -> {
            boolean matches = may && matches(row, ofEvents);
            if (keep == Keep.ALL || matches && keep == Keep.MATCHES) {
                found.add((int) (sequence - block.firstSequence()), matches, copy(row), 0, row.length());
            } else if (matches) {
                found.countMatch();
            }
        });
        return found;
    }

    /** Those that the labels do not answer already. */
    private List<Field> fieldsOf(Labels labels) {
        if (labels.isEmpty()) {
            return fields;
        }
        return fields.stream()
                .filter(field -> !field.wanted.value().equals(labels.asMap().get(field.name)))
                .toList();
    }

    private byte[] copy(EventRow row) {
        if (rowBytes.length < row.length()) {
            rowBytes = new byte[row.length() + (row.length() >> 1)];
        }
        row.buffer().get(row.offset(), rowBytes, 0, row.length());
        return rowBytes;
    }

    private boolean matches(EventRow row, List<Field> ofEvents) {
        long time = row.timestampNanos();
        if (time < query.fromNanos() || time > query.toNanos() || !query.isWanted(Level.ofCode(row.level()))) {
            return false;
        }
        for (Field field : ofEvents) {
            if (!has(row, field)) {
                return false;
            }
        }
        return texts.isEmpty() ? !query.inverted() : allIn(row) != query.inverted();
    }

    private boolean allIn(EventRow row) {
        byte[] bytes = row.buffer().array();
        int base = row.buffer().arrayOffset();
        int message = base + row.messageOffset();
        int throwable = base + row.throwableOffset();
        for (TextMatcher text : texts) {
            boolean found = text.isIn(bytes, message, message + row.messageLength())
                    || row.throwableLength() > 0 && text.isIn(bytes, throwable, throwable + row.throwableLength());
            if (!found) {
                return false;
            }
        }
        return true;
    }

    private static boolean has(EventRow row, Field field) {
        return switch (field.name) {
            case Query.Field.LOGGER -> is(row, row.loggerOffset(), row.loggerLength(), field.value);
            case Query.Field.THREAD -> is(row, row.threadOffset(), row.threadLength(), field.value);
            default -> {
                boolean[] found = new boolean[1];
                row.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) ->
                        found[0] |= is(row, keyOffset, keyLength, field.nameBytes)
                                && is(row, valueOffset, valueLength, field.value));
                yield found[0];
            }
        };
    }

    private static boolean is(EventRow row, int offset, int length, byte[] wanted) {
        byte[] bytes = row.buffer().array();
        int from = row.buffer().arrayOffset() + offset;
        return length == wanted.length && Arrays.equals(bytes, from, from + length, wanted, 0, length);
    }

    @Override
    public void close() {
        reader.close();
    }
}
