package dev.raftsman.cold;

import java.util.Arrays;

/** The lines of one block: where each lies, its template, and where its variables begin. One thread. */
final class TextLines {
    private long[] spans = new long[1 << 10];
    private int[] templates = new int[1 << 10];
    private int[] firsts = new int[1 << 10];
    private int count;

    void clear() {
        count = 0;
    }

    int count() {
        return count;
    }

    void add(int from, int length, int template, int firstVariable) {
        if (count == templates.length) {
            templates = Arrays.copyOf(templates, count * 2);
            firsts = Arrays.copyOf(firsts, count * 2);
            spans = Arrays.copyOf(spans, count * 2);
        }
        spans[count] = Span.of(from, length);
        templates[count] = template;
        firsts[count++] = firstVariable;
    }

    /** The line has another template after all. */
    void set(int line, int template, int firstVariable) {
        templates[line] = template;
        firsts[line] = firstVariable;
    }

    long span(int line) {
        return spans[line];
    }

    int template(int line) {
        return templates[line];
    }

    int firstVariable(int line) {
        return firsts[line];
    }
}
