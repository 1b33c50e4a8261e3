package dev.raftsman.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.config.HostPort;
import dev.raftsman.objects.Sha256;
import dev.raftsman.search.WordFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ClusterClientTest {
    private static final List<byte[]> WORDS =
            List.of("order4711".getBytes(StandardCharsets.US_ASCII), "failed".getBytes(StandardCharsets.US_ASCII));
    private static final Backoff SHORT =
            new Backoff(Duration.ofMillis(5), Duration.ofMillis(20), Duration.ofMillis(400));

    @TempDir
    Path temporary;

    private TestState state;
    private TestCollector one;
    private TestCollector two;
    private TestCollector three;
    private ClusterClient client;

    @BeforeEach
    void start() throws Exception {
        state = new TestState(temporary.resolve("state"), 1_000_000);
        one = new TestCollector(state);
        two = new TestCollector(state);
        three = new TestCollector(state);
        client = new ClusterClient(List.of(one.address(), two.address(), three.address()), SHORT);
    }

    @AfterEach
    void stop() {
        client.close();
        List.of(one, two, three).forEach(TestCollector::close);
        state.close();
    }

    @Test
    void followsTheNameOfTheLeaderAndThenAsksItFirst() throws Exception {
        one.redirect = three.address();
        two.redirect = three.address();
        assertThat(client.execute(open("a"))).isInstanceOf(CommandResult.Opened.class);
        assertThat(client.execute(open("b")).ok()).isTrue();
        assertThat(three.commands).hasValue(2);
        assertThat(client.catalog().epochs()).hasSize(2);
    }

    @Test
    void findsTheLeaderAmongNodesThatAreDownBusyOrDoNotKnow() throws Exception {
        one.close();
        two.ignorant = true;
        assertThat(client.catalog().segments()).isEmpty();
        three.answersUnavailable = true;
        assertThatThrownBy(() -> client.catalog())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("no collector")
                .hasMessageContaining(one.address().toString());
    }

    @Test
    void sendsACommandAgainWhenItsAnswerWasLost() throws Exception {
        one.dropsAnswers = true;
        CommandResult result = client.execute(open("a"));
        assertThat(result).isInstanceOf(CommandResult.Opened.class);
        assertThat(client.catalog().epochs()).hasSize(1);
    }

    @Test
    void doesNotTryForLongWhatNoNodeWillEverTake() {
        HostPort nobody = new HostPort("127.0.0.1", 1);
        try (ClusterClient lost = new ClusterClient(List.of(nobody), SHORT)) {
            assertThatThrownBy(() -> lost.execute(open("a"))).hasMessageContaining("127.0.0.1:1");
        }
    }

    @Test
    void fetchesAWholeSegmentPastANodeThatSendsDamagedBytes() throws Exception {
        SegmentView segment = sealed();
        one.flipsBits = true;
        Path file = temporary.resolve("fetched");
        client.fetch(segment, file);
        assertThat(Sha256.of(file)).isEqualTo(new Sha256.Measured(segment.sha256(), segment.bytes()));

        two.flipsBits = true;
        three.flipsBits = true;
        assertThatThrownBy(() -> client.fetch(segment, file))
                .isInstanceOf(SegmentUnavailableException.class)
                .hasMessageContaining(segment.id().toString())
                .hasMessageContaining(segment.sha256());
    }

    private SegmentView sealedInto(String stream) {
        state.append(state.open("p", stream), "one", "two");
        state.seal(stream);
        return state.catalog().segments().stream()
                .filter(segment -> segment.stream().equals(stream))
                .findFirst()
                .orElseThrow();
    }

    private static WordFile wordsOf(SegmentView segment) {
        return new WordFile(segment.id(), segment.bytes(), List.of(), List.of());
    }

    @Test
    void asksEachNodeForWordsOfAllSegmentsThatNoneBeforeItKnew() {
        SegmentView a = sealedInto("a");
        SegmentView b = sealedInto("b");
        SegmentView c = sealedInto("c");
        two.words = wordsOf(b).encode().array();
        assertThat(client.words(List.of(a, b, c), WORDS)).containsExactly(wordsOf(b));
        assertThat(one.wordsAsked)
                .containsExactly("segments=" + a.id() + "," + b.id() + "," + c.id() + "&of=order4711,failed");
        assertThat(three.wordsAsked).containsExactly("segments=" + a.id() + "," + c.id() + "&of=order4711,failed");

        one.words = wordsOf(a).encode().array();
        assertThat(client.words(List.of(a), WORDS)).containsExactly(wordsOf(a));
        assertThat(two.wordsAsked).as("nothing was left to ask for").hasSize(1);
    }

    @Test
    void asksNobodyForWordsAgainWhoCouldNotTellOrSentDamagedOnes() {
        SegmentView a = sealedInto("a");
        one.answersUnavailable = true;
        two.words = wordsOf(a).encode().array();
        two.words[two.words.length - 1] ^= 1;
        three.words = wordsOf(a).encode().array();
        assertThat(client.words(List.of(a), List.of())).containsExactly(wordsOf(a));
        assertThat(client.words(List.of(a), List.of())).containsExactly(wordsOf(a));
        assertThat(one.wordsAsked).hasSize(1);
        assertThat(two.wordsAsked).hasSize(1);
        assertThat(three.wordsAsked).hasSize(2);
    }

    @Test
    void asksTheNextNodeWhereOneMendsItsCopyAndAnotherHasDroppedIt() throws Exception {
        SegmentView segment = sealed();
        one.answersUnavailable = true;
        two.holdsNothing = true;
        Path file = temporary.resolve("fetched");
        client.fetch(segment, file);
        assertThat(Sha256.of(file)).isEqualTo(new Sha256.Measured(segment.sha256(), segment.bytes()));
    }

    @Test
    void saysAtOnceThatASegmentIsNowhereAnyMore() throws Exception {
        SegmentView segment = sealed();
        List.of(one, two, three).forEach(node -> node.holdsNothing = true);
        try (ClusterClient patient = new ClusterClient(client.nodes(), Backoff.DEFAULT)) {
            assertThatThrownBy(() -> patient.fetch(segment, temporary.resolve("fetched")))
                    .isInstanceOf(SegmentUnavailableException.class)
                    .hasMessageContaining("410");
        }
    }

    private SegmentView sealed() {
        long epoch = state.open("p", "orders");
        state.append(epoch, "one", "two");
        state.seal("orders");
        return state.catalog().segments().get(0);
    }

    private static Command open(String producer) {
        return new Command.Open(TestState.TENANT, producer, new java.util.UUID(1, producer.hashCode()), "orders");
    }

    @Test
    void saysWhatIsReadAndAsksEveryNodeWhatWas() throws Exception {
        state.append(state.open("a", "orders"), "x");
        state.seal("orders");
        SegmentView segment = state.catalog().segments().get(0);
        client.fetch(segment, temporary.resolve("moved"));
        assertThat(one.reads.get() + two.reads.get() + three.reads.get()).isZero();
        client.read(segment, temporary.resolve("read"));
        assertThat(one.reads.get() + two.reads.get() + three.reads.get()).isPositive();

        one.recentReads = "{\"reads\":[{\"segment\":\"" + segment.id() + "\",\"agoMillis\":900}]}";
        two.recentReads = "{\"reads\":[{\"segment\":\"" + segment.id() + "\",\"agoMillis\":70}]}";
        three.recentReads = "a page of a version to come";
        assertThat(client.readsAgoMillis()).isEqualTo(Map.of(segment.id(), 70L));
    }
}
