package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.sidecar.TapFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TapOutputTest {
    private static final UUID INCARNATION = new UUID(1, 2);

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final StringWriter err = new StringWriter();

    private static TapFrame lines(String stream, long first, String text, long missed) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        int count = (int) text.chars().filter(c -> c == '\n').count() + (text.endsWith("\n") ? 0 : 1);
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer direct =
                    ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
            ByteBuffer built = builder.build(direct, first, count, Loss.NONE, 1, 2);
            ByteBuffer copy = ByteBuffer.allocate(built.remaining()).put(built).flip();
            return new TapFrame("host:" + stream, INCARNATION, stream, Block.wrap(copy), missed);
        }
    }

    private static TapFrame gap() {
        Block block = Block.wrap(GapBlock.encode(5, 3, LossReason.DAMAGED, 1));
        return new TapFrame("host:a", INCARNATION, "a", block, 0);
    }

    private String shown(boolean json, boolean raw, long limit, TapFrame... frames) throws IOException {
        out.reset();
        try (TapOutput output = new TapOutput("acme", out, json, raw, false, limit)) {
            for (TapFrame frame : frames) {
                output.show(frame, new PrintWriter(err, true));
            }
            assertThat(output.isDone()).isEqualTo(limit == 2);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void namesTheStreamWheneverItChangesAndSaysWhatWasMissed() throws IOException {
        assertThat(shown(
                        false,
                        false,
                        99,
                        lines("a", 0, "one\ntwo\n", 0),
                        lines("a", 2, "three", 120),
                        lines("b", 0, "four\n", 0),
                        gap(),
                        new TapFrame("", INCARNATION, "", null, 7)))
                .isEqualTo("-- a (host:a) --\none\ntwo\n-- missed 120 events --\nthree\n-- b (host:b) --\nfour\n"
                        + "-- gap: 3 events from sequence 5 are not here, reason=DAMAGED --\n-- missed 7 events --\n");
    }

    @Test
    void noTerminalObeysUnlessAsked() throws IOException {
        TapFrame frame = lines("a", 0, "red \u001b[31m and \r back\n", 3);
        assertThat(shown(false, false, 99, frame)).endsWith("red \\u001b[31m and \\r back\n");
        assertThat(shown(false, true, 99, frame)).isEqualTo("red \u001b[31m and \r back\n");
        assertThat(err.toString()).isEqualTo("raftsman: missed 3 events\n");
    }

    @Test
    void rawIsByteForByte() throws IOException {
        assertThat(shown(false, true, 99, lines("a", 0, "one\n\ntwo", 0), lines("a", 3, " goes on\n", 0)))
                .isEqualTo("one\n\ntwo goes on\n");
    }

    @Test
    void jsonIsOneObjectALine() throws IOException {
        assertThat(shown(true, false, 99, lines("a", 41, "one\n", 2), new TapFrame("", INCARNATION, "", null, 7)))
                .isEqualTo("{\"note\":\"missed 2 events\",\"producer\":\"host:a\",\"incarnation\":\"" + INCARNATION
                        + "\"}\n{\"tenant\":\"acme\",\"producer\":\"host:a\",\"incarnation\":\"" + INCARNATION
                        + "\",\"stream\":\"a\",\"sequence\":41,\"line\":\"one\"}\n{\"note\":\"missed 7 events\"}\n");
    }

    @Test
    void endsAfterAsManyEventsAsAreWanted() throws IOException {
        assertThat(shown(false, true, 2, lines("a", 0, "one\ntwo\nthree\n", 0))).isEqualTo("one\ntwo\n");
    }
}
