package dev.raftsman.ring;

import dev.raftsman.event.Level;
import dev.raftsman.event.RowWriter;

/** One place in the ring: a stretch of the ring's memory. Owned by the producer from claim to publish, by the flusher from then on. */
final class Slot {
    private final byte[] memory;
    private final int offset;
    private final int bytes;

    /** The slow way: the row of an event that is larger than the slot. */
    private byte[] large;

    private int length;

    Slot(byte[] memory, int offset, int bytes) {
        this.memory = memory;
        this.offset = offset;
        this.bytes = bytes;
    }

    <E, P> void encode(RowWriter writer, EventEncoder<E, P> encoder, E event, P prepared, int maxEventBytes) {
        length = RowWriter.OVERFLOW; // not the last lap's, should anything be thrown here
        length = encode(writer, encoder, event, prepared, memory, offset, bytes, RowWriter.UNCUT);
        if (length == RowWriter.OVERFLOW) {
            encodeLarge(writer, encoder, event, prepared, maxEventBytes);
        }
    }

    private <E, P> int encode(
            RowWriter writer,
            EventEncoder<E, P> encoder,
            E event,
            P prepared,
            byte[] target,
            int at,
            int room,
            int maxChars) {
        writer.begin(target, at, at + room, encoder.level(event), encoder.timestampNanos(event), maxChars);
        encoder.encode(event, prepared, writer);
        return writer.end();
    }

    private <E, P> void encodeLarge(
            RowWriter writer, EventEncoder<E, P> encoder, E event, P prepared, int maxEventBytes) {
        int capacity = bytes;
        do {
            capacity = (int) Math.min(4L * capacity, maxEventBytes);
            large = new byte[capacity];
            length = encode(writer, encoder, event, prepared, large, 0, capacity, RowWriter.UNCUT);
        } while (length == RowWriter.OVERFLOW && capacity < maxEventBytes);
        // Halved until it fits: how many texts there are and how many bytes a character takes, the event knows.
        for (int chars = maxEventBytes / 2; length == RowWriter.OVERFLOW && chars > 0; chars /= 2) {
            length = encode(writer, encoder, event, prepared, large, 0, capacity, chars);
        }
        if (length == RowWriter.OVERFLOW) {
            encodeFailure(encoder, event, "it does not fit into " + maxEventBytes + " bytes");
        }
    }

    /** The sequence is claimed, so something must stand there: the event's time and level, and why it is not there. */
    <E, P> void encodeFailure(EventEncoder<E, P> encoder, E event, String why) {
        Level level = Level.ERROR;
        long timestampNanos = 0;
        try {
            level = encoder.level(event);
            timestampNanos = encoder.timestampNanos(event);
        } catch (Throwable alsoBroken) {
            // The row is written all the same.
        }
        encodeFailure(level, timestampNanos, why);
    }

    private void encodeFailure(Level level, long timestampNanos, String why) {
        large = null;
        String message = "event could not be encoded: " + why;
        RowWriter writer = new RowWriter(null);
        writer.begin(memory, offset, offset + bytes, level, timestampNanos, (bytes - 32) / 4);
        length = writer.message(message.substring(0, Math.min(message.length(), (bytes - 32) / 4)))
                .truncated()
                .end();
    }

    /** Of the flusher, before it takes the row. */
    int encodedLength() {
        if (length == RowWriter.OVERFLOW) {
            encodeFailure(Level.ERROR, 0, "no memory");
        }
        return length;
    }

    /** Of the flusher: the row is replaced by one that says why it could not be taken. */
    void refuse(String why) {
        encodeFailure(Level.ERROR, 0, why);
    }

    byte[] row() {
        return large == null ? memory : large;
    }

    int offset() {
        return large == null ? offset : 0;
    }

    void release() {
        large = null;
    }
}
