package dev.raftsman.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SampleBlocks;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A node that was away fetches a peer's snapshot; the wire between them is a method call. */
final class IncomingSnapshotTest {
    @TempDir
    private Path directory;

    private final SampleBlocks samples = new SampleBlocks();
    private final Entries entries = new Entries();
    private final CatchUpProgress progress = new CatchUpProgress();
    private Path peerData;
    private Path peerSnapshot;
    private Path data;
    private Path sm;
    private ReplicatedState peer;
    private ReplicatedState behind;
    private long[] epochs;
    private long[] next;

    /** Behind has a sealed segment and the beginnings of two others, one of them given up by now. */
    @BeforeEach
    void goAwayAndComeBack() throws IOException {
        peerData = directory.resolve("peer");
        peerSnapshot = directory.resolve("peer-snapshot");
        data = directory.resolve("node");
        sm = Files.createDirectories(directory.resolve("sm"));
        peer = ReplicatedState.open(peerData, StoreSettings.DEFAULT);
        entries.change(peer, new Command.AcquireLease("tier", 1L << 40));
        epochs = new long[] {entries.open(peer, "a", "one"), entries.open(peer, "b", "two")};
        next = new long[2];
        append(0, 40);
        entries.change(peer, new Command.Seal("acme", "one", 0));
        append(0, 30);
        append(1, 20);
        behind = ReplicatedState.open(data, StoreSettings.DEFAULT);
        entries.replay(behind);
        behind.snapshot(sm.resolve("snapshot.1"));
        append(1, 20);
        entries.replay(behind);
        append(0, 50);
        entries.change(peer, new Command.Seal("acme", "one", 0));
        append(0, 10);
        append(1, 10);
        peer.snapshot(peerSnapshot);
        append(1, 10);
    }

    private void append(int which, int blocks) {
        for (int i = 0; i < blocks; i++) {
            entries.append(peer, epochs[which], samples.lines(next[which], 10, next[which] * 2 + which));
            next[which] += 10;
        }
    }

    @AfterEach
    void close() throws IOException {
        behind.close();
        peer.close();
        samples.close();
    }

    private Chunks answer(String verb, ByteBuffer question) throws PeerFailedException {
        try {
            return verb.equals(PeerFiles.SNAPSHOT)
                    ? OfferedFiles.snapshot(peerSnapshot)
                    : OfferedFiles.segment(id -> ReplicatedState.fileOf(peerData, id), question);
        } catch (IOException e) {
            throw new PeerFailedException(e.getMessage(), e);
        }
    }

    private IncomingSnapshot fetch(Path root, ReplicatedState state, PeerFiles from) throws Exception {
        return IncomingSnapshot.fetch(root, from, state::holds, 1, 0, 0, progress);
    }

    /** Opens what a start would find, feeds it the log, and compares it with the peer, file by file. */
    private void endsLikeThePeer(Path root, Path snapshot) throws IOException {
        try (ReplicatedState state = ReplicatedState.open(root, StoreSettings.DEFAULT, snapshot)) {
            entries.replay(state);
            assertThat(state.view()).isEqualTo(peer.view());
            assertThat(Entries.files(root)).isEqualTo(Entries.files(peerData));
        }
    }

    @Test
    void bringsWhatIsMissingAndEndsByteForByteTheSame() throws Exception {
        long before = progress.fetchedBytes();
        IncomingSnapshot incoming = fetch(data, behind, this::answer);
        CatalogView view = peer.view();
        long sealedHere = view.segments().get(0).bytes();
        assertThat(progress.fetchedBytes() - before)
                .as("what was finished here is not fetched")
                .isEqualTo(SnapshotManifest.read(peerSnapshot).files().stream()
                                .mapToLong(SnapshotManifest.FileState::bytes)
                                .sum()
                        - sealedHere);
        incoming.commit(sm.resolve("snapshot.2"));
        behind.close();
        endsLikeThePeer(data, sm.resolve("snapshot.2"));
        assertThat(data.resolve("incoming")).doesNotExist();
    }

    @Test
    void doesNotFetchTheBeginningOfASegmentThatItHas() throws Exception {
        List<SegmentQuestion> asked = new ArrayList<>();
        fetch(data, behind, (verb, question) -> {
            if (verb.equals(PeerFiles.SEGMENT)) {
                try {
                    asked.add(SegmentQuestion.decode(question));
                } catch (IOException e) {
                    throw new AssertionError(e);
                }
            }
            return answer(verb, question);
        });
        assertThat(asked).hasSize(3);
        assertThat(asked.stream().filter(question -> question.from() > 0)).hasSize(2);
    }

    @Test
    void fetchesFromItsBeginningWhatBeganDifferently() throws Exception {
        Path active = ReplicatedState.fileOf(
                data,
                behind.view()
                        .segments()
                        .get(behind.view().segments().size() - 1)
                        .id());
        byte[] bytes = Files.readAllBytes(active);
        bytes[bytes.length / 2] ^= 8;
        Files.write(active, bytes);
        fetch(data, behind, this::answer).commit(sm.resolve("snapshot.2"));
        endsLikeThePeer(data, sm.resolve("snapshot.2"));
    }

    /** A power cut after every chunk: the old state is still whole there, and fetching goes on and ends well. */
    @Test
    void survivesACrashAtEveryChunk() throws Exception {
        CatalogView old = behind.view();
        List<Path> crashes = new ArrayList<>();
        fetch(data, behind, (verb, question) -> {
            Chunks chunks = answer(verb, question);
            return new Chunks() {
                @Override
                public ByteBuffer next() throws IOException {
                    Path crash = directory.resolve("crash-" + crashes.size());
                    Entries.copy(data, crash);
                    crashes.add(crash);
                    return chunks.next();
                }

                @Override
                public void close() throws IOException {
                    chunks.close();
                }
            };
        });
        assertThat(crashes).hasSizeGreaterThan(8);
        for (Path crash : crashes) {
            try (ReplicatedState again = ReplicatedState.open(crash, StoreSettings.DEFAULT, sm.resolve("snapshot.1"))) {
                entries.replay(again, old.appliedIndex() + 1);
                assertThat(again.view()).isEqualTo(old);
                Path manifest = Files.createDirectories(crash.resolve("sm")).resolve("snapshot.2");
                fetch(crash, again, this::answer).commit(manifest);
            }
            endsLikeThePeer(crash, crash.resolve("sm").resolve("snapshot.2"));
        }
    }

    /** After the commit a start finds some files moved, some not; or torn as far as the old state went on with them. */
    @Test
    void finishesTheSwitchWhereverItStopped() throws Exception {
        IncomingSnapshot incoming = fetch(data, behind, this::answer);
        Path snapshot = sm.resolve("snapshot.2");
        Path before = directory.resolve("before");
        Entries.copy(data, before);
        incoming.commit(snapshot);
        SnapshotManifest manifest = SnapshotManifest.read(snapshot);
        for (int moved = 0; moved <= manifest.files().size(); moved++) {
            Path crash = directory.resolve("moved-" + moved);
            Entries.copy(data, crash);
            for (SnapshotManifest.FileState file : manifest.files().subList(0, moved)) {
                Path from = SegmentFetch.whole(crash.resolve("incoming"), file);
                if (Files.exists(from)) {
                    Path to = ReplicatedState.fileOf(crash, file.segment());
                    Durable.createDirectories(to.getParent());
                    Durable.rename(from, to);
                }
            }
            endsLikeThePeer(crash, snapshot);
            endsLikeThePeer(crash, snapshot);
        }
        try (ReplicatedState old = ReplicatedState.open(before, StoreSettings.DEFAULT, sm.resolve("snapshot.1"))) {
            assertThat(old.appliedIndex()).isLessThan(manifest.index());
        }
    }

    @Test
    void goesOnWithANewerSnapshotWhenASegmentIsGivenUpOnTheWay() throws Exception {
        SegmentView given = peer.view().segments().stream()
                .filter(segment -> segment.state() == SegmentState.SEALED)
                .skip(1)
                .findFirst()
                .orElseThrow();
        boolean[] once = {true};
        PeerFiles changing = (verb, question) -> {
            try {
                if (verb.equals(PeerFiles.SEGMENT)
                        && once[0]
                        && SegmentQuestion.decode(question).segment().equals(given.id())) {
                    once[0] = false;
                    entries.change(peer, new Command.Truncate("tier", List.of(given.ref()), "p", "r", "h"));
                    peer.snapshot(peerSnapshot);
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            return answer(verb, question);
        };
        assertThatThrownBy(() -> fetch(data, behind, changing))
                .isInstanceOf(PeerFailedException.class)
                .hasMessageContaining("not here any more");
        fetch(data, behind, changing).commit(sm.resolve("snapshot.2"));
        behind.close();
        endsLikeThePeer(data, sm.resolve("snapshot.2"));
    }

    @Test
    void takesNothingFromAPeerThatSendsOtherBytes() throws Exception {
        SegmentId sealed = peer.view().segments().get(1).id();
        Path file = ReplicatedState.fileOf(peerData, sealed);
        byte[] whole = Files.readAllBytes(file);
        byte[] wrong = whole.clone();
        wrong[wrong.length - 9] ^= 1;
        Files.write(file, wrong);
        assertThatThrownBy(() -> fetch(data, behind, this::answer))
                .isInstanceOf(PeerFailedException.class)
                .hasMessageContaining(sealed.toString())
                .hasMessageContaining("expected");
        assertThat(progress.leftBytes()).as("no fetch is under way").isZero();
        Files.write(file, whole);
        fetch(data, behind, this::answer).commit(sm.resolve("snapshot.2"));
        endsLikeThePeer(data, sm.resolve("snapshot.2"));
    }

    @Test
    void refusesAManifestThatIsDamagedOrTooOld() throws Exception {
        assertThatThrownBy(() -> IncomingSnapshot.fetch(data, this::answer, behind::holds, 10_000, 0, 0, progress))
                .isInstanceOf(PeerFailedException.class)
                .hasMessageContaining("needed: 10000");
        byte[] bytes = Files.readAllBytes(peerSnapshot);
        bytes[bytes.length / 2] ^= 1;
        Files.write(peerSnapshot, bytes);
        assertThatThrownBy(() -> fetch(data, behind, this::answer))
                .isInstanceOf(PeerFailedException.class)
                .hasMessageContaining("damaged");
    }

    @Test
    void leavesTheReserveFree() throws Exception {
        long all = Files.getFileStore(data).getTotalSpace();
        assertThatThrownBy(() -> IncomingSnapshot.fetch(data, this::answer, behind::holds, 1, 0, all, progress))
                .isInstanceOf(StorageFullException.class)
                .hasMessageContaining("to spare");
    }

    @Test
    void waitsForItsUpgradeWhereThePeerHasANewerFormat() throws Exception {
        String text = Files.readString(peerSnapshot);
        String body = text.substring(0, text.lastIndexOf("sha256 ")).replaceFirst("1\n", "2\n");
        FileDigest digest = new FileDigest();
        digest.update(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)));
        Files.writeString(peerSnapshot, body + "sha256 " + digest.finish() + "\n");
        assertThatThrownBy(() -> fetch(data, behind, this::answer))
                .isInstanceOf(PeerFailedException.class)
                .hasMessageContaining("newer version");
    }

    @Test
    void isGivenUpWhenTheNodeGoesOnByItself() throws Exception {
        fetch(data, behind, this::answer);
        behind.snapshot(sm.resolve("snapshot.3"));
        assertThat(data.resolve("incoming")).as("it shows more").isDirectory();
        entries.replay(behind);
        behind.snapshot(sm.resolve("snapshot.4"));
        assertThat(data.resolve("incoming")).doesNotExist();
    }
}
