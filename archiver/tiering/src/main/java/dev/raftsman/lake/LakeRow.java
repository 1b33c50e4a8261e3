package dev.raftsman.lake;

import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.apache.parquet.io.api.Binary;

/**
 * One row of the table, filled again and again. Texts that stay the same from row to row stay the same object, so that a
 * column's dictionary need not look them up. Texts are the bytes of the block, except where these are no UTF-8: many
 * readers refuse a whole file for one bad byte, so it becomes U+FFFD here and stays as it was in the archive. One thread.
 */
final class LakeRow {
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long HIGH_BITS = 0x8080808080808080L;
    private static final int NANOS_IN_MICRO = 1_000;

    /** Up to so many attributes each key is compared with those before it. */
    private static final int FEW = 16;

    private static final Binary[] LEVELS = new Binary[Level.values().length];

    static {
        for (Level level : Level.values()) {
            if (level != Level.UNPARSED) {
                LEVELS[level.code()] = constant(level.name());
            }
        }
    }

    private final Repeated loggers = new Repeated();
    private final Repeated threads = new Repeated();
    private final Texts attributes = new Texts();
    private final Texts labels = new Texts();
    private Repeated[] keys = {};
    private Repeated[] values = {};

    private Binary tenant;
    private Binary stream;
    private Binary segment;
    private Binary producer;
    private long epoch;
    private long timeMicros;
    private long sequence;
    private Binary level;
    private Binary logger;
    private Binary thread;
    private Binary message;
    private Binary throwable;

    /** Pairs of a map, in their order. */
    static final class Texts {
        private Binary[] keys = new Binary[8];
        private Binary[] values = new Binary[8];
        private int count;

        void clear() {
            count = 0;
        }

        void add(Binary key, Binary value) {
            if (count == keys.length) {
                keys = Arrays.copyOf(keys, count * 2);
                values = Arrays.copyOf(values, count * 2);
            }
            keys[count] = key;
            values[count++] = value;
        }

        int count() {
            return count;
        }

        Binary key(int i) {
            return keys[i];
        }

        Binary value(int i) {
            return values[i];
        }
    }

    /** A text that is often the same as the time before; then it is the same object. */
    private static final class Repeated {
        private byte[] raw = {};
        private Binary text;

        Binary of(byte[] bytes, int offset, int length) {
            if (text == null || !Arrays.equals(bytes, offset, offset + length, raw, 0, raw.length)) {
                raw = Arrays.copyOfRange(bytes, offset, offset + length);
                text = isAscii(raw, 0, length) ? Binary.fromConstantByteArray(raw) : repaired(raw, 0, length);
            }
            return text;
        }
    }

    /** Begins a segment. */
    void begin(SegmentHeader header) {
        tenant = constant(header.tenant());
        stream = constant(header.stream());
        segment = constant(header.id().toString());
    }

    /** Begins a block. */
    void begin(EpochInfo info, Labels blockLabels) {
        if (info.epoch() != epoch || producer == null) {
            epoch = info.epoch();
            producer = constant(info.producer());
        }
        labels.clear();
        for (Map.Entry<String, String> label : blockLabels.asMap().entrySet()) {
            labels.add(constant(label.getKey()), constant(label.getValue()));
        }
    }

    /** A line that nobody has parsed: its bytes are the message, its time that of reading. */
    void line(long lineSequence, long timeNanos, byte[] bytes, int offset, int length) {
        sequence = lineSequence;
        timeMicros = Math.floorDiv(timeNanos, NANOS_IN_MICRO);
        level = null;
        logger = null;
        thread = null;
        throwable = null;
        message = text(bytes, offset, length);
        attributes.clear();
    }

    /** @param row its bytes are used until the next row */
    void event(long eventSequence, EventRow row) {
        byte[] bytes = row.buffer().array();
        int base = row.buffer().arrayOffset();
        sequence = eventSequence;
        timeMicros = Math.floorDiv(row.timestampNanos(), NANOS_IN_MICRO);
        level = LEVELS[row.level()];
        logger = row.loggerLength() == 0 ? null : loggers.of(bytes, base + row.loggerOffset(), row.loggerLength());
        thread = row.threadLength() == 0 ? null : threads.of(bytes, base + row.threadOffset(), row.threadLength());
        message = text(bytes, base + row.messageOffset(), row.messageLength());
        throwable =
                row.throwableLength() == 0 ? null : text(bytes, base + row.throwableOffset(), row.throwableLength());
        attributes.clear();
        if (row.attributeCount() > 0) {
            attributes(row, bytes, base);
        }
    }

    private void attributes(EventRow row, byte[] bytes, int base) {
        int known = keys.length;
        if (known < row.attributeCount()) {
            keys = Arrays.copyOf(keys, row.attributeCount());
            values = Arrays.copyOf(values, row.attributeCount());
            for (int i = known; i < keys.length; i++) {
                keys[i] = new Repeated();
                values[i] = new Repeated();
            }
        }
        row.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) -> {
            int at = attributes.count();
            attributes.add(
                    keys[at].of(bytes, base + keyOffset, keyLength),
                    values[at].of(bytes, base + valueOffset, valueLength));
        });
        tellApart(attributes);
    }

    /** Keys of a map differ. An event may have one twice (MDC and a key-value pair): the later is "key#2". */
    private static void tellApart(Texts pairs) {
        Set<Binary> seen = pairs.count > FEW ? new HashSet<>() : null;
        for (int i = 0; i < pairs.count; i++) {
            Binary key = pairs.keys[i];
            for (int copy = 2; isTaken(pairs, i, seen); copy++) {
                pairs.keys[i] = constant(key.toStringUsingUTF8() + "#" + copy);
            }
            if (seen != null) {
                seen.add(pairs.keys[i]);
            }
        }
    }

    private static boolean isTaken(Texts pairs, int i, Set<Binary> seen) {
        if (seen != null) {
            return seen.contains(pairs.keys[i]);
        }
        for (int j = 0; j < i; j++) {
            if (pairs.keys[j].equals(pairs.keys[i])) {
                return true;
            }
        }
        return false;
    }

    private static Binary constant(String text) {
        return Binary.fromConstantByteArray(text.getBytes(StandardCharsets.UTF_8));
    }

    private static Binary text(byte[] bytes, int offset, int length) {
        return isAscii(bytes, offset, length)
                ? Binary.fromReusedByteArray(bytes, offset, length)
                : repaired(bytes, offset, length);
    }

    /** The same text where it is UTF-8. */
    private static Binary repaired(byte[] bytes, int offset, int length) {
        return constant(new String(bytes, offset, length, StandardCharsets.UTF_8));
    }

    private static boolean isAscii(byte[] bytes, int offset, int length) {
        int at = offset;
        int end = offset + length;
        for (; at <= end - Long.BYTES; at += Long.BYTES) {
            if (((long) LONGS.get(bytes, at) & HIGH_BITS) != 0) {
                return false;
            }
        }
        for (; at < end; at++) {
            if (bytes[at] < 0) {
                return false;
            }
        }
        return true;
    }

    Binary tenant() {
        return tenant;
    }

    Binary stream() {
        return stream;
    }

    Binary segment() {
        return segment;
    }

    Binary producer() {
        return producer;
    }

    long epoch() {
        return epoch;
    }

    long timeMicros() {
        return timeMicros;
    }

    long sequence() {
        return sequence;
    }

    /** Null if it is not known, as the next three. */
    Binary level() {
        return level;
    }

    Binary logger() {
        return logger;
    }

    Binary thread() {
        return thread;
    }

    Binary throwable() {
        return throwable;
    }

    Binary message() {
        return message;
    }

    Texts attributes() {
        return attributes;
    }

    Texts labels() {
        return labels;
    }
}
