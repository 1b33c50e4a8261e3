package dev.raftsman.cold;

import java.util.Arrays;

/**
 * Takes lines apart by what separates their fields, where taking them apart by words left too many templates of too few
 * lines: the paths, names and browsers of an access log are words without a digit as often as not, so that nearly every line
 * would be a template of its own. Lines with the same separators in the same order are one group, and in a group a field
 * is the same in all lines, or one variable, whatever it consists of, or taken apart by words. One thread.
 */
final class FieldSplitter implements AutoCloseable {
    /** A template of fewer lines is rare. */
    private static final int RARE = 16;

    /** Of so many rare lines in a group, all of its lines are taken apart by fields: one in 16. */
    private static final int RARE_SHIFT = 4;

    /** A longer line is a document, as of JSON, whose fields are not in the same place in each. */
    private static final int MAX_LINE_BYTES = 1 << 10;

    /** Of one block. */
    private static final int MAX_ALL_FIELDS = 2 << 20;

    /** So many values tell whether a field is of one kind. */
    private static final int KIND_SAMPLE = 512;

    /** Fields of more kinds than one in 128 values are taken as they are. */
    private static final int KINDS_SHIFT = 7;

    /** So many values tell which way is shorter. */
    private static final int TRIAL_SAMPLE = 1 << 13;

    private enum How {
        LITERAL,
        WHOLE,
        WORDS
    }

    private final Templates templates;
    private final TextLines lines;
    private final WordSplitter words;
    private final Templates groups = new Templates();
    private final Templates kinds = new Templates();
    private final Trial trial = new Trial();
    private long[] fields = new long[1 << 12];
    private int fieldCount;
    private long[] column = new long[1 << 10];

    FieldSplitter(Templates templates, TextLines lines, WordSplitter words) {
        this.templates = templates;
        this.lines = lines;
        this.words = words;
    }

    /** Gives lines another template where that is shared by more of them. */
    void refine(byte[] text) {
        boolean[] rare = new boolean[templates.count()];
        int rareLines = 0;
        for (int id = 0; id < rare.length; id++) {
            rare[id] = templates.lines(id) < RARE;
            rareLines += rare[id] ? templates.lines(id) : 0;
        }
        if (rareLines < TextWriter.MIN_LINES) {
            return;
        }
        boolean all = rareLines > lines.count() >> RARE_SHIFT;
        groups.clear();
        fieldCount = 0;
        int[] groupOf = new int[lines.count()];
        int[] firstFields = new int[lines.count()];
        int[] rareInGroup = new int[Templates.MAX];
        for (int i = 0; i < groupOf.length; i++) {
            int id = lines.template(i);
            firstFields[i] = fieldCount;
            boolean tried = id >= 0 && (all || rare[id]) && Span.length(lines.span(i)) <= MAX_LINE_BYTES;
            groupOf[i] = tried ? readFields(text, i) : Templates.NONE;
            if (groupOf[i] >= 0) {
                groups.countLine(groupOf[i]);
                rareInGroup[groupOf[i]] += rare[id] ? 1 : 0;
            }
        }
        int[] ends = new int[groups.count() + 1];
        for (int group = 0; group < groups.count(); group++) {
            ends[group + 1] = ends[group] + groups.lines(group);
        }
        int[] members = new int[ends[groups.count()]];
        int[] next = ends.clone();
        for (int i = 0; i < groupOf.length; i++) {
            if (groupOf[i] >= 0) {
                members[next[groupOf[i]]++] = i;
            }
        }
        for (int group = 0; group < groups.count(); group++) {
            int count = groups.lines(group);
            if (count >= TextWriter.MIN_LINES && rareInGroup[group] > count >> RARE_SHIFT) {
                refine(
                        text,
                        Arrays.copyOfRange(members, ends[group], ends[group + 1]),
                        firstFields,
                        groups.slots(group));
            }
        }
    }

    // --- fields

    private static boolean separates(byte b) {
        return b == ' ' || b == '"' || b == ',' || b == '\t';
    }

    /** Keeps the fields of a line. @return its group; {@link Templates#NONE} if the block has too many */
    private int readFields(byte[] text, int line) {
        int from = Span.offset(lines.span(line));
        int end = Span.end(lines.span(line));
        int first = fieldCount;
        words.begin(end - from);
        boolean fits = true;
        int at = from;
        while (at < end && fits) {
            byte b = text[at];
            int close = b == '"' ? closing(text, at + 1, end) : -1;
            if (close > at + 1) {
                fits = words.append(b) && field(at + 1, close) && words.append(b);
                at = close + 1;
            } else if (separates(b)) {
                fits = words.append(b);
                at++;
            } else {
                int to = at;
                while (to < end && !separates(text[to])) {
                    to++;
                }
                fits = field(at, to);
                at = to;
            }
        }
        int group =
                fits && words.append(templates.terminator(lines.template(line))) ? words.id(groups) : Templates.NONE;
        words.undo();
        if (group < 0) {
            fieldCount = first;
        }
        return group;
    }

    /** Where the quotation ends that begins there; -1 if it does not. */
    private static int closing(byte[] text, int from, int end) {
        for (int at = from; at < end; at++) {
            if (text[at] == '"') {
                return at;
            }
            if (text[at] == '\\') {
                at++;
            }
        }
        return -1;
    }

    private boolean field(int from, int end) {
        if (fieldCount == MAX_ALL_FIELDS || !words.slot(from, end)) {
            return false;
        }
        if (fieldCount == fields.length) {
            fields = Arrays.copyOf(fields, fieldCount * 2);
        }
        fields[fieldCount++] = Span.of(from, end - from);
        return true;
    }

    // --- one group

    private void refine(byte[] text, int[] members, int[] firstFields, int fieldsEach) {
        How[] how = new How[fieldsEach];
        if (column.length < members.length) {
            column = new long[members.length];
        }
        for (int field = 0; field < fieldsEach; field++) {
            for (int i = 0; i < members.length; i++) {
                column[i] = fields[firstFields[members[i]] + field];
            }
            how[field] = how(text, members.length);
        }
        int[] made = new int[members.length];
        int[] firsts = new int[members.length];
        int[] shared = new int[Templates.MAX];
        for (int i = 0; i < members.length; i++) {
            made[i] = template(text, members[i], firstFields[members[i]], how);
            firsts[i] = words.firstSpan();
            if (made[i] >= 0) {
                shared[made[i]]++;
            }
        }
        for (int i = 0; i < members.length; i++) {
            int before = lines.template(members[i]);
            if (made[i] >= 0 && shared[made[i]] >= TextWriter.MIN_LINES && made[i] != before) {
                templates.uncountLine(before);
                templates.countLine(made[i]);
                lines.set(members[i], made[i], firsts[i]);
            }
        }
    }

    /** How the field in {@link #column} had better be taken. */
    private How how(byte[] text, int count) {
        int alike = 1;
        while (alike < count && Span.same(text, column[0], column[alike])) {
            alike++;
        }
        if (alike == count) {
            return How.LITERAL;
        }
        int sample = Math.min(count, KIND_SAMPLE);
        kinds.clear();
        for (int i = 0; i < sample; i++) {
            words.begin(Span.length(column[i]));
            int kind = split(text, column[i]) ? words.id(kinds) : Templates.NONE;
            words.undo();
            if (kind < 0 || kinds.count() > 1 + (sample >> KINDS_SHIFT)) {
                return How.WHOLE;
            }
        }
        if (!trial.repeats(text, column, count)) {
            return How.WORDS;
        }
        return kinds.count() == 1 && shorterByWords(text, Math.min(count, TRIAL_SAMPLE)) ? How.WORDS : How.WHOLE;
    }

    private boolean shorterByWords(byte[] text, int count) {
        int slots = kinds.slots(0);
        if (slots == 0) {
            return false; // The same text so far.
        }
        trial.add(text, column, count);
        long whole = trial.bytes();
        long[] slot = new long[count];
        for (int s = 0; s < slots; s++) {
            for (int i = 0; i < count; i++) {
                words.begin(Span.length(column[i]));
                boolean same = split(text, column[i]) && words.id(kinds) == 0;
                slot[i] = same ? words.spans()[words.firstSpan() + s] : 0;
                words.undo();
                if (!same) {
                    trial.bytes();
                    return false;
                }
            }
            trial.add(text, slot, count);
        }
        return trial.bytes() < whole;
    }

    /** Splits a field; what is behind it may be anything. */
    private boolean split(byte[] text, long span) {
        int end = Span.end(span);
        byte behind = text[end];
        text[end] = '\n';
        boolean fits = words.split(text, Span.offset(span), end);
        text[end] = behind;
        return fits;
    }

    /** @return the template of a line whose fields are taken like that; {@link Templates#NONE} if there can be none */
    private int template(byte[] text, int line, int firstField, How[] how) {
        int end = Span.end(lines.span(line));
        int at = Span.offset(lines.span(line));
        words.begin(end - at);
        boolean fits = true;
        for (int i = 0; i < how.length && fits; i++) {
            long span = fields[firstField + i];
            fits = words.append(text, at, Span.offset(span));
            at = Span.end(span);
            if (fits) {
                fits = switch (how[i]) {
                    case LITERAL -> words.append(text, Span.offset(span), at);
                    case WHOLE -> words.slot(Span.offset(span), at);
                    case WORDS -> split(text, span);
                };
            }
        }
        fits = fits && words.append(text, at, end) && words.append(templates.terminator(lines.template(line)));
        int id = fits ? words.id(templates) : Templates.NONE;
        if (id < 0) {
            words.undo();
        }
        return id;
    }

    /** Gives native memory back. */
    @Override
    public void close() {
        trial.close();
    }
}
