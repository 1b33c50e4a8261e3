package dev.raftsman.cold;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Takes text apart into templates and variables, line by line, and writes both by columns. Reads the text where it lies;
 * per line and per variable a number is kept, nothing is allocated in the steady state. One thread.
 *
 * <p>A line's template is first what remains of it without its variables. Where too few lines share one, as with paths and
 * names that are no numbers, the lines are tried again field by field: fields that few lines have become one variable each,
 * whatever they consist of. What is still alone is stored as it is. None of this binds the decoder, for which a template is
 * text with holes.
 */
final class TextEncoder {
    /** A line with more variables, or more bytes that do not vary, is stored as it is. */
    static final int MAX_SLOTS = 1 << 16;

    static final int MAX_TEMPLATE_BYTES = 1 << 20;

    /** Ids: lines stored as they are, the same without a newline behind them, and the first template's. */
    static final int PLAIN = 0;

    static final int PLAIN_CONTINUES = 1;
    static final int FIRST = 2;

    /** Ids below this take one byte, the others two. */
    static final int ONE_BYTE_IDS = 224;

    /** Most that two bytes can name. */
    static final int MAX_TEMPLATES = ONE_BYTE_IDS + (256 - ONE_BYTE_IDS) * 256 - FIRST;

    /** The spans of a block of which nearly every byte is a variable or ends one. */
    private static final int MAX_SPANS = 2 << 20;

    /** Templates of fewer lines are not worth their columns where fields may be. */
    private static final int MIN_LINES_UNTRIED = 16;

    private static final int MIN_LINES = 4;
    private static final int MIN_FIELDS = 4;
    private static final int FIELDS_SHIFT = 6;

    /** Beyond, a line is many records in one: it is cut between them. */
    private static final int LONG_LINE = 8 << 10;

    private static final int MIN_PART = 64;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final long LOW_ONES = 0x0101010101010101L;
    private static final long HIGH_ONES = 0x8080808080808080L;
    private static final long SLOTS = Words.SLOT * LOW_ONES;
    private static final long CONTINUATIONS = Words.CONTINUES * LOW_ONES;

    private final Templates templates = new Templates();

    /** By template: that of the line which came behind one of it the last time. */
    private final int[] followers = new int[Templates.MAX];

    private int last = Templates.NONE;

    /** Not in text with bytes that mean something in templates: equal bytes would be taken for a variable's place. */
    private boolean guessing;

    private final Templates fields = new Templates();
    private final Variables variables = new Variables();
    private byte[] template = new byte[1 << 12];
    private int templateLength;
    private long[] spans = new long[1 << 12];
    private int spanCount;
    private long[] lineSpans = new long[1 << 10];
    private int[] lineTemplates = new int[1 << 10];
    private int[] lineFirsts = new int[1 << 10];
    private int lineCount;
    private int[] fieldIds = new int[1 << 10];
    private TokenSet tokens;

    /** For other columns of the same block. */
    Variables variables() {
        return variables;
    }

    void collect(TokenSet set) {
        tokens = set;
        variables.collect(set);
    }

    void clear() {
        templates.clear();
        Arrays.fill(followers, Templates.NONE);
        last = Templates.NONE;
        spanCount = 0;
        lineCount = 0;
    }

    // --- taking text in

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
            line(text, at, newline, false);
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
                line(text, start, at, true);
                text[at] = '{';
                start = at;
                at += MIN_PART;
            }
        }
        return start;
    }

    /** @param end where a newline is, put there or the line's own */
    private void line(byte[] text, int from, int end, boolean continues) {
        reserve(end - from);
        int first = spanCount;
        byte terminator = continues ? Words.CONTINUES : (byte) '\n';
        int id = last < 0 || !guessing ? Templates.NONE : followers[last];
        if (id < 0 || !follows(id, text, from, end, terminator)) {
            id = Templates.NONE;
            if (split(text, from, end)) {
                template[templateLength++] = terminator;
                id = templates.id(template, templateLength, spanCount - first);
            }
            if (last >= 0) {
                followers[last] = id;
            }
        }
        last = id;
        if (id < 0) {
            spanCount = first;
            id = continues ? Templates.NONE - 1 : Templates.NONE;
        } else {
            templates.countLine(id);
        }
        if (lineCount == lineTemplates.length) {
            lineTemplates = Arrays.copyOf(lineTemplates, lineCount * 2);
            lineFirsts = Arrays.copyOf(lineFirsts, lineCount * 2);
            lineSpans = Arrays.copyOf(lineSpans, lineCount * 2);
        }
        lineTemplates[lineCount] = id;
        lineFirsts[lineCount] = first;
        lineSpans[lineCount++] = (long) from << 32 | end - from;
    }

    /**
     * Whether a line has a template that is already there: mostly what came after the line before it the last time, for half
     * the cost of finding it. Appends its variables to {@link #spans} if so.
     */
    private boolean follows(int id, byte[] text, int from, int end, byte terminator) {
        byte[] kinds = Words.KINDS;
        byte[] shape = templates.bytes();
        long[] vars = spans;
        int last = spanCount;
        int in = templates.offset(id);
        int inEnd = in + templates.length(id) - 1;
        if (shape[inEnd] != terminator || last + templates.slots(id) > vars.length) {
            return false;
        }
        int at = from;
        while (true) {
            while (in + 8 <= inEnd && at + 8 <= end) {
                long difference = (long) LONGS.get(shape, in) ^ (long) LONGS.get(text, at);
                int same = Long.numberOfTrailingZeros(difference) >>> 3;
                in += same;
                at += same;
                if (same < 8) {
                    break;
                }
            }
            while (in < inEnd && at < end && shape[in] == text[at]) {
                in++;
                at++;
            }
            if (in == inEnd) {
                if (at != end) {
                    return false;
                }
                spanCount = last;
                return true;
            }
            if (shape[in] != Words.SLOT) {
                return false;
            }
            int start = at;
            int seen = 0;
            int kind = kinds[text[at] & 0xFF];
            while (kind > 0) {
                seen |= kind;
                kind = kinds[text[++at] & 0xFF];
            }
            if (at == start || !Words.varies(seen, at - start)) {
                return false;
            }
            vars[last++] = (long) start << 32 | at - start;
            in++;
        }
    }

    /** Room for the template and the variables of so many bytes, within the limits. */
    private void reserve(int bytes) {
        templateLength = 0;
        int templateBytes = Math.min(bytes, MAX_TEMPLATE_BYTES) + 16;
        if (template.length < templateBytes) {
            template = new byte[templateBytes * 3 / 2];
        }
        int wanted = Math.min(MAX_SPANS, spanCount + Math.min(MAX_SLOTS, bytes / 2 + 1));
        if (spans.length < wanted) {
            spans = Arrays.copyOf(spans, Math.min(MAX_SPANS, Math.max(wanted, spans.length * 2)));
        }
    }

    /**
     * Appends the template of a run of text to {@link #template} and its variables to {@link #spans}.
     *
     * @param end where a byte is that is in no word
     * @return false if that cannot be: too much of either, or bytes that no template can have
     */
    private boolean split(byte[] text, int from, int end) {
        byte[] kinds = Words.KINDS;
        byte[] to = template;
        long[] vars = spans;
        int length = templateLength;
        int last = spanCount;
        int room = to.length - 8;
        int varRoom = Math.min(vars.length, spanCount + MAX_SLOTS);
        int at = from;
        while (at < end) {
            byte b = text[at];
            int kind = kinds[b & 0xFF];
            if (kind <= 0) {
                if (kind < 0 || length >= room) {
                    return false;
                }
                to[length++] = b;
                at++;
                continue;
            }
            int start = at;
            int seen = 0;
            do {
                seen |= kind;
                kind = kinds[text[++at] & 0xFF];
            } while (kind > 0);
            int wordLength = at - start;
            if (Words.varies(seen, wordLength)) {
                if (last == varRoom || length >= room) {
                    return false;
                }
                vars[last++] = (long) start << 32 | wordLength;
                to[length++] = Words.SLOT;
            } else {
                if (length + wordLength > room) {
                    return false;
                }
                for (int i = start; i < at; i++) {
                    to[length++] = text[i];
                }
            }
        }
        templateLength = length;
        spanCount = last;
        return true;
    }

    // --- fields

    /** Lines whose template few others have, again by fields. */
    private void refine(byte[] text) {
        int count = 0;
        int found = 0;
        fields.clear();
        for (int i = 0; i < lineCount; i++) {
            int id = lineTemplates[i];
            if (id >= 0 && templates.lines(id) < MIN_LINES_UNTRIED) {
                count++;
                found = readFields(text, i, found);
            }
        }
        if (count < MIN_LINES) {
            return;
        }
        int least = Math.max(MIN_FIELDS, count >> FIELDS_SHIFT);
        int field = 0;
        int[] refined = new int[count];
        int[] firsts = new int[count];
        int[] shared = new int[Templates.MAX];
        int tried = 0;
        for (int i = 0; i < lineCount; i++) {
            int id = lineTemplates[i];
            if (id >= 0 && templates.lines(id) < MIN_LINES_UNTRIED) {
                firsts[tried] = spanCount;
                int next = fieldCount(text, i);
                int made = byFields(text, i, field, least);
                field += next;
                refined[tried++] = made;
                if (made >= 0) {
                    shared[made]++;
                }
            }
        }
        tried = 0;
        boolean[] wasRare = new boolean[templates.count()];
        for (int id = 0; id < wasRare.length; id++) {
            wasRare[id] = templates.lines(id) < MIN_LINES_UNTRIED;
        }
        for (int i = 0; i < lineCount; i++) {
            int id = lineTemplates[i];
            if (id >= 0 && wasRare[id]) {
                int made = refined[tried];
                if (made >= 0 && shared[made] >= MIN_LINES && made != id) {
                    templates.uncountLine(id);
                    templates.countLine(made);
                    lineTemplates[i] = made;
                    lineFirsts[i] = firsts[tried];
                }
                tried++;
            }
        }
    }

    private static boolean separates(byte b) {
        return b == ' ' || b == '"' || b == ',' || b == '\t';
    }

    private static int fieldEnd(byte[] text, int from, int end) {
        int at = from;
        while (at < end && !separates(text[at])) {
            at++;
        }
        return at;
    }

    private int fieldCount(byte[] text, int line) {
        int count = 0;
        int at = (int) (lineSpans[line] >>> 32);
        int end = at + (int) lineSpans[line];
        while (at < end) {
            int to = fieldEnd(text, at, end);
            count += to > at ? 1 : 0;
            at = to + 1;
        }
        return count;
    }

    /** Numbers and counts the fields of a line. @return how many ids there are now */
    private int readFields(byte[] text, int line, int found) {
        int count = found;
        int at = (int) (lineSpans[line] >>> 32);
        int end = at + (int) lineSpans[line];
        int spansBefore = spanCount;
        while (at < end) {
            int to = fieldEnd(text, at, end);
            if (to > at) {
                reserve(to - at);
                int id = Templates.NONE;
                byte behind = text[to];
                text[to] = '\n';
                if (split(text, at, to)) {
                    id = fields.id(template, templateLength, spanCount - spansBefore);
                }
                text[to] = behind;
                spanCount = spansBefore;
                if (id >= 0) {
                    fields.countLine(id);
                }
                if (count == fieldIds.length) {
                    fieldIds = Arrays.copyOf(fieldIds, count * 2);
                }
                fieldIds[count++] = id;
            }
            at = to + 1;
        }
        return count;
    }

    /** The template of a line whose rare fields are variables. @return {@link Templates#NONE} if there can be none */
    private int byFields(byte[] text, int line, int firstField, int least) {
        int field = firstField;
        int from = (int) (lineSpans[line] >>> 32);
        int end = from + (int) lineSpans[line];
        boolean continues =
                templates.bytes()[templates.offset(lineTemplates[line]) + templates.length(lineTemplates[line]) - 1]
                        == Words.CONTINUES;
        reserve(end - from);
        int first = spanCount;
        boolean fits = true;
        int at = from;
        while (at < end && fits) {
            int to = fieldEnd(text, at, end);
            if (to > at) {
                int id = fieldIds[field++];
                if (id >= 0 && fields.lines(id) >= least && fields.slots(id) == 0) {
                    System.arraycopy(text, at, template, templateLength, to - at);
                    templateLength += to - at;
                } else if (id >= 0 && fields.lines(id) >= least) {
                    byte behind = text[to];
                    text[to] = '\n';
                    fits = split(text, at, to);
                    text[to] = behind;
                } else if (spanCount < spans.length && spanCount - first < MAX_SLOTS) {
                    spans[spanCount++] = (long) at << 32 | to - at;
                    template[templateLength++] = Words.SLOT;
                } else {
                    fits = false;
                }
            }
            if (to < end) {
                template[templateLength++] = text[to];
            }
            at = to + 1;
        }
        int id = Templates.NONE;
        if (fits && templateLength < template.length - 8) {
            template[templateLength++] = continues ? Words.CONTINUES : (byte) '\n';
            id = templates.id(template, templateLength, spanCount - first);
        }
        if (id < 0) {
            spanCount = first;
        }
        return id;
    }

    // --- writing

    /**
     * Writes all lines of the block.
     *
     * @param wanted whether templates may be used; else all lines are stored as they are
     */
    void write(byte[] text, boolean wanted, Lanes lanes) {
        if (wanted) {
            refine(text);
        }
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
            words(templates.bytes(), templates.offset(id), templates.length(id));
        }
        return kept;
    }

    private void writeLines(byte[] text, int[] numbers, int kept, Lanes lanes) {
        Lane ids = lanes.get(Lanes.TEMPLATE_IDS);
        Lane plain = lanes.get(Lanes.PLAIN);
        boolean wide = FIRST + kept > ONE_BYTE_IDS;
        for (int i = 0; i < lineCount; i++) {
            int id = lineTemplates[i];
            int number = id < 0 ? 0 : numbers[id];
            if (number == 0) {
                int from = (int) (lineSpans[i] >>> 32);
                int length = (int) lineSpans[i];
                plain.append(text, from, length);
                plain.u8('\n');
                words(text, from, length);
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
        return id < Templates.NONE
                || id >= 0 && templates.bytes()[templates.offset(id) + templates.length(id) - 1] == Words.CONTINUES;
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
        for (int i = 0; i < lineCount; i++) {
            int id = lineTemplates[i];
            if (id >= 0 && numbers[id] > 0) {
                firsts[ends[numbers[id]]++] = lineFirsts[i];
            }
        }
        long[] column = new long[0];
        for (int number = FIRST; number < FIRST + kept; number++) {
            int from = ends[number - 1];
            int to = ends[number];
            if (slotCounts[number] > 0 && column.length < to - from) {
                column = new long[to - from];
            }
            for (int slot = 0; slot < slotCounts[number]; slot++) {
                for (int i = from; i < to; i++) {
                    column[i - from] = spans[firsts[i] + slot];
                }
                variables.write(text, column, to - from, lanes);
            }
        }
    }

    /** The words of text that is stored as it is, for the filter. */
    private void words(byte[] text, int from, int length) {
        if (tokens != null) {
            tokens.addWords(text, from, length);
        }
    }
}
