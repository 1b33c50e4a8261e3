package dev.raftsman.sidecar;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/**
 * A line that says of itself which it is, and whether it is whole: {@code stream generation number empty crc padding}.
 *
 * @param generation which file of its stream, in the order they were begun
 * @param number within the generation, from 0
 * @param emptyAfter how many empty lines follow it
 */
record TortureLine(String stream, int generation, int number, int emptyAfter) {
    /** A part of a line that has at least this many bytes names it. */
    static final int NAMED_BYTES = 64;

    private static final int FIELDS = 5;

    /** The line and the empty ones behind it, newlines and all. */
    byte[] encode(byte[] padding) {
        String name = name();
        byte[] head = (name + String.format("%08x ", crc(name, padding, 0, padding.length)))
                .getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(head.length + padding.length + 1 + emptyAfter)
                .put(head)
                .put(padding)
                .put("\n".repeat(1 + emptyAfter).getBytes(StandardCharsets.ISO_8859_1))
                .array();
    }

    private String name() {
        return stream + " " + generation + " " + number + " " + emptyAfter + " ";
    }

    private static int crc(String name, byte[] bytes, int from, int to) {
        CRC32C crc = new CRC32C();
        crc.update(name.getBytes(StandardCharsets.ISO_8859_1));
        crc.update(bytes, from, to - from);
        return (int) crc.getValue();
    }

    /** @return null unless these bytes, without newline, are one whole line */
    static TortureLine parse(byte[] bytes) {
        TortureLine line = nameIn(bytes);
        if (line == null) {
            return null;
        }
        String name = line.name();
        int at = name.length() + 9;
        if (bytes.length < at) {
            return null;
        }
        String found = new String(bytes, name.length(), 8, StandardCharsets.ISO_8859_1);
        return found.equals(String.format("%08x", crc(name, bytes, at, bytes.length))) ? line : null;
    }

    /** @return which line these bytes begin as, or null if that cannot be told */
    static TortureLine nameIn(byte[] bytes) {
        String head = new String(bytes, 0, Math.min(bytes.length, NAMED_BYTES), StandardCharsets.ISO_8859_1);
        String[] fields = head.split(" ", FIELDS + 1);
        if (fields.length <= FIELDS - 1) {
            return null;
        }
        try {
            return new TortureLine(
                    fields[0], Integer.parseInt(fields[1]), Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
        } catch (NumberFormatException notOurs) {
            return null;
        }
    }
}
