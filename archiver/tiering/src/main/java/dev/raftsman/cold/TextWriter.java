package dev.raftsman.cold;

import dev.raftsman.search.TokenSet;
import java.util.Arrays;

/** Writes the lines of a block that were taken apart: templates, ids, and their variables by columns. One thread. */
final class TextWriter {
    /** Ids: lines stored as they are, the same without a newline behind them, and the first template's. */
    static final int PLAIN = 0;

    static final int PLAIN_CONTINUES = 1;
    static final int FIRST = 2;

    /** Ids below this take one byte, the others two. */
    static final int ONE_BYTE_IDS = 224;

    /** Most that two bytes can name. */
    static final int MAX_TEMPLATES = ONE_BYTE_IDS + (256 - ONE_BYTE_IDS) * 256 - FIRST;

    /** A template of fewer lines is not worth its columns. */
    static final int MIN_LINES = 4;

    private final Templates templates;
    private final TextLines lines;
    private final WordSplitter words;
    private final Variables variables;
    private TokenSet tokens;

    TextWriter(Templates templates, TextLines lines, WordSplitter words, Variables variables) {
        this.templates = templates;
        this.lines = lines;
        this.words = words;
        this.variables = variables;
    }

    void collect(TokenSet set) {
        tokens = set;
    }

    /** @param wanted whether templates may be used; else all lines are stored as they are */
    void write(byte[] text, boolean wanted, Lanes lanes) {
        int[] numbers = wanted ? numbered() : new int[templates.count()];
        int kept = writeTemplates(numbers, lanes);
        writeLines(text, numbers, kept, lanes);
        writeColumns(text, numbers, kept, lanes);
    }

    /**
     * Numbers the templates that are worth it from {@link #FIRST} on, those of the most lines first.
     *
     * @return by template: its number, or 0 for those whose lines are stored as they are
     */
    private int[] numbered() {
        int count = templates.count();
        long[] byLines = new long[count];
        int kept = 0;
        for (int id = 0; id < count; id++) {
            if (templates.lines(id) >= MIN_LINES) {
                byLines[kept++] = -((long) templates.lines(id) << 32) | id;
            }
        }
        Arrays.sort(byLines, 0, kept);
        int[] numbers = new int[count];
        for (int i = 0; i < Math.min(kept, MAX_TEMPLATES); i++) {
            numbers[(int) byLines[i]] = i + FIRST;
        }
        return numbers;
    }

    private int writeTemplates(int[] numbers, Lanes lanes) {
        int[] order = new int[numbers.length + FIRST];
        int kept = 0;
        for (int id = 0; id < numbers.length; id++) {
            if (numbers[id] > 0) {
                order[numbers[id]] = id;
                kept++;
            }
        }
        lanes.get(Lanes.META).varint(kept);
        Lane to = lanes.get(Lanes.TEMPLATES);
        for (int number = FIRST; number < FIRST + kept; number++) {
            int id = order[number];
            to.append(templates.bytes(), templates.offset(id), templates.length(id));
            collect(templates.bytes(), templates.offset(id), templates.length(id));
        }
        return kept;
    }

    private void writeLines(byte[] text, int[] numbers, int kept, Lanes lanes) {
        Lane ids = lanes.get(Lanes.TEMPLATE_IDS);
        Lane plain = lanes.get(Lanes.PLAIN);
        boolean wide = FIRST + kept > ONE_BYTE_IDS;
        for (int i = 0; i < lines.count(); i++) {
            int id = lines.template(i);
            int number = id < 0 ? 0 : numbers[id];
            if (number == 0) {
                long span = lines.span(i);
                plain.append(text, Span.offset(span), Span.length(span));
                plain.u8('\n');
                collect(text, Span.offset(span), Span.length(span));
                number = continues(id) ? PLAIN_CONTINUES : PLAIN;
            }
            if (wide && number >= ONE_BYTE_IDS) {
                ids.u8(ONE_BYTE_IDS + (number - ONE_BYTE_IDS >> 8));
                ids.u8(number - ONE_BYTE_IDS);
            } else {
                ids.u8(number);
            }
        }
    }

    private boolean continues(int id) {
        return id < 0 ? id == TextEncoder.ALONE_CONTINUES : templates.terminator(id) == Words.CONTINUES;
    }

    private void writeColumns(byte[] text, int[] numbers, int kept, Lanes lanes) {
        int[] ends = new int[FIRST + kept + 1];
        int[] slotCounts = new int[FIRST + kept + 1];
        int total = 0;
        for (int id = 0; id < numbers.length; id++) {
            if (numbers[id] > 0) {
                ends[numbers[id] + 1] = templates.lines(id);
                slotCounts[numbers[id]] = templates.slots(id);
                total += templates.lines(id);
            }
        }
        for (int number = 1; number < ends.length; number++) {
            ends[number] += ends[number - 1];
        }
        // Where the variables of each line begin, the lines of one template together and in their order.
        int[] firsts = new int[total];
        for (int i = 0; i < lines.count(); i++) {
            int id = lines.template(i);
            if (id >= 0 && numbers[id] > 0) {
                firsts[ends[numbers[id]]++] = lines.firstVariable(i);
            }
        }
        long[] spans = words.spans();
        long[] column = new long[0];
        for (int number = FIRST; number < FIRST + kept; number++) {
            int from = ends[number - 1];
            int to = ends[number];
            if (slotCounts[number] > 0 && column.length < to - from) {
                column = new long[to - from];
            }
            variables.beginTemplate();
            for (int slot = 0; slot < slotCounts[number]; slot++) {
                for (int i = from; i < to; i++) {
                    column[i - from] = spans[firsts[i] + slot];
                }
                variables.write(text, column, to - from, lanes);
            }
        }
    }

    /** The words of text that is stored as it is, for the filter. */
    private void collect(byte[] text, int from, int length) {
        if (tokens != null) {
            tokens.addWords(text, from, length);
        }
    }
}
