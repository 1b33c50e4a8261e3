package dev.raftsman.event;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Numbers the texts that come again and again (loggers, threads, message patterns, keys of attributes), so that rows
 * carry two bytes for each and a batch of rows says once what the numbers mean.
 *
 * <p>Any thread may ask for a number. A text keeps its number as long as the table lives, and the table is bounded: what is
 * too long, or comes when its kind has had its share, has no number and is written in full. A program that makes up a
 * thread name for each request spends the share of threads, not that of loggers.
 */
public final class NameTable {
    /** No number: the text itself is written. */
    public static final int NONE = 0;

    /** Numbers are below this. */
    public static final int LIMIT = 1 << 14;

    /** What a text is, for its share of the numbers. */
    public enum Kind {
        LOGGER(0, 4096),
        THREAD(1, 2048),
        PATTERN(2, 8192),
        KEY(3, 1024);

        private final int index;
        private final int share;

        Kind(int index, int share) {
            this.index = index;
            this.share = share;
        }
    }

    private static final int MAX_CHARS = 512;

    private final ConcurrentHashMap<String, Integer> ids = new ConcurrentHashMap<>();
    private final byte[][] texts = new byte[LIMIT][];
    private final int[] used = new int[Kind.values().length];
    private int count;

    /** @return the text's number, or {@link #NONE}; {@code null} has none */
    public int id(Kind kind, String text) {
        if (text == null) {
            return NONE;
        }
        Integer known = ids.get(text);
        return known == null ? add(kind, text) : known;
    }

    private int add(Kind kind, String text) {
        if (text.length() > MAX_CHARS || used[kind.index] >= kind.share) {
            return NONE;
        }
        synchronized (this) {
            Integer known = ids.get(text);
            if (known != null) {
                return known;
            }
            if (used[kind.index] >= kind.share || count == LIMIT - 1) {
                return NONE;
            }
            used[kind.index]++;
            int id = ++count;
            texts[id] = utf8(text);
            ids.put(text, id); // whoever finds the number finds its text
            return id;
        }
    }

    /** With U+FFFD for half a character, as in the rows. */
    private static byte[] utf8(String text) {
        try {
            ByteBuffer bytes = StandardCharsets.UTF_8
                    .newEncoder()
                    .onMalformedInput(CodingErrorAction.REPLACE)
                    .replaceWith(new byte[] {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD})
                    .encode(CharBuffer.wrap(text));
            byte[] exact = new byte[bytes.remaining()];
            bytes.get(exact);
            return exact;
        } catch (CharacterCodingException replaced) {
            throw new IllegalStateException(replaced);
        }
    }

    /** The UTF-8 bytes of a text that has a number. Whoever got the number, or was handed it over, sees them; not to be changed. */
    public byte[] text(int id) {
        return texts[id];
    }
}
