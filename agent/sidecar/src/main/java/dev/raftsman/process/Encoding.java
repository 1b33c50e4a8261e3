package dev.raftsman.process;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;

/**
 * What a file's bytes mean. Most are UTF-8 and are taken as they are, whatever they hold; what is declared as something
 * else becomes UTF-8 on the way, with U+FFFD for what it does not allow. Lines are found before that, so a newline must be
 * one unit of its own: a byte 0A, or in UTF-16 the unit 000A. Immutable but for the decoder, so one thread.
 */
public final class Encoding {
    /** Bytes as they are. */
    public static final Encoding AS_IT_IS = new Encoding("UTF-8", null, false);

    private static final byte BOM_HIGH = (byte) 0xFE;
    private static final byte BOM_LOW = (byte) 0xFF;

    private final String name;
    private final Charset charset;
    private final boolean bomDecides;
    private final CharBuffer chars = CharBuffer.allocate(8 << 10);

    private Encoding(String name, Charset charset, boolean bomDecides) {
        this.name = name;
        this.charset = charset;
        this.bomDecides = bomDecides;
    }

    /** @throws IllegalArgumentException if it is not known, or if its newlines cannot be found */
    public static Encoding named(String name) {
        if (name.equalsIgnoreCase("UTF-8")) {
            return AS_IT_IS;
        }
        if (name.equalsIgnoreCase("UTF-16")) {
            return new Encoding(name, StandardCharsets.UTF_16LE, true);
        }
        Charset charset;
        try {
            charset = Charset.forName(name);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            throw new IllegalArgumentException(
                    "encoding '" + name + "' is not known; expected UTF-8, UTF-16LE, windows-1252, Shift_JIS or another"
                            + " that this JDK has",
                    e);
        }
        if (!isUtf16(charset) && !hasPlainNewline(charset)) {
            throw new IllegalArgumentException("encoding '" + name
                    + "' has no newline of one byte 0A; expected one in which lines can be told apart");
        }
        return new Encoding(name, charset, false);
    }

    private static boolean isUtf16(Charset charset) {
        return charset.equals(StandardCharsets.UTF_16LE) || charset.equals(StandardCharsets.UTF_16BE);
    }

    private static boolean hasPlainNewline(Charset charset) {
        if (!charset.canEncode()) {
            return false;
        }
        byte[] newline = "\n".getBytes(charset);
        return newline.length == 1 && newline[0] == '\n';
    }

    public boolean isAsItIs() {
        return charset == null;
    }

    /** Whether the file's first two bytes decide which order its bytes have: {@link #ofFile} then. */
    public boolean bomDecides() {
        return bomDecides;
    }

    /** @param begin the file's first bytes */
    public Encoding ofFile(byte[] begin) {
        boolean big = begin.length >= 2 && begin[0] == BOM_HIGH && begin[1] == BOM_LOW;
        return new Encoding(name, big ? StandardCharsets.UTF_16BE : StandardCharsets.UTF_16LE, false);
    }

    /** The offset behind the last newline in {@code [from, to)}, or {@code from}: whole lines end there. */
    public int endOfLastLine(ByteBuffer bytes, int from, int to) {
        if (!wide()) {
            return dev.raftsman.block.Lines.endOfLast(bytes, from, to);
        }
        for (int at = to - (to - from) % 2; at > from; at -= 2) {
            if (isWideNewline(bytes, at - 2)) {
                return at;
            }
        }
        return from;
    }

    /** The offset behind so many newlines from {@code from} on; {@code to} if there are fewer. */
    public int afterLines(ByteBuffer bytes, int from, int to, int newlines) {
        int at = from;
        for (int left = newlines; left > 0 && at < to; left--) {
            if (wide()) {
                while (at + 1 < to && !isWideNewline(bytes, at)) {
                    at += 2;
                }
                at = Math.min(to, at + 2);
            } else {
                at = Math.min(to, dev.raftsman.block.Lines.next(bytes, at, to) + 1);
            }
        }
        return at;
    }

    private boolean wide() {
        return charset != null && isUtf16(charset);
    }

    private boolean isWideNewline(ByteBuffer bytes, int at) {
        int high = charset.equals(StandardCharsets.UTF_16BE) ? at : at + 1;
        int low = at + at + 1 - high;
        return bytes.get(low) == '\n' && bytes.get(high) == 0;
    }

    /**
     * Puts {@code [from, to)} into {@code out} as UTF-8, from its position on. A byte order mark at the beginning of the
     * file is left out.
     *
     * @param out with room for three bytes a byte
     */
    public void toUtf8(ByteBuffer bytes, int from, int to, boolean beginsFile, ByteBuffer out) {
        CharsetDecoder decoder = charset.newDecoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .onUnmappableCharacter(CodingErrorAction.REPLACE)
                .replaceWith("\uFFFD");
        ByteBuffer in = bytes.duplicate().limit(to).position(from);
        var encoder = StandardCharsets.UTF_8
                .newEncoder()
                .onMalformedInput(CodingErrorAction.REPLACE)
                .replaceWith("\uFFFD".getBytes(StandardCharsets.UTF_8));
        boolean first = beginsFile;
        boolean more = true;
        chars.clear();
        while (more) {
            CoderResult result = decoder.decode(in, chars, true);
            if (result.isUnderflow()) {
                decoder.flush(chars);
                more = false;
            }
            chars.flip();
            if (first && chars.hasRemaining() && chars.charAt(0) == '\uFEFF') {
                chars.get();
            }
            first = false;
            encoder.encode(chars, out, !more);
            chars.compact();
        }
        encoder.flush(out);
    }

    @Override
    public String toString() {
        return name;
    }
}
