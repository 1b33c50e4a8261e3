package dev.raftsman.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class FrameCodecTest {
    static Stream<Frame> everyFrame() {
        return Stream.of(
                new Frame.Hello(1, 3, "acme", "host-a"),
                new Frame.Open(7, "orders", new UUID(1, -2), "ströme"),
                new Frame.Resume(8, 99),
                new Frame.Append(5, ByteBuffer.wrap(new byte[] {1, 2, 3}).order(ByteOrder.LITTLE_ENDIAN)),
                new Frame.Close(9, 5, -1, new Loss(LossReason.RING_FULL, 12)),
                new Frame.Forget(10, 5),
                new Frame.Ping(77),
                new Frame.Lag("ströme", Long.MAX_VALUE, 0),
                new Frame.Welcome(1, "c1", 16 << 20),
                new Frame.Opened(7, 5, -1),
                new Frame.Resumed(8, 41),
                new Frame.Ack(5, Long.MAX_VALUE),
                new Frame.Refuse(0, 5, RefuseReason.EXPECTED, 42, 100, "127.0.0.1:7441", "why"),
                new Frame.Closed(9),
                new Frame.Forgotten(10),
                new Frame.Pong(77),
                new Frame.Credit(1));
    }

    private static ByteBuffer body(Frame frame) {
        ByteBuffer encoded = FrameCodec.encode(frame);
        assertThat(encoded.getInt()).isEqualTo(encoded.remaining());
        return encoded;
    }

    @ParameterizedTest
    @MethodSource("everyFrame")
    void comesBackAsItWas(Frame frame) {
        assertThat(FrameCodec.decode(body(frame))).isEqualTo(frame);
    }

    @ParameterizedTest
    @MethodSource("everyFrame")
    void refusesACutFrame(Frame frame) {
        ByteBuffer body = body(frame);
        int least = frame instanceof Frame.Append ? 9 : body.remaining();
        for (int length = 0; length < least; length++) {
            ByteBuffer cut = body.slice(body.position(), length);
            assertThatThrownBy(() -> FrameCodec.decode(cut)).isInstanceOf(ProtocolException.class);
        }
    }

    @Test
    void refusesBytesBehindTheEnd() {
        ByteBuffer longer = ByteBuffer.allocate(64);
        longer.put(body(new Frame.Ping(1))).put((byte) 0).flip();
        assertThatThrownBy(() -> FrameCodec.decode(longer))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("1 bytes behind the end");
    }

    @Test
    void refusesALagBelowNothing() {
        for (Frame lag : List.of(new Frame.Lag("orders", -1, 0), new Frame.Lag("orders", 0, -1))) {
            ByteBuffer body = body(lag);
            assertThatThrownBy(() -> FrameCodec.decode(body))
                    .isInstanceOf(ProtocolException.class)
                    .hasMessageContaining("expected 0 or more");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, FrameCodec.MAX_FRAME_BYTES + 1})
    void refusesALengthBeforeAllocating(int length) {
        assertThatThrownBy(() -> FrameCodec.checkLength(length)).isInstanceOf(ProtocolException.class);
    }

    @Test
    void headerOfAnAppendIsTheBeginningOfItsFrame() {
        ByteBuffer block = ByteBuffer.allocate(100);
        ByteBuffer whole = FrameCodec.encode(new Frame.Append(3, block));
        ByteBuffer header = FrameCodec.appendHeader(3, 100);
        assertThat(header).isEqualTo(whole.slice(0, FrameCodec.APPEND_HEADER_BYTES));
    }

    @Test
    void randomBytesEndInADeclaredError() {
        long seed = 20261123;
        Random random = new Random(seed);
        for (int i = 0; i < 50_000; i++) {
            byte[] bytes = new byte[random.nextInt(64)];
            random.nextBytes(bytes);
            try {
                FrameCodec.decode(ByteBuffer.wrap(bytes));
            } catch (ProtocolException expected) {
                assertThat(expected).as("seed %d round %d", seed, i).hasMessageMatching("(?s).+");
            }
        }
    }
}
