package dev.raftsman.collector;

import static dev.raftsman.wire.RefuseReason.BAD_FRAME;
import static dev.raftsman.wire.RefuseReason.CLOSED_EPOCH;
import static dev.raftsman.wire.RefuseReason.CONFLICT;
import static dev.raftsman.wire.RefuseReason.EXPECTED;
import static dev.raftsman.wire.RefuseReason.FORGOTTEN_EPOCH;
import static dev.raftsman.wire.RefuseReason.UNKNOWN_EPOCH;
import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.UUID;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole frames with something wrong inside, each against an epoch that has the sequences 0 and 1: how it is refused, that the
 * refusal is counted, whether the connection goes on, and that nothing was stored. What is no frame at all is in {@link
 * HostileClientsTest}.
 */
class FrameCasesTest {
    @TempDir
    static Path root;

    private static NodesInOneJvm node;
    private static int producers;

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

    /** What a client does that has an epoch; the last frame it gets is looked at. */
    private interface Doing {
        Frame with(SidecarClient client, long epoch) throws IOException;
    }

    private static ByteBuffer block(long first) {
        return Blocks.ofLines(first, "three\nfour\n".getBytes(StandardCharsets.UTF_8))
                .order(ByteOrder.LITTLE_ENDIAN);
    }

    private static Doing append(ByteBuffer block) {
        return (client, epoch) -> client.ask(new Frame.Append(epoch, block));
    }

    /** The block that is next, changed, and its checksum put right. */
    private static Doing edited(UnaryOperator<ByteBuffer> edit) {
        ByteBuffer block = edit.apply(block(2));
        return append(block.putInt(8, Checksum.crc32c(block, 12, block.limit() - 12)));
    }

    /** The block that is next, with a bit flipped on the way. */
    private static ByteBuffer damaged() {
        ByteBuffer block = block(2);
        return block.put(70, (byte) (block.get(70) ^ 4));
    }

    private static void end(SidecarClient client, long epoch) throws IOException {
        Frame.Close close = new Frame.Close(7, epoch, 1, new Loss(LossReason.NONE, 0));
        assertThat(client.ask(close)).isEqualTo(new Frame.Closed(7));
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                Arguments.of("23 another magic", edited(b -> b.put(0, (byte) 'X')), BAD_FRAME),
                Arguments.of("24 a future format", edited(b -> b.put(12, (byte) 2)), BAD_FRAME),
                Arguments.of("25 a length that is not the block's", edited(b -> b.putInt(4, 1 << 30)), BAD_FRAME),
                Arguments.of("25 a negative length", edited(b -> b.putInt(4, -1)), BAD_FRAME),
                Arguments.of("26 a negative count", edited(b -> b.putInt(24, -1)), BAD_FRAME),
                Arguments.of("26 a count of 0", edited(b -> b.putInt(24, 0)), BAD_FRAME),
                Arguments.of("26 more events than bytes", edited(b -> b.putInt(24, 12)), BAD_FRAME),
                Arguments.of("26 sequences beyond the greatest", edited(b -> b.putLong(16, Long.MAX_VALUE)), BAD_FRAME),
                Arguments.of("27 a flipped bit", append(damaged()), EXPECTED),
                Arguments.of("28 columns of 8 MiB and a byte", edited(b -> b.putInt(32, (8 << 20) + 1)), BAD_FRAME),
                Arguments.of("28 columns of negative length", edited(b -> b.putInt(32, -1)), BAD_FRAME),
                Arguments.of("28 plain columns of another length", edited(b -> b.putInt(32, 12)), BAD_FRAME),
                Arguments.of("29 an unknown codec", edited(b -> b.put(14, (byte) 2)), BAD_FRAME),
                Arguments.of("29 an unknown kind", edited(b -> b.put(13, (byte) 9)), BAD_FRAME),
                Arguments.of("33 a jump ahead", append(block(3)), EXPECTED),
                Arguments.of("35 other bytes under the same sequences", append(block(0)), CONFLICT),
                Arguments.of(
                        "37 a closed epoch",
                        (Doing) (client, epoch) -> {
                            end(client, epoch);
                            return client.ask(new Frame.Append(epoch, block(2)));
                        },
                        CLOSED_EPOCH),
                Arguments.of(
                        "37 a forgotten epoch",
                        (Doing) (client, epoch) -> {
                            end(client, epoch);
                            assertThat(client.ask(new Frame.Forget(8, epoch))).isEqualTo(new Frame.Forgotten(8));
                            return client.ask(new Frame.Append(epoch, block(2)));
                        },
                        FORGOTTEN_EPOCH),
                Arguments.of(
                        "37 an epoch that never was",
                        (Doing) (client, epoch) -> client.ask(new Frame.Append(epoch + 1_000, block(2))),
                        UNKNOWN_EPOCH));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void refused(String name, Doing doing, RefuseReason reason) throws Exception {
        try (SidecarClient client = node.connectToLeader()) {
            long epoch = storeTwo(client);
            double before = refusals(reason);
            Frame.Refuse refuse = (Frame.Refuse) doing.with(client, epoch);
            assertThat(refuse.reason()).isEqualTo(reason);
            assertThat(refusals(reason)).isEqualTo(before + 1);
            if (reason == BAD_FRAME) {
                assertThat(client.receive()).isNull();
            } else {
                assertThat(client.ask(new Frame.Ping(3))).isEqualTo(new Frame.Pong(3));
            }
            if (reason != FORGOTTEN_EPOCH) {
                assertThat(last(epoch)).isEqualTo(1);
            }
        }
    }

    @Test
    void case24NamesTheVersionsItSpeaks() throws Exception {
        double before = refusals(RefuseReason.UNSUPPORTED_VERSION);
        try (SidecarClient client = new SidecarClient(node.ingestPort(0))) {
            Frame.Refuse refuse = (Frame.Refuse) client.ask(new Frame.Hello(3, 9, "acme", "host-1"));
            assertThat(refuse.reason()).isEqualTo(RefuseReason.UNSUPPORTED_VERSION);
            assertThat(refuse.detail()).isEqualTo("supported: 1 to 2");
            assertThat(client.receive()).isNull();
        }
        assertThat(refusals(RefuseReason.UNSUPPORTED_VERSION)).isEqualTo(before + 1);
    }

    @Test
    void case27TakesTheBlockThatIsSentAgainAndEndsTheConnectionAtTheThirdDamagedOne() throws Exception {
        try (SidecarClient client = node.connectToLeader()) {
            long epoch = storeTwo(client);
            Frame.Refuse first = (Frame.Refuse) client.ask(new Frame.Append(epoch, damaged()));
            assertThat(first.epoch()).isEqualTo(epoch);
            assertThat(client.ask(new Frame.Resume(4, epoch))).isEqualTo(new Frame.Resumed(4, 1));
            assertThat(client.ask(new Frame.Append(epoch, block(2)))).isEqualTo(new Frame.Ack(epoch, 3));
            assertThat(((Frame.Refuse) client.ask(new Frame.Append(epoch, damaged()))).reason())
                    .isEqualTo(EXPECTED);
            assertThat(((Frame.Refuse) client.ask(new Frame.Append(epoch, damaged()))).reason())
                    .isEqualTo(BAD_FRAME);
            assertThat(client.receive()).isNull();
            assertThat(last(epoch)).isEqualTo(3);
        }
    }

    @Test
    void case34AcknowledgesTheSameBytesAgainAndStoresThemOnce() throws Exception {
        try (SidecarClient client = node.connectToLeader()) {
            long epoch = storeTwo(client);
            for (int i = 0; i < 3; i++) {
                assertThat(client.ask(new Frame.Append(epoch, two()))).isEqualTo(new Frame.Ack(epoch, 1));
            }
            assertThat(last(epoch)).isEqualTo(1);
        }
    }

    private static ByteBuffer two() {
        return Blocks.ofLines(0, "one\ntwo\n".getBytes(StandardCharsets.UTF_8));
    }

    private static long storeTwo(SidecarClient client) throws IOException {
        int number = ++producers;
        long epoch = client.open("p" + number, new UUID(3, number), "frames");
        assertThat(client.ask(new Frame.Append(epoch, two()))).isEqualTo(new Frame.Ack(epoch, 1));
        return epoch;
    }

    /** Asked over another connection. */
    private static long last(long epoch) throws IOException {
        try (SidecarClient other = node.connectToLeader()) {
            return ((Frame.Resumed) other.ask(new Frame.Resume(9, epoch))).last();
        }
    }

    private static double refusals(RefuseReason reason) throws Exception {
        return node.metric(
                0, "raftsman_collector_refused_total{reason=\"" + reason.name().toLowerCase(Locale.ROOT) + "\"}");
    }
}
