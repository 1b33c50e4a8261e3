package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes with the same three sealed segments; one of them is damaged. */
final class SegmentCareTest {
    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();
    private Path data;
    private Path snapshot;
    private ReplicatedState state;
    private ReplicatedState peer;
    private List<SegmentView> segments;

    @BeforeEach
    void seal() throws IOException {
        data = directory.resolve("data");
        snapshot = directory.resolve("snapshot");
        state = ReplicatedState.open(data, StoreSettings.DEFAULT);
        peer = ReplicatedState.open(directory.resolve("peer"), StoreSettings.DEFAULT);
        long epoch = entries.open(state, "app", "audit");
        for (int i = 0; i < 3; i++) {
            entries.append(state, epoch, samples.lines(i * 10L, 10, i));
            entries.change(state, new Command.Seal("acme", "audit", 0));
        }
        entries.replay(peer);
        segments = state.view().segments();
        state.snapshot(snapshot);
    }

    @AfterEach
    void close() throws IOException {
        state.close();
        peer.close();
        samples.close();
    }

    private PeerFiles peerFiles() {
        return (verb, question) -> {
            try {
                return verb.equals(PeerFiles.DIGESTS)
                        ? Attestation.answer(peer, question)
                        : OfferedFiles.segment(peer::fileForPeer, question);
            } catch (IOException e) {
                throw new PeerFailedException(e.getMessage(), e);
            }
        };
    }

    private Path file(int segment) {
        return ReplicatedState.fileOf(data, segments.get(segment).id());
    }

    private void flip(int segment, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file(segment));
        bytes[at] ^= 16;
        Files.write(file(segment), bytes);
    }

    private void mendedFromThePeer(SegmentId id) throws Exception {
        assertThat(state.care().damaged()).contains(id);
        assertThat(state.care().repair(id, List.of(peerFiles()), 0)).isTrue();
        assertThat(state.care().damaged()).doesNotContain(id);
        assertThat(Entries.files(data)).isEqualTo(Entries.files(directory.resolve("peer")));
        state.openForRead(id).orElseThrow().close();
    }

    @Test
    void givesNoByteOfADamagedSegmentAwayAndFetchesItAgain() throws Exception {
        SegmentId id = segments.get(1).id();
        flip(1, 200);
        byte[] wrong = Files.readAllBytes(file(1));
        assertThatThrownBy(() -> state.openForRead(id))
                .isInstanceOf(DamagedSegmentException.class)
                .hasMessageContaining(id.toString());
        assertThatThrownBy(() -> state.fileForPeer(id)).isInstanceOf(DamagedSegmentException.class);
        assertThat(state.holds(id, segments.get(1).sha256())).isFalse();
        mendedFromThePeer(id);
        assertThat(data.resolve("quarantine").resolve("1-" + file(1).getFileName()))
                .hasBinaryContent(wrong);
        assertThat(state.care().repaired()).isEqualTo(1);
    }

    @Test
    void startsWithASealedSegmentMissingAndAnotherShort() throws Exception {
        state.close();
        Files.delete(file(0));
        Files.write(file(2), Arrays.copyOf(Files.readAllBytes(file(2)), 70));
        state = ReplicatedState.open(data, StoreSettings.DEFAULT, snapshot);
        assertThat(state.care().damaged())
                .containsExactly(segments.get(0).id(), segments.get(2).id());
        assertThat(state.care().repair(segments.get(0).id(), List.of(peerFiles()), 0))
                .isTrue();
        mendedFromThePeer(segments.get(2).id());
    }

    @Test
    void triesTheNextPeerWhereOneIsDamagedToo() throws Exception {
        SegmentId id = segments.get(1).id();
        flip(1, 100);
        Path third = Files.copy(file(1), directory.resolve("third"));
        assertThatThrownBy(() -> state.openForRead(id)).isInstanceOf(DamagedSegmentException.class);
        PeerFiles damaged = (verb, question) -> {
            try {
                return OfferedFiles.segment(any -> third, question);
            } catch (IOException e) {
                throw new PeerFailedException(e.getMessage(), e);
            }
        };
        assertThat(state.care().repair(id, List.of(damaged), 0)).isFalse();
        assertThat(state.care().repair(id, List.of(damaged, peerFiles()), 0)).isTrue();
        assertThat(Entries.files(data)).isEqualTo(Entries.files(directory.resolve("peer")));
    }

    @Test
    void keepsTheDamagedCopyWhereItIsUntilAWholeOneIsHere() throws Exception {
        SegmentId id = segments.get(1).id();
        flip(1, 200);
        byte[] wrong = Files.readAllBytes(file(1));
        assertThatThrownBy(() -> state.openForRead(id)).isInstanceOf(DamagedSegmentException.class);
        assertThat(state.care().repair(id, List.of(), 0)).isFalse();
        assertThat(file(1)).hasBinaryContent(wrong);
        mendedFromThePeer(id);

        flip(1, 201);
        state.care().damaged(id, "once more");
        mendedFromThePeer(id);
        assertThat(data.resolve("quarantine").resolve("1-" + file(1).getFileName()))
                .hasBinaryContent(wrong);
        assertThat(data.resolve("quarantine").resolve("1-" + file(1).getFileName() + ".2"))
                .exists();
    }

    @Test
    void leavesACopyThatTurnsOutWholeWhereItIs() throws Exception {
        SegmentId id = segments.get(1).id();
        state.care().damaged(id, "one read went wrong");
        assertThat(state.care().repair(id, List.of(), 0)).isTrue();
        assertThat(state.care().damaged()).isEmpty();
        assertThat(data.resolve("quarantine")).doesNotExist();
    }

    /** A directory in the file's place cannot be read, for another reason than a bad disk. */
    @Test
    void takesWhatItCannotReadNowForNeitherGoodNorDamaged() throws Exception {
        SegmentId id = segments.get(0).id();
        Path away = Files.move(file(0), directory.resolve("away"));
        Files.createDirectory(file(0));
        assertThatThrownBy(() -> state.openForRead(id))
                .isInstanceOf(IOException.class)
                .isNotInstanceOf(DamagedSegmentException.class);
        Scrubber scrubber = new Scrubber(data, Duration.ofMillis(3_000), 1 << 30, 0);
        assertThat(scrubber.step(state, 0)).isTrue();
        assertThat(state.care().damaged()).isEmpty();
        Files.delete(file(0));
        Files.move(away, file(0));
        state.openForRead(id).orElseThrow().close();
    }

    @Test
    void movesNoFileOnceTheStateIsClosed() throws Exception {
        SegmentId id = segments.get(1).id();
        flip(1, 200);
        byte[] wrong = Files.readAllBytes(file(1));
        assertThatThrownBy(() -> state.openForRead(id)).isInstanceOf(DamagedSegmentException.class);
        PeerFiles closing = (verb, question) -> {
            try {
                state.close();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return peerFiles().ask(verb, question);
        };
        assertThat(state.care().repair(id, List.of(closing), 0)).isFalse();
        assertThat(file(1)).hasBinaryContent(wrong);
    }

    @Test
    void readsEverySegmentOnceInAPeriodAndGoesOnAfterARestart() throws Exception {
        Scrubber scrubber = new Scrubber(data, Duration.ofMillis(3_000), 1 << 30, 0);
        assertThat(scrubber.step(state, 0)).isTrue();
        assertThat(scrubber.step(state, 0)).as("the next is not due").isFalse();
        flip(2, 333);
        assertThat(scrubber.step(state, 1_000)).isTrue();
        assertThat(scrubber.step(state, 2_000)).isTrue();
        assertThat(state.care().damaged()).containsExactly(segments.get(2).id());
        assertThat(scrubber.bytesRead())
                .isEqualTo(segments.stream().mapToLong(SegmentView::bytes).sum());
        mendedFromThePeer(segments.get(2).id());
        assertThat(scrubber.step(state, 2_999)).isFalse();
        assertThat(scrubber.step(state, 3_000)).as("a new pass").isTrue();
        Scrubber restarted = new Scrubber(data, Duration.ofMillis(3_000), 1 << 30, 3_500);
        assertThat(restarted.step(state, 3_500))
                .as("the pass that began at 3000")
                .isTrue();
        assertThat(restarted.step(state, 3_999)).isFalse();
        Files.writeString(data.resolve("scrub"), "nonsense");
        assertThat(new Scrubber(data, Duration.ofMillis(3_000), 1 << 30, 5_000).step(state, 5_000))
                .isTrue();
    }

    @Test
    void takesItsCopyForDamagedWhereAMajorityComputedAnotherDigest() throws Exception {
        List<SegmentRef> own = state.unattested(100);
        assertThat(own)
                .containsExactlyElementsOf(
                        segments.stream().map(SegmentView::ref).toList());
        Map<String, PeerFiles> none = new LinkedHashMap<>();
        assertThat(Attestation.gather("n1", own, none, 3)).as("one of three").isEmpty();
        List<Command.Attest> agreed = Attestation.gather("n1", own, Map.of("n2", peerFiles()), 3);
        assertThat(agreed).containsExactly(new Command.Attest(own, List.of("n1", "n2"), 3));

        // As a node that had computed another digest sees it.
        SegmentRef other = new SegmentRef(segments.get(0).id(), "0".repeat(64));
        entries.change(state, new Command.Attest(List.of(other), List.of("n2", "n3"), 3));
        assertThat(state.care().damaged()).containsExactly(segments.get(0).id());
        assertThat(state.view().segments().get(0).sha256()).isEqualTo(other.sha256());
        entries.change(state, new Command.Attest(List.of(own.get(0)), List.of("n2", "n3"), 3));
        assertThat(state.view().segments().get(0).sha256())
                .as("attested once for all")
                .isEqualTo(other.sha256());
        entries.change(state, agreed.get(0));
        assertThat(state.unattested(100)).isEmpty();
        state.snapshot(snapshot);
        state.close();
        state = ReplicatedState.open(data, StoreSettings.DEFAULT, snapshot);
        assertThat(state.unattested(100)).as("kept in snapshots").isEmpty();
        assertThatThrownBy(() -> new Command.Attest(own, List.of("n1"), 2))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void passesOverWhatIsNotKeptAnyMore() throws Exception {
        SegmentView given = segments.get(0);
        flip(0, 50);
        assertThatThrownBy(() -> state.openForRead(given.id())).isInstanceOf(DamagedSegmentException.class);
        entries.change(state, new Command.AcquireLease("tier", 1L << 40));
        entries.change(state, new Command.Truncate("tier", List.of(given.ref()), "p", "r", "h"));
        assertThat(state.care().repair(given.id(), List.of(), 0)).isTrue();
        assertThat(state.care().damaged()).isEmpty();
        state.snapshot(snapshot);
        assertThat(file(0)).doesNotExist();
        assertThat(state.sealedAfter(null)).contains(segments.get(1));
        assertThat(ByteBuffer.wrap(Files.readAllBytes(file(1))).remaining())
                .isEqualTo((int) segments.get(1).bytes());
    }
}
