package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.Block;
import dev.raftsman.block.GapBlock;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class IngestSessionTest {
    private static final UUID INCARNATION = new UUID(1, 2);
    private static final Frame.Hello HELLO = new Frame.Hello(1, 1, "acme", "host-1");

    private final List<Object> said = new ArrayList<>();
    private final List<String> greeted = new ArrayList<>();
    private boolean leads = true;
    private long throttledEpoch = -1;
    private String waitsFor = "";
    private final IngestSession session = new IngestSession(
            "n1",
            16 << 20,
            new IngestSession.Lead() {
                @Override
                public boolean here() {
                    return leads;
                }

                @Override
                public String address() {
                    return "leader:7441";
                }

                @Override
                public String waitsFor() {
                    return waitsFor;
                }
            },
            new SessionActions() {
                @Override
                public void send(Frame.FromCollector frame) {
                    said.add(frame);
                }

                @Override
                public String throttled(long epoch) {
                    return epoch == throttledEpoch ? "its archive cannot be reached" : "";
                }

                @Override
                public void append(long epoch, Block block) {
                    said.add("append " + epoch + " " + block.firstSequence());
                }

                @Override
                public void command(int request, Command command) {
                    said.add(command);
                }

                @Override
                public void resume(int request, long epoch) {
                    said.add("resume " + epoch);
                }

                @Override
                public void greeted(String tenant, String agent) {
                    greeted.add(tenant + "/" + agent);
                }

                @Override
                public void lag(String stream, long bytes, long millis) {
                    said.add("lag " + stream + " " + bytes + " " + millis);
                }

                @Override
                public void close() {
                    said.add("close");
                }
            });

    private static ByteBuffer gap(long first, int count) {
        return GapBlock.encode(first, count, LossReason.PROCESS_DIED, 1);
    }

    private List<Object> said() {
        List<Object> since = List.copyOf(said);
        said.clear();
        return since;
    }

    private void greet() {
        session.received(HELLO);
        assertThat(said()).containsExactly(new Frame.Welcome(1, "n1", 16 << 20));
    }

    private static Frame.Refuse refusal(List<Object> said) {
        assertThat(said).hasSize(2).last().isEqualTo("close");
        return (Frame.Refuse) said.get(0);
    }

    @Test
    void sendsProducersAwayWhileTheClusterWaitsToBeRestored() {
        waitsFor = "waits to be restored";
        session.received(HELLO);
        Frame.Refuse refuse = refusal(said());
        assertThat(refuse.reason()).isEqualTo(RefuseReason.UNAVAILABLE);
        assertThat(refuse.detail()).isEqualTo(waitsFor);
    }

    @Test
    void hasAProducerWaitWhileTheClusterIsBeingRestored() {
        greet();
        session.received(new Frame.Open(7, "app", new java.util.UUID(1, 2), "audit"));
        said();
        session.answered(7, new CommandResult.Refused(RefusalReason.RESTORING, "from somewhere"));
        Frame.Refuse refuse = (Frame.Refuse) said().get(0);
        assertThat(refuse.reason()).isEqualTo(RefuseReason.THROTTLED);
        assertThat(refuse.request()).isEqualTo(7);
        assertThat(refuse.retryAfterMillis()).isPositive();
    }

    @Test
    void sendsAwayToTheLeaderAndCloses() {
        leads = false;
        session.received(HELLO);
        assertThat(said())
                .containsExactly(Frame.Refuse.connection(RefuseReason.NOT_LEADER, "leader:7441", ""), "close");
        session.received(HELLO);
        assertThat(said()).isEmpty();
    }

    @Test
    void refusesAVersionItDoesNotSpeakAndNamesThoseItDoes() {
        session.received(new Frame.Hello(3, 9, "acme", "host-1"));
        Frame.Refuse refuse = refusal(said());
        assertThat(refuse.reason()).isEqualTo(RefuseReason.UNSUPPORTED_VERSION);
        assertThat(refuse.detail()).contains("1 to 2");
    }

    @Test
    void speaksTheNewestVersionThatTheOtherSideSpeaks() {
        session.received(new Frame.Hello(1, 9, "acme", "host-1"));
        assertThat(said()).containsExactly(new Frame.Welcome(2, "n1", 16 << 20));
        assertThat(greeted).containsExactly("acme/host-1");
    }

    @Test
    void notesHowFarBehindASidecarSaysItIs() {
        session.received(new Frame.Hello(1, 2, "acme", "host-1"));
        said();
        session.received(new Frame.Lag("orders", 4_096, 1_500));
        assertThat(said()).containsExactly("lag orders 4096 1500");
        session.received(new Frame.Lag("or\nders", 1, 1));
        assertThat(refusal(said()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
    }

    static Stream<Arguments> badFrames() {
        ByteBuffer otherMagic = ByteBuffer.allocate(200).put(gap(0, 5)).flip();
        otherMagic.put(0, (byte) 'X');
        ByteBuffer future = ByteBuffer.allocate(200).put(gap(0, 5)).flip();
        future.put(12, (byte) 9);
        return Stream.of(
                Arguments.of("block with another magic", new Frame.Append(1, otherMagic)),
                Arguments.of("block of a future format", new Frame.Append(1, future)),
                Arguments.of("block cut short", new Frame.Append(1, gap(0, 5).limit(30))),
                Arguments.of("empty block", new Frame.Append(1, ByteBuffer.allocate(0))),
                Arguments.of("second HELLO", HELLO),
                Arguments.of("frame of a collector", new Frame.Pong(1)),
                Arguments.of("frame of a newer version", new Frame.Lag("app", 1, 1)),
                Arguments.of("producer without a name", new Frame.Open(1, "", INCARNATION, "app")),
                Arguments.of("stream with a newline", new Frame.Open(1, "app", INCARNATION, "a\nb")));
    }

    private static Frame flipped() {
        ByteBuffer block = ByteBuffer.allocate(200).put(gap(0, 5)).flip();
        return new Frame.Append(1, block.put(50, (byte) (block.get(50) ^ 1)));
    }

    @Test
    void asksForADamagedBlockAgainBehindTheAnswersToThoseBefore() {
        greet();
        session.received(new Frame.Append(1, gap(0, 5)));
        assertThat(said()).containsExactly("append 1 0");
        session.received(flipped());
        session.received(new Frame.Resume(1, 1));
        assertThat(said()).isEmpty();
        session.applied(1, 64, new Verdict(Verdict.Kind.ACCEPTED, 4));
        session.flushAcks();
        assertThat(said())
                .containsExactly(
                        new Frame.Ack(1, 4),
                        new Frame.Refuse(
                                0, 1, RefuseReason.EXPECTED, -1, 0, Frame.NONE, "a block does not match its CRC32C"),
                        "resume 1");
        session.received(new Frame.Append(1, gap(5, 5)));
        assertThat(said()).containsExactly("append 1 5");
    }

    @Test
    void endsAConnectionWhoseBlocksArriveDamagedAgainAndAgain() {
        greet();
        for (int i = 1; i < IngestSession.MAX_DAMAGED_BLOCKS; i++) {
            session.received(flipped());
            assertThat(said()).hasSize(1);
        }
        session.received(flipped());
        assertThat(refusal(said()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
    }

    @Test
    void takesNoMoreWhileTooManyRequestsWaitForTheirAnswers() {
        greet();
        for (int i = 1; i <= IngestSession.MAX_REQUESTS; i++) {
            session.received(i % 2 == 0 ? new Frame.Resume(i, 1) : new Frame.Forget(i, 1));
            assertThat(session.withinCredit()).isTrue();
        }
        session.received(new Frame.Resume(1_000, 1));
        assertThat(session.withinCredit()).isFalse();
        session.resumed(1_000, 1, OptionalLong.of(7));
        assertThat(session.withinCredit()).isTrue();
        session.received(new Frame.Forget(1_001, 1));
        assertThat(session.withinCredit()).isFalse();
        session.answered(1, new CommandResult.Done(1));
        assertThat(session.withinCredit()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void badFrames(String name, Frame bad) {
        greet();
        session.received(bad);
        assertThat(refusal(said()).reason()).as(name).isEqualTo(RefuseReason.BAD_FRAME);
        session.received(new Frame.Ping(1));
        assertThat(said()).isEmpty();
    }

    @ParameterizedTest
    @org.junit.jupiter.params.provider.ValueSource(strings = {"../x", "a/b", ".", "Acme", "", "a\u0000", "-a"})
    void refusesATenantThatIsNoName(String tenant) {
        session.received(new Frame.Hello(1, 1, tenant, "host-1"));
        assertThat(refusal(said()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
    }

    @Test
    void takesNothingBeforeHello() {
        session.received(new Frame.Append(1, gap(0, 1)));
        assertThat(refusal(said()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
    }

    @Test
    void acknowledgesOnceForAllBlocksOfAnEntry() {
        greet();
        session.received(new Frame.Append(4, gap(0, 5)));
        session.received(new Frame.Append(4, gap(5, 5)));
        session.received(new Frame.Append(9, gap(0, 2)));
        assertThat(said()).containsExactly("append 4 0", "append 4 5", "append 9 0");
        session.applied(4, 64, new Verdict(Verdict.Kind.ACCEPTED, 4));
        session.applied(4, 64, new Verdict(Verdict.Kind.ACCEPTED, 9));
        session.applied(9, 64, new Verdict(Verdict.Kind.DUPLICATE, 7));
        assertThat(said()).isEmpty();
        session.flushAcks();
        assertThat(said()).containsExactly(new Frame.Ack(4, 9), new Frame.Ack(9, 7));
        session.flushAcks();
        assertThat(said()).isEmpty();
    }

    @Test
    void refusesWithTheSequenceItExpects() {
        greet();
        session.applied(4, 0, new Verdict(Verdict.Kind.EXPECTED, 17));
        assertThat(said()).containsExactly(new Frame.Refuse(0, 4, RefuseReason.EXPECTED, 17, 0, "", ""));
    }

    static Stream<Arguments> verdicts() {
        return Stream.of(
                Arguments.of(Verdict.Kind.CONFLICT, RefuseReason.CONFLICT),
                Arguments.of(Verdict.Kind.CLOSED, RefuseReason.CLOSED_EPOCH),
                Arguments.of(Verdict.Kind.FORGOTTEN, RefuseReason.FORGOTTEN_EPOCH),
                Arguments.of(Verdict.Kind.UNKNOWN, RefuseReason.UNKNOWN_EPOCH));
    }

    @ParameterizedTest
    @MethodSource
    void verdicts(Verdict.Kind verdict, RefuseReason reason) {
        greet();
        session.applied(4, 0, new Verdict(verdict, 0));
        assertThat(said()).singleElement().satisfies(f -> {
            assertThat(((Frame.Refuse) f).reason()).isEqualTo(reason);
            assertThat(((Frame.Refuse) f).epoch()).isEqualTo(4);
        });
    }

    @Test
    void answersOpenResumeCloseAndForget() {
        greet();
        session.received(new Frame.Open(1, "app", INCARNATION, "orders"));
        session.received(new Frame.Resume(2, 5));
        session.received(new Frame.Close(3, 5, 41, new Loss(LossReason.RING_FULL, 2)));
        session.received(new Frame.Forget(4, 5));
        session.received(new Frame.Ping(99));
        assertThat(said())
                .containsExactly(
                        new Command.Open("acme", "app", INCARNATION, "orders"),
                        "resume 5",
                        new Command.Close(5, 41, LossReason.RING_FULL, 2),
                        new Command.Forget(5),
                        new Frame.Pong(99));
        session.answered(1, new CommandResult.Opened(5, 41, EpochState.OPEN));
        session.resumed(2, 5, OptionalLong.of(41));
        session.answered(3, new CommandResult.Done(1));
        session.answered(4, new CommandResult.Done(1));
        assertThat(said())
                .containsExactly(
                        new Frame.Opened(1, 5, 41),
                        new Frame.Resumed(2, 41),
                        new Frame.Closed(3),
                        new Frame.Forgotten(4));
    }

    @Test
    void answersAResumeBehindTheBlocksBeforeIt() {
        greet();
        session.received(new Frame.Append(4, gap(10, 5)));
        session.received(new Frame.Resume(2, 4));
        session.received(new Frame.Append(9, gap(0, 5)));
        assertThat(said()).containsExactly("append 4 10", "append 9 0");
        session.applied(4, 64, new Verdict(Verdict.Kind.EXPECTED, 5));
        session.flushAcks();
        assertThat(said()).containsExactly(new Frame.Refuse(0, 4, RefuseReason.EXPECTED, 5, 0, "", ""), "resume 4");
    }

    @Test
    void neverTakesAnEndedEpochForANewOne() {
        greet();
        session.received(new Frame.Open(1, "app", INCARNATION, "orders"));
        session.received(new Frame.Resume(2, 77));
        session.received(new Frame.Close(3, 5, 41, Loss.NONE));
        said();
        session.answered(1, new CommandResult.Opened(5, 41, EpochState.FORGOTTEN));
        session.resumed(2, 77, OptionalLong.empty());
        session.answered(3, new CommandResult.Refused(RefusalReason.EXPECTED, "last 40"));
        assertThat(said())
                .extracting(f -> ((Frame.Refuse) f).request() + " " + ((Frame.Refuse) f).reason())
                .containsExactly("1 FORGOTTEN_EPOCH", "2 UNKNOWN_EPOCH", "3 EXPECTED");
    }

    @Test
    void refusesARequestNumberThatIsInUse() {
        greet();
        session.received(new Frame.Forget(1, 5));
        said();
        session.received(new Frame.Forget(1, 6));
        assertThat(refusal(said()).reason()).isEqualTo(RefuseReason.BAD_FRAME);
    }

    @Test
    void endsWhenTheNodeLeadsNoMoreAfterSayingWhatIsKnown() {
        greet();
        session.received(new Frame.Append(4, gap(0, 5)));
        said();
        session.applied(4, 64, new Verdict(Verdict.Kind.ACCEPTED, 4));
        session.notLeader();
        session.notLeader();
        session.applied(4, 64, new Verdict(Verdict.Kind.ACCEPTED, 9));
        session.flushAcks();
        assertThat(said())
                .containsExactly(
                        new Frame.Ack(4, 4),
                        Frame.Refuse.connection(RefuseReason.NOT_LEADER, "leader:7441", ""),
                        "close");
    }

    @Test
    void refusesBlocksWhileTheDiskIsNearlyFullButStaysConnected() {
        greet();
        session.throttled(true);
        session.received(new Frame.Append(4, gap(0, 5)));
        assertThat(said()).singleElement().satisfies(f -> {
            assertThat(((Frame.Refuse) f).reason()).isEqualTo(RefuseReason.THROTTLED);
            assertThat(((Frame.Refuse) f).retryAfterMillis()).isPositive();
        });
        session.throttled(false);
        session.received(new Frame.Append(4, gap(0, 5)));
        assertThat(said()).containsExactly("append 4 0");
    }

    @Test
    void refusesBlocksOfAThrottledStreamAndTakesThoseOfOthers() {
        greet();
        throttledEpoch = 4;
        session.received(new Frame.Append(4, gap(0, 5)));
        assertThat(said()).singleElement().satisfies(f -> {
            assertThat(((Frame.Refuse) f).epoch()).isEqualTo(4);
            assertThat(((Frame.Refuse) f).reason()).isEqualTo(RefuseReason.THROTTLED);
            assertThat(((Frame.Refuse) f).detail()).isEqualTo("its archive cannot be reached");
        });
        session.received(new Frame.Append(5, gap(0, 5)));
        assertThat(said()).containsExactly("append 5 0");
    }

    @Test
    void noticesWhoGoesBeyondTheCredit() {
        greet();
        ByteBuffer block = gap(0, 5);
        int blocks = (16 << 20) / block.remaining();
        for (int i = 0; i < blocks; i++) {
            session.received(new Frame.Append(4, block.duplicate()));
        }
        assertThat(session.withinCredit()).isTrue();
        session.received(new Frame.Append(4, block.duplicate()));
        assertThat(session.withinCredit()).isFalse();
        session.applied(4, block.remaining(), new Verdict(Verdict.Kind.ACCEPTED, 4));
        assertThat(session.withinCredit()).isTrue();
    }
}
