package dev.raftsman.cold;

import java.util.Arrays;

/** Puts text together again from templates and columns; see {@link TextWriter}. One block. */
final class TextDecoder {
    private final LaneReader ids;
    private final LaneReader plain;
    private final byte[] templates;
    private final boolean wide;

    /** The id behind the last. */
    private final int ends;

    /** By template: where its first part and column are; the last one ends the one before. */
    private final int[] firstParts;

    /** The end of each part that does not vary. */
    private final int[] partEnds;

    private final int[] templateOffsets;
    private final VariableColumn[] columns;

    TextDecoder(ColumnReader in) {
        ids = in.lane(Lanes.TEMPLATE_IDS);
        plain = in.lane(Lanes.PLAIN);
        int kept = in.meta().varint(TextWriter.MAX_TEMPLATES);
        int first = TextWriter.FIRST;
        ends = first + kept;
        wide = ends > TextWriter.ONE_BYTE_IDS;
        LaneReader texts = in.lane(Lanes.TEMPLATES);
        templates = texts.bytes;
        firstParts = new int[ends + 1];
        templateOffsets = new int[ends];
        int[] found = new int[Math.max(16, kept * 4)];
        int parts = 0;
        for (int number = first; number < ends; number++) {
            firstParts[number] = parts;
            templateOffsets[number] = texts.at;
            byte b;
            do {
                int at = texts.skip(1);
                b = templates[at];
                if (b == Words.SLOT || b == '\n' || b == Words.CONTINUES) {
                    if (parts == found.length) {
                        found = Arrays.copyOf(found, parts * 2);
                    }
                    found[parts++] = at;
                }
            } while (b != '\n' && b != Words.CONTINUES);
        }
        firstParts[ends] = parts;
        partEnds = found;
        columns = new VariableColumn[parts];
        int[] lines = countLines();
        for (int number = first; number < ends; number++) {
            if (lines[number] == 0) {
                throw new DamageException("template " + number + " without a line");
            }
            in.beginTemplate();
            for (int part = firstParts[number]; part < firstParts[number + 1] - 1; part++) {
                columns[part] = in.variables(lines[number]);
            }
        }
    }

    private int[] countLines() {
        int[] lines = new int[ends];
        LaneReader all = new LaneReader(ids.bytes, ids.at, ids.end);
        while (all.at < all.end) {
            lines[next(all)]++;
        }
        return lines;
    }

    private int next(LaneReader from) {
        int id = from.u8();
        if (wide && id >= TextWriter.ONE_BYTE_IDS) {
            id = TextWriter.ONE_BYTE_IDS + (id - TextWriter.ONE_BYTE_IDS << 8) + from.u8();
        }
        if (id >= ends) {
            throw new DamageException("template " + id + "; expected less than " + ends);
        }
        return id;
    }

    /**
     * Writes the lines of one piece.
     *
     * @param out with {@link BlockEncoder#SLACK} bytes behind the piece, which may be overwritten
     */
    void piece(byte[] out, int from, int end) {
        int at = from;
        while (at < end) {
            int id = next(ids);
            at = id < TextWriter.FIRST ? plain(out, at, end) : line(id, out, at, end);
            if (at < end) {
                if (endsLine(id)) {
                    out[at++] = '\n';
                }
            } else if (at > end) {
                throw new DamageException("a line ends at " + at + ", its text at " + end);
            }
        }
    }

    private boolean endsLine(int id) {
        return id < TextWriter.FIRST ? id == TextWriter.PLAIN : templates[partEnds[firstParts[id + 1] - 1]] == '\n';
    }

    private int plain(byte[] out, int to, int end) {
        byte[] from = plain.bytes;
        int at = plain.at;
        int start = at;
        while (at < plain.end && from[at] != '\n') {
            at++;
        }
        int length = at - start;
        if (at == plain.end || length > end - to) {
            throw new DamageException("a line stored as it is does not end within its text");
        }
        System.arraycopy(from, start, out, to, length);
        plain.at = at + 1;
        return to + length;
    }

    private int line(int id, byte[] out, int from, int end) {
        int part = firstParts[id];
        int last = firstParts[id + 1] - 1;
        int in = templateOffsets[id];
        int to = from;
        byte[] text = templates;
        while (true) {
            int length = partEnds[part] - in;
            if (length > end - to) {
                throw new DamageException("a template does not end within its text");
            }
            if (length > 16) {
                System.arraycopy(text, in, out, to, length);
            } else {
                for (int i = 0; i < length; i++) {
                    out[to + i] = text[in + i];
                }
            }
            to += length;
            if (part == last) {
                return to;
            }
            in = partEnds[part] + 1;
            to = columns[part].put(out, to);
            if (to > end) {
                throw new DamageException("a variable does not end within its text");
            }
            part++;
        }
    }
}
