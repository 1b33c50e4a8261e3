package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class TapTest {
    private static final UUID INCARNATION = new UUID(3, 4);

    private final Tap tap = new Tap();

    private static Block block(long first, int lines, int bytesALine) {
        ByteBuffer text = ByteBuffer.allocateDirect(lines * bytesALine);
        Random random = new Random(first);
        for (int i = 0; i < lines; i++) {
            for (int j = 1; j < bytesALine; j++) {
                text.put((byte) (' ' + random.nextInt(90)));
            }
            text.put((byte) '\n');
        }
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            ByteBuffer built = builder.build(text.flip(), first, lines, Loss.NONE, 1, 2);
            return Block.wrap(ByteBuffer.allocate(built.remaining()).put(built).flip());
        }
    }

    private void offer(String stream, Block block) {
        tap.offered("host:" + stream, INCARNATION, stream, block);
    }

    @Test
    void eachListenerIsGivenTheStreamsItWants() throws InterruptedException {
        offer("early", block(0, 1, 10));
        try (Tap.Listener all = tap.listen(stream -> true);
                Tap.Listener some = tap.listen(new Wildcard("b*")::matches)) {
            offer("a", block(0, 2, 10));
            offer("b", block(5, 3, 10));
            assertThat(all.poll(0).stream()).isEqualTo("a");
            Tap.Passing passing = all.poll(0);
            assertThat(passing.stream()).isEqualTo("b");
            assertThat(passing.producer()).isEqualTo("host:b");
            assertThat(passing.block().firstSequence()).isEqualTo(5);
            assertThat(all.poll(0)).isNull();
            assertThat(some.poll(0).stream()).isEqualTo("b");
            assertThat(some.poll(1)).isNull();
        }
    }

    @Test
    void aListenerThatIsSlowMissesEventsAndIsToldHowMany() throws InterruptedException {
        int bytes = 256 << 10;
        try (Tap.Listener slow = tap.listen(stream -> true)) {
            long offered = 0;
            for (int i = 0; i < 30; i++) {
                offer("a", block(offered, 64, bytes / 64));
                offered += 64;
            }
            long seen = 0;
            Tap.Passing passing;
            while ((passing = slow.poll(0)) != null) {
                assertThat(passing.missedEvents()).isZero();
                seen += passing.block().count();
            }
            assertThat(seen).isBetween(64L * 16, 64L * 29);
            assertThat(slow.takeMissed()).isEqualTo(offered - seen);
            assertThat(slow.takeMissed()).isZero();

            for (int i = 0; i < 30; i++) {
                offer("a", block(offered, 64, bytes / 64));
            }
            assertThat(slow.takeMissed())
                    .as("said in its place, before the next block")
                    .isZero();
            passing = slow.poll(0);
            offer("a", block(offered, 7, bytes / 64));
            long missed = 0;
            while ((passing = slow.poll(0)) != null) {
                missed += passing.missedEvents();
            }
            assertThat(missed).isPositive().isEqualTo(30L * 64 - seen);
        }
    }

    @Test
    void listenersAreFewAndLeaveTheirPlace() {
        List<Tap.Listener> listeners = new ArrayList<>();
        for (int i = 0; i < Tap.MAX_LISTENERS; i++) {
            listeners.add(tap.listen(stream -> true));
        }
        assertThat(listeners).doesNotContainNull();
        assertThat(tap.listen(stream -> true)).isNull();
        listeners.get(0).close();
        listeners.get(0).close();
        assertThat(tap.listen(stream -> true)).isNotNull();
        assertThat(tap.listen(stream -> true)).isNull();
    }

    @Test
    void framesComeBackAsTheyWere() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        Block block = block(9, 5, 20);
        TapFrame.writeQuiet(out);
        new TapFrame("host:a", INCARNATION, "a", block, 120).write(out);
        TapFrame.writeQuiet(out);
        TapFrame.missed(7).write(out);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes.toByteArray()));
        TapFrame first = TapFrame.read(in);
        assertThat(first.producer()).isEqualTo("host:a");
        assertThat(first.incarnation()).isEqualTo(INCARNATION);
        assertThat(first.stream()).isEqualTo("a");
        assertThat(first.missedEvents()).isEqualTo(120);
        assertThat(first.block().encoded()).isEqualTo(block.encoded());
        TapFrame second = TapFrame.read(in);
        assertThat(second.block()).isNull();
        assertThat(second.missedEvents()).isEqualTo(7);
        assertThat(TapFrame.read(in)).isNull();
    }

    @Test
    void aConnectionThatIsCutIsTheEnd() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new TapFrame("host:a", INCARNATION, "a", block(9, 5, 20), 0).write(new DataOutputStream(bytes));
        for (int length = 0; length < bytes.size(); length++) {
            assertThat(TapFrame.read(new DataInputStream(new ByteArrayInputStream(bytes.toByteArray(), 0, length))))
                    .isNull();
        }
        DataInputStream other =
                new DataInputStream(new ByteArrayInputStream("HTTP/1.1 400".getBytes(StandardCharsets.UTF_8)));
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> TapFrame.read(other))
                .hasMessage("no agent speaks there: it began with 72");
    }
}
