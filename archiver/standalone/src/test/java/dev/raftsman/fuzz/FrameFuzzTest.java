package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.ProtocolException;
import java.nio.ByteBuffer;

/** A frame of either side: it is one, and comes back as the same when written again, or a {@link ProtocolException}. */
class FrameFuzzTest {
    @FuzzTest(maxDuration = "60s")
    void frame(byte[] data) throws Exception {
        Memory.atMost(16L * data.length, () -> decode(data));
    }

    private static void decode(byte[] data) {
        Frame frame;
        try {
            frame = FrameCodec.decode(ByteBuffer.wrap(data));
        } catch (ProtocolException declared) {
            return;
        }
        ByteBuffer again = FrameCodec.encode(frame);
        assertThat(FrameCodec.decode(again.position(FrameCodec.LENGTH_BYTES))).isEqualTo(frame);
    }
}
