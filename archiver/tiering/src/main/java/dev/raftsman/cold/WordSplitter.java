package dev.raftsman.cold;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Takes runs of text apart into a template, which is in the making here, and variables, which are kept for the whole block.
 * Per variable a number is kept, nothing is allocated in the steady state. One thread.
 */
final class WordSplitter {
    /** A line with more variables, or more bytes that do not vary, is stored as it is. */
    static final int MAX_SLOTS = 1 << 16;

    static final int MAX_TEMPLATE_BYTES = 1 << 20;

    /** The spans of a block of which nearly every byte is a variable or ends one. */
    private static final int MAX_SPANS = 2 << 20;

    /** Bytes behind a template, which are read where words of eight are compared. */
    private static final int SLACK = 8;

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private byte[] template = new byte[1 << 12];
    private int templateLength;
    private long[] spans = new long[1 << 12];
    private int spanCount;
    private int firstSpan;

    /** Forgets the variables of all lines. */
    void clear() {
        spanCount = 0;
    }

    /** Variables of all lines, those of one behind each other. */
    long[] spans() {
        return spans;
    }

    /** Begins a template and its variables, with room for those of so many bytes, within the limits. */
    void begin(int bytes) {
        templateLength = 0;
        firstSpan = spanCount;
        int templateBytes = Math.min(bytes, MAX_TEMPLATE_BYTES) + 2 * SLACK;
        if (template.length < templateBytes) {
            template = new byte[templateBytes * 3 / 2];
        }
        int wanted = Math.min(MAX_SPANS, spanCount + Math.min(MAX_SLOTS, bytes / 2 + 1));
        if (spans.length < wanted) {
            spans = Arrays.copyOf(spans, Math.min(MAX_SPANS, Math.max(wanted, spans.length * 2)));
        }
    }

    /** Where the variables of the template in the making begin. */
    int firstSpan() {
        return firstSpan;
    }

    /** Gives its variables up. */
    void undo() {
        spanCount = firstSpan;
    }

    /** Its number among others; {@link Templates#NONE} if there are too many. */
    int id(Templates templates) {
        return templates.id(template, templateLength, spanCount - firstSpan);
    }

    /** Appends a byte as it is. @return false if there is no room */
    boolean append(byte b) {
        if (templateLength >= template.length - SLACK) {
            return false;
        }
        template[templateLength++] = b;
        return true;
    }

    /** Appends text as it is. @return false if there is no room */
    boolean append(byte[] text, int from, int end) {
        if (templateLength + (end - from) > template.length - SLACK) {
            return false;
        }
        System.arraycopy(text, from, template, templateLength, end - from);
        templateLength += end - from;
        return true;
    }

    /** Appends text as one variable. @return false if there is no room */
    boolean slot(int from, int end) {
        if (spanCount == spans.length
                || spanCount - firstSpan == MAX_SLOTS
                || templateLength >= template.length - SLACK) {
            return false;
        }
        spans[spanCount++] = Span.of(from, end - from);
        template[templateLength++] = Words.SLOT;
        return true;
    }

    /**
     * Appends the template of a run of text and its variables.
     *
     * @param end where a byte is that is in no word
     * @return false if that cannot be: too much of either, or bytes that no template can have
     */
    boolean split(byte[] text, int from, int end) {
        byte[] kinds = Words.KINDS;
        byte[] to = template;
        long[] vars = spans;
        int length = templateLength;
        int last = spanCount;
        int room = to.length - SLACK;
        int varRoom = Math.min(vars.length, firstSpan + MAX_SLOTS);
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
                vars[last++] = Span.of(start, wordLength);
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

    /**
     * Whether a line has a template that is already there, for half the cost of finding it. Keeps its variables if so.
     *
     * @param end where a byte is that is in no word
     * @param terminator of the line
     */
    boolean fits(Templates templates, int id, byte[] text, int from, int end, byte terminator) {
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
            vars[last++] = Span.of(start, at - start);
            in++;
        }
    }
}
