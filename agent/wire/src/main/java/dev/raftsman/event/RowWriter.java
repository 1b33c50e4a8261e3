package dev.raftsman.event;

import dev.raftsman.event.NameTable.Kind;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.BiConsumer;

/**
 * Encodes one event as a compact row, drawn in the package page: {@link #begin}, then in this order {@link #logger},
 * {@link #thread}, {@link #message} (or {@link #pattern} and its {@link #argument}s), {@link #throwable} and {@link
 * #attribute}, each of which may be left out, then {@link #end}. In the common case nothing is allocated.
 *
 * <p>What does not fit is not written and remembered: {@link #end} then returns {@link #OVERFLOW}, and the caller encodes
 * the event again with more room or with a bound on the length of its texts. A message that such a bound cuts leaves its
 * length and the SHA-256 of its UTF-8 bytes in two attributes, so that the whole can be recognised elsewhere. Not
 * thread-safe; keeps no event after {@link #end}.
 */
public final class RowWriter implements BiConsumer<String, String> {
    /** The row did not fit; nothing in it may be used. */
    public static final int OVERFLOW = -1;

    /** No text is cut. */
    public static final int UNCUT = Integer.MAX_VALUE;

    /** Attributes beyond are left out and the row is marked as truncated. */
    public static final int MAX_ATTRIBUTES = 256;

    static final String UNCUT_CHARS = "raftsman.uncut.chars";
    static final String UNCUT_SHA256 = "raftsman.uncut.sha256";

    /** For half a character: U+FFFD, which nobody takes for a question mark of the application's. */
    private static final int REPLACEMENT = 0xFFFD;

    private static final int MAX_ARGUMENTS = 255;
    private static final int MAX_NAME_CHARS = 0xFFFF / 3;
    private static final int OWN_ATTRIBUTES = 2;

    private static final int BEGUN = 0;
    private static final int LOGGER = 1;
    private static final int THREAD = 2;
    private static final int ARGUMENTS = 3;
    private static final int MESSAGE = 4;
    private static final int THROWABLE = 5;

    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final NameTable names;

    private byte[] bytes;
    private int start;
    private int limit;
    private int at;
    private int maxChars;
    private int stage;
    private int flags;
    private boolean overflow;
    private int argumentsAt;
    private int arguments;
    private short[] keys = new short[8];
    private int attributes;

    /** Digits of the last floating-point argument. */
    private StringBuilder number;

    /** Only while texts are cut: the pattern and its arguments, put together, and the message that was cut. */
    private StringBuilder joined;

    private String joinedPattern;
    private int joinedThrough;
    private CharSequence cutMessage;

    /** @param names what the rows' names are numbered by, or null: then all are written in full */
    public RowWriter(NameTable names) {
        this.names = names;
    }

    /**
     * Begins a row.
     *
     * @param offset where the row goes
     * @param limit the first offset that is not the row's
     * @param maxChars longest text, in characters; what is longer is cut, and the row marked as truncated
     */
    public RowWriter begin(byte[] bytes, int offset, int limit, Level level, long timestampNanos, int maxChars) {
        this.bytes = bytes;
        this.start = offset;
        this.limit = limit;
        this.at = offset + CompactRows.HEADER_BYTES;
        this.maxChars = maxChars;
        stage = BEGUN;
        flags = 0;
        attributes = 0;
        joined = null; // should the last event have thrown
        cutMessage = null;
        overflow = at > limit;
        if (!overflow) {
            LONG.set(bytes, start + CompactRows.TIMESTAMP_OFFSET, timestampNanos);
            bytes[start + CompactRows.LEVEL_OFFSET] = level.code();
            INT.set(bytes, start + CompactRows.LOGGER_OFFSET, 0); // and the thread
            SHORT.set(bytes, start + CompactRows.PATTERN_OFFSET, (short) 0);
        }
        return this;
    }

    public RowWriter logger(String name) {
        advance(BEGUN);
        name(Kind.LOGGER, name, start + CompactRows.LOGGER_OFFSET);
        stage = LOGGER;
        return this;
    }

    public RowWriter thread(String name) {
        advance(LOGGER);
        name(Kind.THREAD, name, start + CompactRows.THREAD_OFFSET);
        stage = THREAD;
        return this;
    }

    /** The whole text of the message. */
    public RowWriter message(CharSequence text) {
        advance(THREAD);
        if (text != null && text.length() > maxChars) {
            cutMessage = text;
        }
        text(text, maxChars);
        stage = MESSAGE;
        return this;
    }

    /**
     * The message as a pattern; {@link #argument} then gives one text for each of its first placeholders.
     *
     * @param pattern each {@code {}} in it stands for an argument; it has no escapes
     */
    public RowWriter pattern(String pattern) {
        advance(THREAD);
        if (maxChars != UNCUT) {
            joined = new StringBuilder();
            joinedPattern = pattern;
            joinedThrough = 0;
        } else {
            flags |= CompactRows.PATTERN;
            name(Kind.PATTERN, pattern, start + CompactRows.PATTERN_OFFSET);
            argumentsAt = at;
            arguments = 0;
            if (at < limit) {
                at++;
            } else {
                overflow = true;
            }
        }
        stage = ARGUMENTS;
        return this;
    }

    /** The next argument of the pattern; beyond its last placeholder they are ignored by whoever reads. */
    public RowWriter argument(CharSequence text) {
        if (joined != null) {
            join(text);
        } else if (arguments == MAX_ARGUMENTS) {
            flags |= CompactRows.TRUNCATED;
        } else {
            arguments++;
            text(text, UNCUT);
        }
        return this;
    }

    public RowWriter argument(long value) {
        if (joined != null || arguments == MAX_ARGUMENTS || value == Long.MIN_VALUE) {
            return argument(Long.toString(value));
        }
        arguments++;
        digits(value);
        return this;
    }

    public RowWriter argument(double value) {
        if (number == null) {
            number = new StringBuilder(32);
        }
        number.setLength(0);
        return argument(number.append(value));
    }

    private void join(CharSequence text) {
        int hole = joinedPattern.indexOf(CompactRows.PLACEHOLDER, joinedThrough);
        if (hole >= 0) {
            joined.append(joinedPattern, joinedThrough, hole).append(text);
            joinedThrough = hole + CompactRows.PLACEHOLDER.length();
        }
    }

    public RowWriter throwable(CharSequence text) {
        advance(MESSAGE);
        if (text != null) {
            flags |= CompactRows.THROWABLE;
            text(text, maxChars);
        }
        stage = THROWABLE;
        return this;
    }

    /** One attribute; a null key or value is written as {@code null}. */
    public RowWriter attribute(String key, CharSequence value) {
        advance(THROWABLE);
        if (attributes >= MAX_ATTRIBUTES - (cutMessage == null ? 0 : OWN_ATTRIBUTES)) {
            flags |= CompactRows.TRUNCATED;
        } else {
            put(key, value);
        }
        return this;
    }

    @Override
    public void accept(String key, String value) {
        attribute(key, value);
    }

    private void put(String key, CharSequence value) {
        if (attributes == keys.length) {
            keys = Arrays.copyOf(keys, attributes * 2);
        }
        String known = key == null ? "null" : key;
        int id = names == null ? NameTable.NONE : names.id(Kind.KEY, known);
        keys[attributes++] = (short) id;
        if (id == NameTable.NONE) {
            text(known, Math.min(maxChars, MAX_NAME_CHARS));
        }
        text(value == null ? "null" : value, maxChars);
    }

    /** The text of the event was cut: a reader shows so. */
    public RowWriter truncated() {
        flags |= CompactRows.TRUNCATED;
        return this;
    }

    /** @return the row's length in bytes, or {@link #OVERFLOW} */
    public int end() {
        advance(THROWABLE);
        if (cutMessage != null) {
            describeCutMessage();
        }
        int length = at + attributes * Short.BYTES - start;
        if (overflow || length > limit - start) {
            return OVERFLOW;
        }
        for (int i = 0; i < attributes; i++) {
            SHORT.set(bytes, at + i * Short.BYTES, keys[i]);
        }
        INT.set(bytes, start, length);
        bytes[start + CompactRows.FLAGS_OFFSET] = (byte) flags;
        SHORT.set(bytes, start + CompactRows.ATTRIBUTE_COUNT_OFFSET, (short) attributes);
        return length;
    }

    private void describeCutMessage() {
        String whole = cutMessage.toString();
        cutMessage = null;
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(whole.getBytes(StandardCharsets.UTF_8));
            put(UNCUT_CHARS, Integer.toString(whole.length()));
            put(UNCUT_SHA256, HexFormat.of().formatHex(hash));
        } catch (NoSuchAlgorithmException everyJvmHasIt) {
            throw new IllegalStateException(everyJvmHasIt);
        }
    }

    /** Fills in what the caller has left out up to and with this stage. */
    private void advance(int through) {
        while (stage < through) {
            switch (stage) {
                case BEGUN -> logger(null);
                case LOGGER -> thread(null);
                case THREAD -> message(null);
                case ARGUMENTS -> endArguments();
                default -> stage++;
            }
        }
    }

    private void endArguments() {
        if (joined != null) {
            String whole = joined.append(joinedPattern, joinedThrough, joinedPattern.length())
                    .toString();
            joined = null;
            joinedPattern = null;
            stage = THREAD;
            message(whole);
            return;
        }
        if (!overflow) {
            bytes[argumentsAt] = (byte) arguments;
        }
        stage = MESSAGE;
    }

    private void name(Kind kind, String text, int refOffset) {
        int id = names == null ? NameTable.NONE : names.id(kind, text);
        if (id == NameTable.NONE) {
            text(text, kind == Kind.PATTERN ? maxChars : Math.min(maxChars, MAX_NAME_CHARS));
        } else if (!overflow) {
            SHORT.set(bytes, refOffset, (short) id);
        }
    }

    /** A length in as many bytes as so many characters may need, then UTF-8. */
    private void text(CharSequence text, int longest) {
        if (overflow) {
            return;
        }
        int chars = text == null ? 0 : text.length();
        if (chars > longest) {
            flags |= CompactRows.TRUNCATED;
            chars = Character.isHighSurrogate(text.charAt(longest - 1)) ? longest - 1 : longest;
        }
        int head = varintBytes(chars);
        int from = at + head;
        if (chars > limit - from) {
            overflow = true;
            return;
        }
        int ascii = text instanceof String string ? ascii(string, chars, from) : ascii(text, chars, from);
        at = from + ascii;
        if (ascii < chars) {
            encode(text, ascii, chars);
            if (overflow) {
                return;
            }
            int wider = varintBytes(at - from) - head;
            if (wider > 0) {
                if (limit - at < wider) {
                    overflow = true;
                    return;
                }
                System.arraycopy(bytes, from, bytes, from + wider, at - from);
                at += wider;
                from += wider;
                head += wider;
            }
        }
        varint(from - head, head, at - from);
    }

    /** How many characters from the first on are ASCII, and now bytes. */
    private int ascii(String text, int chars, int from) {
        byte[] target = bytes;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                return i;
            }
            target[from + i] = (byte) c;
        }
        return chars;
    }

    private int ascii(CharSequence text, int chars, int from) {
        if (text == null) {
            return 0;
        }
        byte[] target = bytes;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c >= 0x80) {
                return i;
            }
            target[from + i] = (byte) c;
        }
        return chars;
    }

    /** Encodes UTF-8; a lone surrogate becomes {@link #REPLACEMENT}. */
    private void encode(CharSequence text, int first, int chars) {
        for (int i = first; i < chars; i++) {
            char c = text.charAt(i);
            int codePoint = c;
            int need = c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            if (Character.isSurrogate(c)) {
                if (Character.isHighSurrogate(c) && i + 1 < chars && Character.isLowSurrogate(text.charAt(i + 1))) {
                    codePoint = Character.toCodePoint(c, text.charAt(++i));
                    need = 4;
                } else {
                    codePoint = REPLACEMENT;
                }
            }
            if (limit - at < need) {
                overflow = true;
                return;
            }
            put(codePoint, need);
        }
    }

    private void put(int codePoint, int need) {
        switch (need) {
            case 1 -> bytes[at] = (byte) codePoint;
            case 2 -> {
                bytes[at] = (byte) (0xC0 | codePoint >> 6);
                bytes[at + 1] = (byte) (0x80 | codePoint & 0x3F);
            }
            case 3 -> {
                bytes[at] = (byte) (0xE0 | codePoint >> 12);
                bytes[at + 1] = (byte) (0x80 | codePoint >> 6 & 0x3F);
                bytes[at + 2] = (byte) (0x80 | codePoint & 0x3F);
            }
            default -> {
                bytes[at] = (byte) (0xF0 | codePoint >> 18);
                bytes[at + 1] = (byte) (0x80 | codePoint >> 12 & 0x3F);
                bytes[at + 2] = (byte) (0x80 | codePoint >> 6 & 0x3F);
                bytes[at + 3] = (byte) (0x80 | codePoint & 0x3F);
            }
        }
        at += need;
    }

    private void digits(long value) {
        int sign = value < 0 ? 1 : 0;
        long rest = Math.abs(value);
        int count = 1;
        for (long power = 10; count < 19 && rest >= power; power *= 10) {
            count++;
        }
        if (overflow || limit - at < 1 + sign + count) {
            overflow = true;
            return;
        }
        bytes[at++] = (byte) (sign + count);
        if (sign == 1) {
            bytes[at++] = '-';
        }
        int i = at + count - 1;
        for (; rest > Integer.MAX_VALUE; i--) {
            bytes[i] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        for (int small = (int) rest; i >= at; i--) { // divided by multiplying
            bytes[i] = (byte) ('0' + small % 10);
            small /= 10;
        }
        at += count;
    }

    static int varintBytes(int value) {
        return value < 1 << 7 ? 1 : value < 1 << 14 ? 2 : value < 1 << 21 ? 3 : value < 1 << 28 ? 4 : 5;
    }

    /** In exactly so many bytes, padded where it needs fewer. */
    private void varint(int offset, int count, int value) {
        int rest = value;
        for (int i = 0; i < count - 1; i++) {
            bytes[offset + i] = (byte) (rest & 0x7F | 0x80);
            rest >>>= 7;
        }
        bytes[offset + count - 1] = (byte) rest;
    }
}
