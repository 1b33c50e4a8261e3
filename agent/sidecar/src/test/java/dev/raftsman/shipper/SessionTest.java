package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.Loss;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** The protocol's state machine: frames and time by hand, no socket. */
class SessionTest {
    private static final long MILLI = 1_000_000L;
    private static final UUID INCARNATION = new UUID(1, 2);

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final ScriptedLink link = new ScriptedLink();
    private final Recorder owner = new Recorder();
    private final Counted counted = new Counted();
    private long now = 1_000 * MILLI;
    private final Session session = new Session(
            SessionSettings.of("acme", "host", List.of("a:1", "b:2", "c:3"), 1_000),
            link,
            new Random(1),
            new OperatorLog(
                    new PrintStream(said, true, StandardCharsets.UTF_8), InstantSource.fixed(java.time.Instant.EPOCH)),
            counted,
            now);

    private static final class ScriptedLink implements Link {
        final List<Frame.FromSidecar> sent = new ArrayList<>();
        final List<String> addresses = new ArrayList<>();
        int connection;
        int disconnects;

        @Override
        public void connect(int number, String address) {
            connection = number;
            addresses.add(address);
        }

        @Override
        public void send(Frame.FromSidecar frame) {
            sent.add(frame);
        }

        @Override
        public void flush() {
            // Nothing is held back here.
        }

        @Override
        public void disconnect() {
            disconnects++;
        }

        List<Frame.FromSidecar> take() {
            List<Frame.FromSidecar> taken = List.copyOf(sent);
            sent.clear();
            return taken;
        }
    }

    private final class Recorder implements FeedOwner {
        final List<String> events = new ArrayList<>();

        /** What it asks for when it is told that the epoch is open again. */
        long closesAgain = -1;

        Feed feed;

        @Override
        public void reopened(Feed feed) {
            events.add("reopened");
            this.feed = feed;
            session.close(feed, closesAgain, Loss.NONE);
        }

        @Override
        public void opened(Feed feed, long last) {
            events.add("opened " + last);
        }

        @Override
        public void acknowledged(Feed feed, long through) {
            events.add("acknowledged " + through);
        }

        @Override
        public void rewind(Feed feed, long next) {
            events.add("rewind " + next);
        }

        @Override
        public void closed(Feed feed) {
            events.add("closed");
        }

        @Override
        public void forgotten(Feed feed) {
            events.add("forgotten");
        }

        @Override
        public void failed(Feed feed, String reason) {
            events.add("failed " + reason);
        }
    }

    private static final class Counted implements ShipperObserver {
        final List<String> events = new ArrayList<>();
        long throttledNanos;

        @Override
        public void connecting() {
            events.add("connecting");
        }

        @Override
        public void connectionEnded(ConnectionEnd why) {
            events.add("ended " + why);
        }

        @Override
        public void refused(RefuseReason reason) {
            events.add("refused " + reason);
        }

        @Override
        public void throttled(long nanos) {
            throttledNanos += nanos;
        }

        @Override
        public void offered(String producer, UUID incarnation, String stream, ByteBuffer block) {
            events.add("offered " + producer + " " + stream + " " + block.remaining());
        }

        @Override
        public void resent() {
            events.add("resent");
        }
    }

    private Feed feed() {
        return session.feed("shop", INCARNATION, "log", 0, -1, owner);
    }

    private void offer(Feed feed, long first, long end, int bytes) {
        session.offer(feed, ByteBuffer.allocate(bytes), first, end);
    }

    private List<Frame.FromSidecar> step() {
        session.step(now);
        return link.take();
    }

    private List<Frame.FromSidecar> receive(Frame.FromCollector frame) {
        session.received(link.connection, frame, now);
        return step();
    }

    /** Connected and welcomed with this credit. @return what was sent at once */
    private List<Frame.FromSidecar> welcome(long credit) {
        session.step(now);
        session.connected(link.connection, now);
        assertThat(link.take()).containsExactly(new Frame.Hello(1, 2, "acme", "host"));
        return receive(new Frame.Welcome(1, "n1", credit));
    }

    @Test
    void tellsACollectorThatUnderstandsItHowFarBehindItIs() {
        welcome(1_000);
        List<SourceLag> lags = List.of(new SourceLag("orders", "/p", 10, now - 3 * MILLI));
        session.behind(lags, now);
        assertThat(link.take()).as("version 1").isEmpty();

        session.disconnected(link.connection, "gone", now);
        session.behind(lags, now);
        session.step(now);
        session.connected(link.connection, now);
        link.take();
        receive(new Frame.Welcome(2, "n1", 1_000));
        session.behind(lags, now);
        assertThat(link.take()).containsExactly(new Frame.Lag("orders", 10, 3));
    }

    private static List<Long> firstsOf(List<Frame.FromSidecar> frames, Feed feed) {
        List<Long> firsts = new ArrayList<>();
        for (Frame.FromSidecar frame : frames) {
            if (frame instanceof Frame.Append append) {
                for (Outgoing block : feed.blocks) {
                    if (block.block.array() == append.block().array()) {
                        firsts.add(block.first);
                    }
                }
            }
        }
        return firsts;
    }

    @Test
    void opensThenAppendsInOrderAndForgetsWhatIsAcknowledged() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        offer(feed, 10, 19, 100);
        assertThat(welcome(1_000)).containsExactly(new Frame.Open(1, "shop", INCARNATION, "log"));
        List<Frame.FromSidecar> sent = receive(new Frame.Opened(1, 7, -1));
        assertThat(firstsOf(sent, feed)).containsExactly(0L, 10L);
        assertThat(((Frame.Append) sent.get(0)).epoch()).isEqualTo(7);
        receive(new Frame.Ack(7, 9));
        assertThat(session.heldBytes()).isEqualTo(100);
        receive(new Frame.Ack(7, 19));
        assertThat(session.isEmpty()).isTrue();
        assertThat(owner.events).containsExactly("opened -1", "acknowledged 9", "acknowledged 19");
    }

    @Test
    void keepsWithinTheCollectorsCredit() {
        Feed feed = feed();
        for (int i = 0; i < 5; i++) {
            offer(feed, i, i, 100);
        }
        welcome(250);
        assertThat(firstsOf(receive(new Frame.Opened(1, 7, -1)), feed)).containsExactly(0L, 1L);
        assertThat(step()).isEmpty();
        assertThat(firstsOf(receive(new Frame.Ack(7, 0)), feed)).containsExactly(2L);
        assertThat(firstsOf(receive(new Frame.Credit(1_000)), feed)).containsExactly(3L, 4L);
    }

    @Test
    void sendsBlockLargerThanTheWholeCreditAlone() {
        Feed feed = feed();
        offer(feed, 0, 0, 500);
        offer(feed, 1, 1, 500);
        welcome(100);
        assertThat(firstsOf(receive(new Frame.Opened(1, 7, -1)), feed)).containsExactly(0L);
        assertThat(firstsOf(receive(new Frame.Ack(7, 0)), feed)).containsExactly(1L);
    }

    @Test
    void resumesAfterLostConnectionFromTheSequenceTheCollectorNames() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        offer(feed, 10, 19, 100);
        offer(feed, 20, 29, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        session.disconnected(link.connection, "gone", now);
        assertThat(welcome(1_000)).containsExactly(new Frame.Resume(2, 7));
        assertThat(firstsOf(receive(new Frame.Resumed(2, 9)), feed)).containsExactly(10L, 20L);
        assertThat(owner.events).contains("acknowledged 9").doesNotContain("rewind 10");
    }

    @Test
    void answersAllRefusalsOfOneGapWithOneResume() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        offer(feed, 10, 19, 100);
        offer(feed, 20, 29, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        List<Frame.FromSidecar> sent = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            sent.addAll(receive(new Frame.Refuse(0, 7, RefuseReason.EXPECTED, 0, 0, "", "")));
        }
        assertThat(sent).containsExactly(new Frame.Resume(2, 7));
        assertThat(firstsOf(receive(new Frame.Resumed(2, -1)), feed)).containsExactly(0L, 10L, 20L);
    }

    @Test
    void rewindsWhenTheCollectorWantsWhatIsNotInMemory() {
        Feed feed = session.feed("shop", INCARNATION, "log", 7, 99, owner);
        offer(feed, 100, 109, 100);
        assertThat(welcome(1_000)).containsExactly(new Frame.Resume(1, 7));
        assertThat(receive(new Frame.Resumed(1, 49))).isEmpty();
        assertThat(owner.events).containsExactly("opened 49", "rewind 50");
        assertThat(session.isEmpty()).isTrue();
        offer(feed, 50, 99, 100);
        assertThat(firstsOf(step(), feed)).containsExactly(50L);
    }

    @Test
    void rewindsWhenTheCollectorGoesOnInsideABlock() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, 4));
        assertThat(owner.events).containsExactly("acknowledged 4", "opened 4", "rewind 5");
    }

    @Test
    void conflictStopsOneFeedAndNotTheOther() {
        Feed bad = feed();
        Recorder otherOwner = new Recorder();
        Feed good = session.feed("shop", new UUID(3, 4), "log2", 0, -1, otherOwner);
        offer(bad, 0, 9, 100);
        offer(good, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        receive(new Frame.Opened(2, 8, -1));
        receive(new Frame.Refuse(0, 7, RefuseReason.CONFLICT, 0, 0, "", "other bytes"));
        assertThat(owner.events).contains("failed CONFLICT other bytes");
        assertThat(session.heldBytes()).isEqualTo(100);
        receive(new Frame.Ack(8, 9));
        assertThat(otherOwner.events).contains("acknowledged 9");
        assertThat(said.toString(StandardCharsets.UTF_8))
                .contains("ERROR source stopped")
                .contains("epoch=7");
    }

    @Test
    void triesTheLeaderHintAtOnceAndNotForEver() {
        session.step(now);
        for (int i = 0; i < 3; i++) {
            session.connected(link.connection, now);
            receive(Frame.Refuse.connection(RefuseReason.NOT_LEADER, "leader:" + i, ""));
        }
        assertThat(link.addresses).containsExactly("a:1", "leader:0", "leader:1", "leader:2");
        session.connected(link.connection, now);
        receive(Frame.Refuse.connection(RefuseReason.NOT_LEADER, "leader:3", ""));
        assertThat(link.addresses).hasSize(5).last().isEqualTo("b:2");
    }

    @Test
    void waitsLongerAfterEachRoundInVain() {
        List<Long> waits = new ArrayList<>();
        for (int round = 0; round < 8; round++) {
            for (int i = 0; i < 3; i++) {
                session.step(now);
                session.disconnected(link.connection, "refused", now);
            }
            long before = now;
            int tried = link.addresses.size();
            while (link.addresses.size() == tried) {
                now += MILLI;
                session.step(now);
            }
            waits.add((now - before) / MILLI);
            session.disconnected(link.connection, "refused", now);
            session.step(now);
            session.disconnected(link.connection, "refused", now);
            session.step(now);
            session.disconnected(link.connection, "refused", now);
            now += 3_000 * MILLI;
        }
        assertThat(waits.get(0)).isBetween(25L, 51L);
        assertThat(waits).allMatch(wait -> wait <= 2_001);
        assertThat(waits.get(7)).isBetween(1_000L, 2_001L);
        assertThat(said.toString(StandardCharsets.UTF_8).lines().filter(line -> line.contains("trying on")))
                .hasSize(1);
    }

    @Test
    void leaderThatStepsDownIsLeftForTheOneItNames() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        receive(new Frame.Refuse(0, 7, RefuseReason.NOT_LEADER, 0, 0, "next:9", ""));
        assertThat(link.addresses).last().isEqualTo("next:9");
        session.connected(link.connection, now);
        link.take();
        assertThat(receive(new Frame.Welcome(1, "n2", 1_000))).containsExactly(new Frame.Resume(2, 7));
        assertThat(firstsOf(receive(new Frame.Resumed(2, -1)), feed)).containsExactly(0L);
    }

    @Test
    void throttledFeedPausesAsLongAsItWasTold() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        assertThat(receive(new Frame.Refuse(0, 7, RefuseReason.THROTTLED, 0, 500, "", "")))
                .isEmpty();
        now += 499 * MILLI;
        assertThat(step()).isEmpty();
        now += 2 * MILLI;
        assertThat(step()).containsExactly(new Frame.Resume(2, 7));
        assertThat(firstsOf(receive(new Frame.Resumed(2, -1)), feed)).containsExactly(0L);
        now += 1_000 * MILLI;
        step();
        assertThat(counted.throttledNanos).isEqualTo(501 * MILLI);
        assertThat(counted.events).containsExactly("offered shop log 100", "connecting", "refused THROTTLED", "resent");
    }

    @Test
    void everyAttemptAndItsEndIsCountedByReason() {
        session.step(now);
        session.disconnected(link.connection, "cannot connect", now);
        session.step(now);
        session.connected(link.connection, now);
        receive(new Frame.Refuse(0, 0, RefuseReason.NOT_LEADER, 0, 0, "c:3", ""));
        session.connected(link.connection, now);
        receive(new Frame.Refuse(0, 0, RefuseReason.UNAVAILABLE, 0, 0, "", ""));
        session.connected(link.connection, now);
        now += 10_000 * MILLI;
        session.step(now);
        link.take();
        now += 10_000 * MILLI; // a whole round was in vain
        welcome(1_000);
        session.disconnected(link.connection, "closed", now);
        welcome(1_000);
        now += 60_000 * MILLI;
        session.step(now);
        assertThat(counted.events)
                .containsExactly(
                        "connecting",
                        "ended UNREACHABLE",
                        "connecting",
                        "refused NOT_LEADER",
                        "ended REDIRECTED",
                        "connecting",
                        "refused UNAVAILABLE",
                        "ended REFUSED",
                        "connecting",
                        "ended NO_ANSWER",
                        "connecting",
                        "ended CLOSED",
                        "connecting",
                        "ended SILENT");
    }

    @Test
    void closesOnlyAfterTheLastAcknowledgementAndThenForgets() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        session.close(feed, 9, Loss.NONE);
        assertThat(step()).isEmpty();
        assertThat(receive(new Frame.Ack(7, 9))).containsExactly(new Frame.Close(2, 7, 9, Loss.NONE));
        receive(new Frame.Closed(2));
        session.forget(feed);
        assertThat(step()).containsExactly(new Frame.Forget(3, 7));
        receive(new Frame.Forgotten(3));
        assertThat(owner.events).endsWith("closed", "forgotten");
    }

    @Test
    void closeThatWasAnsweredBeforeACrashCountsAsClosed() {
        Feed feed = session.feed("shop", INCARNATION, "log", 7, 9, owner);
        feed.closeExpected = true;
        welcome(1_000);
        receive(new Frame.Refuse(1, 7, RefuseReason.CLOSED_EPOCH, 0, 0, "", ""));
        assertThat(owner.events).containsExactly("closed");
        session.forget(feed);
        assertThat(step()).containsExactly(new Frame.Forget(2, 7));
        receive(new Frame.Refuse(2, 7, RefuseReason.FORGOTTEN_EPOCH, 0, 0, "", ""));
        assertThat(owner.events).containsExactly("closed", "forgotten");
    }

    /** A feed whose epoch was closed through 9 and is to be forgotten. */
    private Feed leaving() {
        Feed feed = session.feed("shop", INCARNATION, "log", 7, 9, owner);
        feed.closed = true;
        session.forget(feed);
        return feed;
    }

    @Test
    void asksWhatTheClusterHasBeforeItForgets() {
        leaving();
        assertThat(welcome(1_000)).containsExactly(new Frame.Resume(1, 7));
        assertThat(receive(new Frame.Resumed(1, 9))).containsExactly(new Frame.Forget(2, 7));
        receive(new Frame.Forgotten(2));
        assertThat(owner.events).containsExactly("opened 9", "forgotten");
    }

    @Test
    void closedEpochOfWhichARestoredClusterLacksTheEndIsRewound() {
        Feed feed = leaving();
        welcome(1_000);
        assertThat(receive(new Frame.Resumed(1, 4))).isEmpty();
        assertThat(owner.events).containsExactly("opened 4", "rewind 5");
        offer(feed, 5, 9, 100);
        session.close(feed, 9, Loss.NONE);
        assertThat(firstsOf(step(), feed)).containsExactly(5L);
        assertThat(receive(new Frame.Ack(7, 9))).containsExactly(new Frame.Close(2, 7, 9, Loss.NONE));
        receive(new Frame.Closed(2));
        session.forget(feed);
        assertThat(step()).containsExactly(new Frame.Forget(3, 7));
    }

    @Test
    void closedEpochThatARestoredClusterHasOpenIsClosedAgain() {
        Feed feed = leaving();
        welcome(1_000);
        receive(new Frame.Resumed(1, 9));
        owner.closesAgain = 9;
        assertThat(receive(new Frame.Refuse(2, 7, RefuseReason.CONFLICT, 0, 0, "", "OPEN_EPOCH")))
                .containsExactly(new Frame.Resume(3, 7));
        assertThat(receive(new Frame.Resumed(3, 9))).containsExactly(new Frame.Close(4, 7, 9, Loss.NONE));
        receive(new Frame.Closed(4));
        assertThat(owner.events).containsExactly("opened 9", "reopened", "opened 9", "closed");
        assertThat(feed.failed).isFalse();
    }

    @Test
    void closedEpochThatARestoredClusterDoesNotKnowIsOpenedAndRewound() {
        Feed feed = leaving();
        welcome(1_000);
        owner.closesAgain = 9;
        assertThat(receive(new Frame.Refuse(1, 7, RefuseReason.UNKNOWN_EPOCH, 0, 0, "", "")))
                .containsExactly(new Frame.Open(2, "shop", INCARNATION, "log"));
        receive(new Frame.Opened(2, 30, -1));
        assertThat(owner.events).containsExactly("reopened", "opened -1", "rewind 0");
        assertThat(feed.closeWanted).as("only when all is declared").isFalse();
    }

    @Test
    void epochThatARestoredClusterKnowsAsClosedUnderAnotherNumberIsForgottenUnderThat() {
        leaving();
        welcome(1_000);
        owner.closesAgain = 9;
        receive(new Frame.Refuse(1, 7, RefuseReason.UNKNOWN_EPOCH, 0, 0, "", ""));
        receive(new Frame.Refuse(2, 30, RefuseReason.CLOSED_EPOCH, 0, 0, "", ""));
        assertThat(owner.events).containsExactly("reopened", "closed");
        session.forget(owner.feed);
        assertThat(step()).contains(new Frame.Forget(3, 30));
    }

    @Test
    void epochThatIsClosedUnaskedFailsItsFeed() {
        Feed feed = session.feed("shop", INCARNATION, "log", 7, 9, owner);
        welcome(1_000);
        receive(new Frame.Refuse(1, 7, RefuseReason.CLOSED_EPOCH, 0, 0, "", "by hand"));
        assertThat(owner.events).containsExactly("failed the epoch was closed: by hand");
        assertThat(feed.failed).isTrue();
    }

    @Test
    void epochTheClusterDoesNotKnowIsOpenedAgain() {
        Feed feed = session.feed("shop", INCARNATION, "log", 7, 9, owner);
        welcome(1_000);
        assertThat(receive(new Frame.Refuse(1, 7, RefuseReason.UNKNOWN_EPOCH, 0, 0, "", "")))
                .containsExactly(new Frame.Open(2, "shop", INCARNATION, "log"));
        receive(new Frame.Opened(2, 30, -1));
        assertThat(owner.events).containsExactly("opened -1", "rewind 0");
        assertThat(feed.epoch()).isEqualTo(30);
    }

    @Test
    void silentCollectorIsAskedAndThenLeft() {
        feed();
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        now += 5_000 * MILLI;
        assertThat(step()).hasSize(1).first().isInstanceOf(Frame.Ping.class);
        now += 4_000 * MILLI;
        assertThat(step()).isEmpty();
        now += 6_000 * MILLI;
        step();
        assertThat(session.isReady()).isFalse();
    }

    @Test
    void collectorThatOwesAnAnswerIsAskedAndLeftSooner() {
        Feed feed = feed();
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        now += 4_900 * MILLI;
        offer(feed, 0, 9, 100);
        assertThat(step()).hasSize(1).first().isInstanceOf(Frame.Append.class);
        now += 1_300 * MILLI;
        assertThat(step()).singleElement().isInstanceOf(Frame.Ping.class);
        receive(new Frame.Pong(0));
        now += 3_900 * MILLI;
        step();
        assertThat(session.isReady()).as("it has answered").isTrue();
        now += 200 * MILLI;
        step();
        assertThat(session.isReady()).isFalse();
    }

    @Test
    void feedsTakeTurnsSoThatALongQueueHoldsNobodyUp() {
        Feed busy = feed();
        Feed other = session.feed("shop", new UUID(3, 4), "log2", 0, -1, new Recorder());
        for (int i = 0; i < 8; i++) {
            offer(busy, i, i, 100);
        }
        welcome(400);
        receive(new Frame.Opened(1, 7, -1));
        receive(new Frame.Opened(2, 8, -1));
        offer(other, 0, 0, 100);
        List<Long> epochs = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            for (Frame.FromSidecar frame : receive(new Frame.Ack(7, i))) {
                epochs.add(((Frame.Append) frame).epoch());
            }
        }
        assertThat(epochs.subList(0, 2)).contains(8L);
    }

    @Test
    void whatAnEarlierConnectionSaysIsNotHeard() {
        Feed feed = feed();
        offer(feed, 0, 9, 100);
        welcome(1_000);
        receive(new Frame.Opened(1, 7, -1));
        int earlier = link.connection;
        session.disconnected(earlier, "gone", now);
        session.step(now);
        session.received(earlier, new Frame.Ack(7, 9), now);
        assertThat(session.heldBytes()).isEqualTo(100);
    }
}
