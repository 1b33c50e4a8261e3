package dev.raftsman.shipper;

import dev.raftsman.input.Fingerprint;
import dev.raftsman.input.SourceCheckpoint;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.zip.CRC32C;

/**
 * What the sidecar must still know after its WAL files are gone: how far each WAL is acknowledged, which epochs are to
 * be closed and forgotten, how far each file was read. Changed on the shipper's thread only; every change counts up
 * {@link #version}, and {@link CursorFile} makes versions durable.
 *
 * <p>As a file, lines of UTF-8 whose fields are separated by tabs, with {@code %XX} for what would disturb them:
 *
 * <pre>
 *  raftsman-cursor-1
 *  wal     incarnation  position
 *  epoch   incarnation  producer  stream  epoch  acknowledged  state
 *  source  startMillis  position  device  inode  fingerprintLength  fingerprintCrc  headCrc  offset  stream  path
 *  crc     CRC32C of all bytes before this line, eight hexadecimal digits
 * </pre>
 */
final class Cursor {
    static final String FORMAT = "raftsman-cursor-1";

    /** How far the farewell to an epoch has come. What is written here has been asked for, perhaps answered. */
    enum State {
        OPEN,
        CLOSING,
        CLOSED
    }

    /** @param incarnation of the WAL that holds the events */
    record EpochKey(UUID incarnation, String producer, String stream) {}

    record Epoch(long epoch, long acknowledged, State state) {}

    /** A checkpoint and where it was taken; a later place is the newer one. */
    record Source(long startMillis, long position, SourceCheckpoint checkpoint) {
        boolean isNewerThan(Source other) {
            return startMillis != other.startMillis ? startMillis > other.startMillis : position > other.position;
        }
    }

    private final Map<UUID, Long> positions = new LinkedHashMap<>();
    private final Map<EpochKey, Epoch> epochs = new LinkedHashMap<>();
    private final NewestSources sources = new NewestSources();
    private long version;

    long version() {
        return version;
    }

    /** Every excerpt of this WAL up to this position is acknowledged; -1 if none is. */
    long position(UUID incarnation) {
        return positions.getOrDefault(incarnation, -1L);
    }

    void position(UUID incarnation, long position) {
        if (!Objects.equals(positions.put(incarnation, position), position)) {
            version++;
        }
    }

    Map<EpochKey, Epoch> epochs() {
        return epochs;
    }

    /**
     * How an epoch stands. What was acknowledged once never counts as less: a cluster that was restored goes back, and after
     * a crash in the middle of sending it all again the next look must find that out anew.
     */
    void epoch(EpochKey key, Epoch epoch) {
        Epoch before = epochs.get(key);
        long acknowledged = before == null ? -1 : before.acknowledged();
        Epoch now = new Epoch(epoch.epoch(), Math.max(acknowledged, epoch.acknowledged()), epoch.state());
        if (!now.equals(epochs.put(key, now))) {
            version++;
        }
    }

    /** How far a feed's epoch is acknowledged; whether it is being closed stays as it was. */
    void acknowledged(Feed feed) {
        Epoch before = epochs.get(Retirement.key(feed));
        State state = before == null ? State.OPEN : before.state();
        epoch(Retirement.key(feed), new Epoch(feed.epoch(), feed.acknowledged(), state));
    }

    /** The epoch is forgotten by the cluster, so it may be here. */
    void forgotten(EpochKey key) {
        if (epochs.remove(key) != null) {
            version++;
        }
    }

    /** The WAL is durably deleted. */
    void released(UUID incarnation) {
        if (positions.remove(incarnation) != null) {
            version++;
        }
    }

    void source(Source source) {
        if (sources.add(source)) {
            version++;
        }
    }

    /** The file is gone for good. */
    void gone(Source source) {
        if (sources.remove(source)) {
            version++;
        }
    }

    /** As they are now, in no order; see {@link NewestSources}. */
    Collection<Source> sources() {
        return sources.all();
    }

    // ---- as bytes

    ByteBuffer encode() {
        Collection<Source> all = sources.all();
        StringBuilder text = new StringBuilder(256 + 128 * (epochs.size() + all.size()));
        text.append(FORMAT).append('\n');
        positions.forEach((incarnation, position) -> line(text, "wal", incarnation, position));
        epochs.forEach((key, epoch) -> line(
                text,
                "epoch",
                key.incarnation(),
                key.producer(),
                key.stream(),
                epoch.epoch(),
                epoch.acknowledged(),
                epoch.state()));
        for (Source source : all) {
            SourceCheckpoint c = source.checkpoint();
            line(
                    text,
                    "source",
                    source.startMillis(),
                    source.position(),
                    c.device(),
                    c.inode(),
                    c.fingerprint().length(),
                    Integer.toHexString(c.fingerprint().crc()),
                    Integer.toHexString(c.fingerprint().headCrc()),
                    c.offset(),
                    c.stream(),
                    c.path());
        }
        byte[] body = text.toString().getBytes(StandardCharsets.UTF_8);
        byte[] seal = String.format("crc\t%08x\n", crc(body, body.length)).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(body.length + seal.length)
                .put(body)
                .put(seal)
                .flip();
    }

    private static void line(StringBuilder text, String kind, Object... fields) {
        text.append(kind);
        for (Object field : fields) {
            text.append('\t').append(escape(field.toString()));
        }
        text.append('\n');
    }

    /** @throws IllegalArgumentException saying what is wrong; nothing of such a cursor may be used */
    static Cursor decode(byte[] bytes) {
        String text;
        try {
            CharBuffer chars = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            text = chars.toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("not UTF-8", e);
        }
        if (!text.startsWith(FORMAT + "\n")) {
            throw new IllegalArgumentException("the first line is not " + FORMAT);
        }
        int seal = text.lastIndexOf("crc\t");
        if (seal < 1 || text.charAt(seal - 1) != '\n' || !text.endsWith("\n")) {
            throw new IllegalArgumentException("it is cut short: the last line is no crc");
        }
        int bodyBytes = text.substring(0, seal).getBytes(StandardCharsets.UTF_8).length;
        String found = text.substring(seal + 4, text.length() - 1);
        String expected = String.format("%08x", crc(bytes, bodyBytes));
        if (!found.equals(expected)) {
            throw new IllegalArgumentException("crc " + found + "; computed " + expected);
        }
        Cursor cursor = new Cursor();
        text.substring(FORMAT.length() + 1, seal).lines().forEach(cursor::take);
        cursor.version = 0;
        return cursor;
    }

    private void take(String line) {
        String[] f = line.split("\t", -1);
        for (int i = 0; i < f.length; i++) {
            f[i] = unescape(f[i]);
        }
        try {
            switch (f[0]) {
                case "wal" -> position(UUID.fromString(f[1]), Long.parseLong(f[2]));
                case "epoch" ->
                    epoch(
                            new EpochKey(UUID.fromString(f[1]), f[2], f[3]),
                            new Epoch(Long.parseLong(f[4]), Long.parseLong(f[5]), State.valueOf(f[6])));
                case "source" ->
                    source(new Source(
                            Long.parseLong(f[1]),
                            Long.parseLong(f[2]),
                            new SourceCheckpoint(
                                    f[9],
                                    f[10],
                                    Long.parseLong(f[3]),
                                    Long.parseLong(f[4]),
                                    new Fingerprint(
                                            Integer.parseInt(f[5]),
                                            Integer.parseUnsignedInt(f[6], 16),
                                            Integer.parseUnsignedInt(f[7], 16)),
                                    Long.parseLong(f[8]))));
                default -> throw new IllegalArgumentException("a line of kind '" + f[0] + "'");
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new IllegalArgumentException("a line of " + f.length + " fields: " + f[0], e);
        }
    }

    private static String escape(String field) {
        StringBuilder safe = null;
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '%' || c < ' ' || c == 0x7F) {
                if (safe == null) {
                    safe = new StringBuilder(field.length() + 8).append(field, 0, i);
                }
                safe.append(String.format("%%%02X", (int) c));
            } else if (safe != null) {
                safe.append(c);
            }
        }
        return safe == null ? field : safe.toString();
    }

    private static String unescape(String field) {
        if (field.indexOf('%') < 0) {
            return field;
        }
        StringBuilder plain = new StringBuilder(field.length());
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '%' && i + 2 < field.length()) {
                plain.append((char) Integer.parseInt(field.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                plain.append(c);
            }
        }
        return plain.toString();
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
