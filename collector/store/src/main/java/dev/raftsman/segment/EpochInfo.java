package dev.raftsman.segment;

import dev.raftsman.event.Names;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.UUID;

/** Whose blocks an epoch's are; tenant and stream are those of the segment. */
public record EpochInfo(long epoch, String producer, UUID incarnation) {
    private static final int FIXED_BYTES = 18;

    static final int MAX_BYTES = FIXED_BYTES + Names.MAX_LENGTH;

    public EpochInfo {
        if (epoch < 1) {
            throw new IllegalArgumentException("epoch " + epoch);
        }
        Names.name(producer);
        Objects.requireNonNull(incarnation, "incarnation");
    }

    ByteBuffer encode() {
        byte[] name = producer.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(FIXED_BYTES + name.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(incarnation.getMostSignificantBits())
                .putLong(incarnation.getLeastSignificantBits())
                .putShort((short) name.length)
                .put(name)
                .flip();
    }

    /** @throws IllegalArgumentException if the body is none */
    static EpochInfo decode(long epoch, ByteBuffer body) {
        if (body.remaining() < FIXED_BYTES || body.getShort(16) != body.remaining() - FIXED_BYTES) {
            throw new IllegalArgumentException("epoch record of " + body.remaining() + " bytes");
        }
        UUID incarnation = new UUID(body.getLong(0), body.getLong(8));
        byte[] name = new byte[body.remaining() - FIXED_BYTES];
        body.get(FIXED_BYTES, name);
        return new EpochInfo(epoch, new String(name, StandardCharsets.UTF_8), incarnation);
    }
}
