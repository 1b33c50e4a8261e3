package dev.raftsman.cold;

import dev.raftsman.search.TokenSet;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Takes text apart into templates and variables, line by line, and writes both by columns. Reads the text where it lies;
 * per line and per variable a number is kept, nothing is allocated in the steady state. One thread.
 *
 * <p>A line's template is first what remains of it without its variables ({@link WordSplitter}). Where too few lines share
 * one, as with paths and names that are no numbers, lines are tried again field by field ({@link FieldSplitter}). What is
 * still alone is stored as it is ({@link TextWriter}). None of this binds the decoder, for which a template is text with
 * holes.
 */
final class TextEncoder implements AutoCloseable {
    /** A line without a template, and one whose end is no newline. */
    static final int ALONE = Templates.NONE;

    static final int ALONE_CONTINUES = Templates.NONE - 1;

    /** Beyond, a line is many records in one: it is cut between them. */
    private static final int LONG_LINE = 8 << 10;

    private static final int MIN_PART = 64;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long LOW_ONES = 0x0101010101010101L;
    private static final long HIGH_ONES = 0x8080808080808080L;
    private static final long SLOTS = Words.SLOT * LOW_ONES;
    private static final long CONTINUATIONS = Words.CONTINUES * LOW_ONES;

    private final Templates templates = new Templates();
    private final TextLines lines = new TextLines();
    private final WordSplitter words = new WordSplitter();
    private final FieldSplitter fields = new FieldSplitter(templates, lines, words);
    private final Variables variables = new Variables();
    private final TextWriter writer = new TextWriter(templates, lines, words, variables);

    /** By template: that of the line which came behind one of it the last time. */
    private final int[] followers = new int[Templates.MAX];

    private int last = ALONE;

    /** Not in text with bytes that mean something in templates: equal bytes would be taken for a variable's place. */
    private boolean guessing;

    /** For other columns of the same block. */
    Variables variables() {
        return variables;
    }

    /** @param set takes the words worth looking for, or null */
    void collect(TokenSet set) {
        writer.collect(set);
        variables.collect(set);
    }

    void clear() {
        templates.clear();
        Arrays.fill(followers, Templates.NONE);
        last = ALONE;
        words.clear();
        lines.clear();
    }

    /**
     * Takes a piece in: its lines, the last of which may have no newline.
     *
     * @param text with at least eight bytes behind the piece; the first of them is overwritten for a while
     */
    void add(byte[] text, int from, int end) {
        byte behind = text[end];
        text[end] = '\n';
        guessing = !holdsReserved(text, from, end);
        int at = from;
        while (at < end) {
            int newline = Newlines.next(text, at);
            if (newline - at > LONG_LINE) {
                at = records(text, at, newline);
            }
            line(text, at, newline, (byte) '\n');
            at = newline + 1;
        }
        text[end] = behind;
    }

    private static boolean holdsReserved(byte[] text, int from, int end) {
        int at = from;
        long found = 0;
        for (; at <= end - 8; at += 8) {
            long word = (long) LONGS.get(text, at);
            found |= zeros(word ^ SLOTS) | zeros(word ^ CONTINUATIONS);
        }
        boolean rest = false;
        for (; at < end; at++) {
            rest |= text[at] == Words.SLOT || text[at] == Words.CONTINUES;
        }
        return rest || found != 0;
    }

    /** Not 0 if one of eight bytes is 0. */
    private static long zeros(long word) {
        return word - LOW_ONES & ~word & HIGH_ONES;
    }

    /** Takes the records of a long line in, but for the last. @return where that begins */
    private int records(byte[] text, int from, int newline) {
        int start = from;
        for (int at = from + MIN_PART; at < newline - 1; at++) {
            if (text[at] == '{' && text[at - 1] == ',' && text[at - 2] == '}') {
                text[at] = '\n';
                line(text, start, at, Words.CONTINUES);
                text[at] = '{';
                start = at;
                at += MIN_PART;
            }
        }
        return start;
    }

    /** @param end where a newline is, put there or the line's own */
    private void line(byte[] text, int from, int end, byte terminator) {
        words.begin(end - from);
        int id = last < 0 || !guessing ? Templates.NONE : followers[last];
        if (id < 0 || !words.fits(templates, id, text, from, end, terminator)) {
            id = Templates.NONE;
            if (words.split(text, from, end)) {
                words.append(terminator);
                id = words.id(templates);
            }
            if (last >= 0) {
                followers[last] = id;
            }
        }
        last = id;
        if (id < 0) {
            words.undo();
            id = terminator == Words.CONTINUES ? ALONE_CONTINUES : ALONE;
        } else {
            templates.countLine(id);
        }
        lines.add(from, end - from, id, words.firstSpan());
    }

    /**
     * Writes all lines of the block.
     *
     * @param wanted whether templates may be used; else all lines are stored as they are
     */
    void write(byte[] text, boolean wanted, Lanes lanes) {
        if (wanted) {
            fields.refine(text);
        }
        writer.write(text, wanted, lanes);
    }

    /** Gives native memory back. */
    @Override
    public void close() {
        fields.close();
    }
}
