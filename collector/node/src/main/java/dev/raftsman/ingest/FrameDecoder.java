package dev.raftsman.ingest;

import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Cuts a byte stream into frames, each in bytes of its own, and checks a length before anything is allocated for it. Holds
 * at most what one read brought while nobody takes frames; what follows a bad frame is not kept.
 */
final class FrameDecoder extends ByteToMessageDecoder {
    /** What {@link #partialSinceNanos} says when no frame is begun. */
    static final long NONE = Long.MIN_VALUE;

    /** What the first bytes of TLS would be as the length of a frame. */
    private static final int LEAST_TLS_LENGTH = 1 << 16;

    private final BooleanSupplier frameWanted;
    private final IntSupplier maxFrameBytes;
    private final LongSupplier clockNanos;
    private long partialSinceNanos = NONE;

    /** Where to go on with bytes that were not wanted; null if there are none. */
    private ChannelHandlerContext held;

    private boolean broken;

    /** @param frameWanted asked before each frame; after a no, {@link #goOn} is needed */
    FrameDecoder(BooleanSupplier frameWanted, IntSupplier maxFrameBytes, LongSupplier clockNanos) {
        this.frameWanted = frameWanted;
        this.maxFrameBytes = maxFrameBytes;
        this.clockNanos = clockNanos;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (broken) {
            in.skipBytes(in.readableBytes());
        } else if (frameWanted.getAsBoolean()) {
            try {
                cut(in, out);
            } catch (ProtocolException e) {
                broken = true;
                throw e;
            }
        } else {
            held = context;
        }
    }

    /** Frames are wanted again. */
    void goOn() throws Exception {
        ChannelHandlerContext context = held;
        if (context != null) {
            held = null;
            partialSinceNanos = NONE;
            channelRead(context, Unpooled.EMPTY_BUFFER);
            channelReadComplete(context);
        }
    }

    private void cut(ByteBuf in, List<Object> out) {
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

    /** Reading goes on after a pause: a frame that had begun has its whole time again. */
    void restart() {
        if (partialSinceNanos != NONE) {
            partialSinceNanos = clockNanos.getAsLong();
        }
    }

    /** When the first bytes of the frame came that is not whole yet. */
    long partialSinceNanos() {
        return partialSinceNanos;
    }
}
