package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

class FrameDecoderTest {
    private boolean wanted = true;
    private long nowNanos = 1;
    private final FrameDecoder decoder =
            new FrameDecoder(() -> wanted, () -> FrameCodec.MAX_FRAME_BYTES, () -> nowNanos);
    private final EmbeddedChannel channel = new EmbeddedChannel(decoder);

    private static ByteBuf pings(int from, int to) {
        ByteBuf pings = Unpooled.buffer();
        for (int i = from; i < to; i++) {
            pings.writeBytes(FrameCodec.encode(new Frame.Ping(i)));
        }
        return pings;
    }

    @Test
    void handsOverNoFrameThatIsNotWantedAndGoesOnWithItLater() throws Exception {
        wanted = false;
        channel.writeInbound(pings(0, 3));
        assertThat(channel.<Frame>readInbound()).isNull();
        wanted = true;
        channel.writeInbound(pings(3, 4));
        decoder.goOn();
        for (int i = 0; i < 4; i++) {
            assertThat(channel.<Frame>readInbound()).isEqualTo(new Frame.Ping(i));
        }
        assertThat(decoder.partialSinceNanos()).isEqualTo(FrameDecoder.NONE);
    }

    @Test
    void countsTheTimeOfAFrameThatIsNotWholeFromWhenItWasWantedAgain() throws Exception {
        ByteBuf cut = pings(0, 1);
        channel.writeInbound(cut.slice(0, 5).retain());
        assertThat(decoder.partialSinceNanos()).isEqualTo(1);
        wanted = false;
        channel.writeInbound(cut.slice(5, 3).retain());
        wanted = true;
        nowNanos = 99;
        decoder.goOn();
        assertThat(decoder.partialSinceNanos()).isEqualTo(99);
    }

    @Test
    void keepsNothingThatFollowsABadFrame() {
        ByteBuf bad = Unpooled.buffer().writeIntLE(-1);
        assertThatThrownBy(() -> channel.writeInbound(bad)).hasCauseInstanceOf(ProtocolException.class);
        ByteBuf more = Unpooled.buffer(1 << 16).writeZero(1 << 16);
        channel.writeInbound(more);
        assertThat(more.refCnt()).isZero();
        assertThat(channel.<Frame>readInbound()).isNull();
    }
}
