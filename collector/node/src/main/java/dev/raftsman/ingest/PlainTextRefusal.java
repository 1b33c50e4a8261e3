package dev.raftsman.ingest;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.RefuseReason;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.ssl.NotSslRecordException;
import java.util.List;

/**
 * Answers a sidecar without TLS in its own language before the connection ends, so that its operator learns why. What begins
 * like TLS is let through to the handler behind.
 */
final class PlainTextRefusal extends ByteToMessageDecoder {
    static final String DETAIL = "this port takes TLS only; the sidecar has no shipper.tls";

    private static final int PREFIX_BYTES = 3;
    private boolean refused;

    /**
     * Whether bytes begin like a TLS handshake: its type, then the two bytes of a version, 3.0 to 3.4. As the length of a
     * frame they would be 64 KiB and more, which no HELLO has.
     */
    static boolean isHandshake(ByteBuf in) {
        int at = in.readerIndex();
        int minor = in.getByte(at + 2);
        return in.getByte(at) == 22 && in.getByte(at + 1) == 3 && minor >= 1 && minor <= 4;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) {
        if (refused) {
            in.skipBytes(in.readableBytes());
        } else if (in.readableBytes() >= PREFIX_BYTES) {
            if (isHandshake(in)) {
                context.pipeline().remove(this); // passes on what it holds
            } else {
                refused = true;
                in.skipBytes(in.readableBytes());
                context.writeAndFlush(Unpooled.wrappedBuffer(FrameCodec.encode(
                                new Frame.Refuse(0, 0, RefuseReason.BAD_FRAME, 0, 0, Frame.NONE, DETAIL))))
                        .addListener(sent -> context.close());
                context.fireExceptionCaught(new NotSslRecordException("plain text"));
            }
        }
    }
}
