package dev.raftsman.ring;

import dev.raftsman.event.EventRowWriter;
import dev.raftsman.event.Level;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * One place in the ring: a stretch of the ring's memory, and a writer of its own, so that no thread needs one. Owned by
 * the producer from claim to publish, by the flusher from then on.
 */
final class Slot {
    private final ByteBuffer memory;
    private final int offset;
    private final int bytes;
    private final EventRowWriter writer = new EventRowWriter();

    /** The slow way: the row of an event that is larger than the slot. */
    private ByteBuffer large;

    private int length;

    Slot(ByteBuffer memory, int offset, int bytes) {
        this.memory = memory;
        this.offset = offset;
        this.bytes = bytes;
    }

    void encode(RowSource event, int maxEventBytes) {
        length = EventRowWriter.OVERFLOW; // not the last lap's, should anything be thrown here
        length = event.encode(writer, memory, offset, offset + bytes, RowSource.UNCUT);
        if (length == EventRowWriter.OVERFLOW) {
            encodeLarge(event, maxEventBytes);
        }
    }

    private void encodeLarge(RowSource event, int maxEventBytes) {
        int capacity = bytes;
        do {
            capacity = (int) Math.min(4L * capacity, maxEventBytes);
            large = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
            length = event.encode(writer, large, 0, capacity, RowSource.UNCUT);
        } while (length == EventRowWriter.OVERFLOW && capacity < maxEventBytes);
        // Halved until it fits: how many texts there are and how many bytes a character takes, the event knows.
        for (int chars = maxEventBytes / 2; length == EventRowWriter.OVERFLOW && chars > 0; chars /= 2) {
            length = event.encode(writer, large, 0, capacity, chars);
        }
        if (length == EventRowWriter.OVERFLOW) {
            encodeFailure(event, "it does not fit into " + maxEventBytes + " bytes");
        }
    }

    /** The sequence is claimed, so something must stand there: the event's time and level, and why it is not there. */
    void encodeFailure(RowSource event, String why) {
        Level level = Level.ERROR;
        long timestampNanos = 0;
        try {
            level = event.level();
            timestampNanos = event.timestampNanos();
        } catch (Throwable alsoBroken) {
            // The row is written all the same.
        }
        encodeFailure(level, timestampNanos, why);
    }

    private void encodeFailure(Level level, long timestampNanos, String why) {
        large = null;
        String message = "event could not be encoded: " + why;
        writer.begin(memory, offset, offset + bytes, level, timestampNanos);
        writer.message(message.substring(0, Math.min(message.length(), (bytes - 32) / 4)));
        length = writer.truncated().end();
    }

    /** Of the flusher, before it takes the row. */
    int encodedLength() {
        if (length == EventRowWriter.OVERFLOW) {
            encodeFailure(Level.ERROR, 0, "no memory");
        }
        return length;
    }

    ByteBuffer buffer() {
        return large == null ? memory : large;
    }

    int offset() {
        return large == null ? offset : 0;
    }

    void release() {
        large = null;
    }
}
