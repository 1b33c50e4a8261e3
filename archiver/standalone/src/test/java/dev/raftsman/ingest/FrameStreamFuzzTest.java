package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.DecoderException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Bytes of a connection, in pieces that the first of them decides: the same frames as in one piece, and then perhaps a
 * {@link ProtocolException}.
 */
class FrameStreamFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void stream(byte[] data) {
        if (data.length == 0) {
            return;
        }
        List<Object> pieces = read(data, 1 + Byte.toUnsignedInt(data[0]));
        assertThat(pieces).isEqualTo(read(data, data.length));
    }

    /** Frames as they came, and what they ended in. */
    private static List<Object> read(byte[] data, int pieceBytes) {
        List<Object> got = new ArrayList<>();
        FrameDecoder decoder =
                new FrameDecoder(() -> true, () -> got.isEmpty() ? 1 << 10 : FrameCodec.MAX_FRAME_BYTES, () -> 1);
        EmbeddedChannel channel = new EmbeddedChannel(decoder, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object frame) {
                got.add(frame instanceof Frame.Append append ? copy(append) : frame);
            }
        });
        try {
            for (int at = 1; at < data.length; at += pieceBytes) {
                channel.writeInbound(Unpooled.wrappedBuffer(data, at, Math.min(pieceBytes, data.length - at)));
            }
        } catch (DecoderException refused) {
            assertThat(refused).hasCauseInstanceOf(ProtocolException.class);
            got.add(refused.getCause().getMessage());
        } finally {
            channel.close();
        }
        return got;
    }

    private static Frame copy(Frame.Append append) {
        return new Frame.Append(
                append.epoch(),
                ByteBuffer.allocate(append.block().remaining())
                        .put(append.block().duplicate())
                        .flip());
    }
}
