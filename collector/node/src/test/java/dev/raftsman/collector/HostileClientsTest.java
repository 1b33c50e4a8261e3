package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.RefuseReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What comes over the ingest port is not always a sidecar. The node refuses, closes, and lives on. */
class HostileClientsTest {
    @TempDir
    static Path root;

    private static NodesInOneJvm node;

    @BeforeAll
    static void start() throws Exception {
        node = new NodesInOneJvm(root, 1, 1 << 20, Duration.ofHours(1));
        node.startAll();
        node.leader();
    }

    @AfterAll
    static void stop() {
        node.close();
    }

    private static byte[] frame(int length, int... body) {
        ByteBuffer bytes = ByteBuffer.allocate(4 + body.length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(length);
        for (int b : body) {
            bytes.put((byte) b);
        }
        return bytes.array();
    }

    private static byte[] random(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(42).nextBytes(noise);
        return noise;
    }

    static Stream<Arguments> badBytes() {
        return Stream.of(
                Arguments.of("length 0", frame(0)),
                Arguments.of("length -1", frame(-1, 1)),
                Arguments.of("length 2 GiB - 1", frame(Integer.MAX_VALUE, 4)),
                Arguments.of("a block's length before HELLO", frame(1 << 20, 4)),
                Arguments.of("unknown type", frame(1, 99)),
                Arguments.of("HELLO that ends early", frame(3, 1, 1, 1)),
                Arguments.of("HELLO with text beyond its end", frame(5, 1, 1, 1, 255, 255)),
                Arguments.of("HELLO with more behind", frame(10, 1, 1, 1, 1, 0, 'a', 1, 0, 'b', 7)),
                Arguments.of("text that is not UTF-8", frame(9, 1, 1, 1, 1, 0, 0xFF, 1, 0, 'b')),
                Arguments.of(
                        "an HTTP request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII)),
                Arguments.of("a TLS greeting", new byte[] {0x16, 3, 1, 2, 0, 1, 0, 1, (byte) 0xFC, 3, 3, 0, 0, 0, 0}),
                Arguments.of("noise", random(4096)));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void badBytes(String name, byte[] bytes) throws IOException {
        try (SidecarClient client = new SidecarClient(node.ingestPort(0))) {
            client.raw(bytes, bytes.length);
            refusedAndClosed(client);
        }
        serves();
    }

    private static void refusedAndClosed(SidecarClient client) throws IOException {
        assertThat(((Frame.Refuse) client.receive()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
        try {
            assertThat(client.receive()).isNull();
        } catch (java.net.SocketException reset) {
            // Bytes of ours that it did not read.
            assertThat(reset).hasMessageContaining("reset");
        }
    }

    private static void serves() throws IOException {
        try (SidecarClient sidecar = new SidecarClient(node.ingestPort(0))) {
            assertThat(sidecar.greet()).isInstanceOf(Frame.Welcome.class);
            assertThat(sidecar.ask(new Frame.Ping(5))).isEqualTo(new Frame.Pong(5));
        }
    }

    @Test
    void storesNothingOfABlockThatEndsInTheMiddle() throws Exception {
        long epoch;
        try (SidecarClient sidecar = node.connectToLeader()) {
            epoch = sidecar.open("cut", new UUID(1, 1), "cut");
            ByteBuffer append = FrameCodec.encode(
                    new Frame.Append(epoch, Blocks.ofLines(0, "one\ntwo\n".getBytes(StandardCharsets.UTF_8))));
            sidecar.raw(append.array(), append.limit() - 1);
            sidecar.endOutput();
            assertThat(sidecar.receive()).isNull();
        }
        try (SidecarClient sidecar = node.connectToLeader()) {
            assertThat(sidecar.ask(new Frame.Resume(1, epoch))).isEqualTo(new Frame.Resumed(1, -1));
        }
    }

    @Test
    void refusesOtherBytesUnderTheSameSequencesAndWhatItDoesNotKnow() throws Exception {
        try (SidecarClient sidecar = node.connectToLeader()) {
            long epoch = sidecar.open("twice", new UUID(1, 2), "twice");
            ByteBuffer block = Blocks.ofLines(0, "one\ntwo\n".getBytes(StandardCharsets.UTF_8));
            assertThat(sidecar.ask(new Frame.Append(epoch, block))).isEqualTo(new Frame.Ack(epoch, 1));
            assertThat(sidecar.ask(new Frame.Append(epoch, block.duplicate()))).isEqualTo(new Frame.Ack(epoch, 1));
            ByteBuffer other = Blocks.ofLines(0, "uno\ndos\n".getBytes(StandardCharsets.UTF_8));
            assertThat(((Frame.Refuse) sidecar.ask(new Frame.Append(epoch, other))).reason())
                    .isEqualTo(RefuseReason.CONFLICT);
            assertThat(((Frame.Refuse) sidecar.ask(new Frame.Append(9_999, block.duplicate()))).reason())
                    .isEqualTo(RefuseReason.UNKNOWN_EPOCH);
            assertThat(((Frame.Refuse) sidecar.ask(new Frame.Resume(2, 9_999))).reason())
                    .isEqualTo(RefuseReason.UNKNOWN_EPOCH);
        }
    }

    @Test
    void closesConnectionsAboveItsLimitAndServesAgainWhenOthersLeave() throws Exception {
        List<SidecarClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 100; i++) {
                clients.add(new SidecarClient(node.ingestPort(0)));
            }
            await().untilAsserted(() -> {
                try (SidecarClient above = new SidecarClient(node.ingestPort(0))) {
                    assertThat(closedAtOnce(above)).isTrue();
                }
            });
        } finally {
            for (SidecarClient client : clients) {
                client.close();
            }
        }
        await().ignoreExceptions().untilAsserted(HostileClientsTest::serves);
    }

    private static boolean closedAtOnce(SidecarClient client) {
        try {
            return client.greet() == null;
        } catch (IOException e) {
            return true;
        }
    }
}
