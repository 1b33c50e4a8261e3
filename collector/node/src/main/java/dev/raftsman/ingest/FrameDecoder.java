package dev.raftsman.ingest;

import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/** Cuts a byte stream into frames, each in bytes of its own, and checks a length before anything is allocated for it. */
final class FrameDecoder extends ByteToMessageDecoder {
    /** What {@link #partialSinceNanos} says when no frame is begun. */
    static final long NONE = Long.MIN_VALUE;

    /** What the first bytes of TLS would be as the length of a frame. */
    private static final int LEAST_TLS_LENGTH = 1 << 16;

    private final IntSupplier maxFrameBytes;
    private final LongSupplier clockNanos;
    private long partialSinceNanos = NONE;

    FrameDecoder(IntSupplier maxFrameBytes, LongSupplier clockNanos) {
        this.maxFrameBytes = maxFrameBytes;
        this.clockNanos = clockNanos;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (in.readableBytes() >= FrameCodec.LENGTH_BYTES) {
            if (maxFrameBytes.getAsInt() < LEAST_TLS_LENGTH && PlainTextRefusal.isHandshake(in)) {
                throw new ProtocolException("a TLS handshake; this port speaks plain text, it has no ingest.tls");
            }
            int length = FrameCodec.checkLength(in.getIntLE(in.readerIndex()));
            if (length > maxFrameBytes.getAsInt()) {
                throw new ProtocolException("frame of " + length + " bytes; expected HELLO");
            }
            if (in.readableBytes() - FrameCodec.LENGTH_BYTES >= length) {
                byte[] frame = new byte[length];
                in.skipBytes(FrameCodec.LENGTH_BYTES).readBytes(frame);
                partialSinceNanos = NONE;
                out.add(FrameCodec.decode(ByteBuffer.wrap(frame)));
                return;
            }
        }
        if (partialSinceNanos == NONE && in.isReadable()) {
            partialSinceNanos = clockNanos.getAsLong();
        }
    }

    /** When the first bytes of the frame came that is not whole yet. */
    long partialSinceNanos() {
        return partialSinceNanos;
    }
}
