package dev.raftsman.wal;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import net.openhft.chronicle.queue.ExcerptTailer;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueue;
import net.openhft.chronicle.queue.impl.single.SingleChronicleQueueBuilder;
import net.openhft.chronicle.wire.DocumentContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WalTest {
    private static final WalSettings SMALL = new WalSettings(16 << 20, 0, 256 << 10, 256 << 10, Duration.ofMillis(20));

    @TempDir
    Path root;

    private final Excerpt excerpt = new Excerpt();

    @Test
    void readsBackWhatWasAppendedWithEveryField() {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL);
                WalReader reader = WalReader.open(directory)) {
            assertThat(reader.next(excerpt)).isFalse();
            long position = writer.append(
                    ExcerptKind.BLOCK, 41, 7, new Loss(LossReason.QUOTA, 5), bytes("checkpoint"), bytes("block"));
            assertThat(reader.next(excerpt)).isTrue();
            assertThat(excerpt.kind()).isEqualTo(ExcerptKind.BLOCK);
            assertThat(excerpt.position()).isEqualTo(position);
            assertThat(excerpt.firstSequence()).isEqualTo(41);
            assertThat(excerpt.count()).isEqualTo(7);
            assertThat(excerpt.lossBefore()).isEqualTo(new Loss(LossReason.QUOTA, 5));
            assertThat(text(excerpt.extra())).isEqualTo("checkpoint");
            assertThat(text(excerpt.body())).isEqualTo("block");
            assertThat(reader.next(excerpt)).isFalse();
            assertThat(reader.atEnd()).isTrue();
            assertThat(writer.append(ExcerptKind.ROWS, 48, 1, Loss.NONE, null, bytes("next")))
                    .isGreaterThan(position);
            assertThat(reader.atEnd()).isFalse();
            assertThat(reader.next(excerpt)).isTrue();
            assertThat(excerpt.extra().remaining()).isZero();
        }
    }

    @Test
    void rollsBySizeAndReleasesAcknowledgedFilesWhileItWrites() throws IOException {
        WalDirectory directory = create();
        int excerpts = 400;
        try (WalWriter writer = WalWriter.open(directory, SMALL);
                WalReader reader = WalReader.open(directory)) {
            int released = 0;
            for (int i = 0; i < excerpts; i++) {
                writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, random(i, 10_000 + i % 3));
                assertThat(reader.next(excerpt)).isTrue();
                assertThat(excerpt.kind()).isEqualTo(ExcerptKind.ROWS);
                assertThat(excerpt.firstSequence()).isEqualTo(i);
                assertThat(excerpt.body()).isEqualTo(random(i, 10_000 + i % 3));
                released += reader.releaseBelow(reader.position());
            }
            assertThat(released).isGreaterThan(10);
            assertThat(directory.cycles()).hasSizeLessThan(3);
            assertThat(directory.bytesOnDisk()).isLessThan(2 << 20);
        }
    }

    @Test
    void goesOnBehindAPositionAfterItsPredecessorsWereReleased() {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            List<Long> positions = fill(writer, 100, 10_000);
            try (WalReader reader = WalReader.open(directory)) {
                reader.releaseBelow(positions.get(70));
                reader.seekAfter(positions.get(70));
                assertThat(sequencesOf(reader)).first().isEqualTo(71L);
            }
            try (WalReader reader = WalReader.open(directory)) {
                reader.seekAfter(positions.get(99));
                assertThat(reader.next(excerpt)).isFalse();
            }
        }
    }

    @Test
    void aFlippedBitInABodyIsDamageWithItsSequencesAndReadingGoesOn() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 20, 1000);
        }
        flip(directory.fileOf(0), find(directory.fileOf(0), random(7, 1000)) + 500);
        try (WalReader reader = WalReader.open(directory)) {
            List<String> seen = describe(reader);
            assertThat(seen).hasSize(20);
            assertThat(seen.get(7)).isEqualTo("DAMAGED 7+1");
            assertThat(seen.get(8)).isEqualTo("ROWS 8+1");
            assertThat(seen.get(19)).isEqualTo("ROWS 19+1");
            assertThat(reader.atEnd()).isTrue();
        }
    }

    @Test
    void zeroedPagesAreDamageAndReadingGoesOnBehindThem() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 40, 1000);
        }
        long at = find(directory.fileOf(0), random(7, 1000));
        overwrite(directory.fileOf(0), at, ByteBuffer.allocate(4096));
        try (WalReader reader = WalReader.open(directory)) {
            List<String> seen = describe(reader);
            assertThat(seen.get(6)).isEqualTo("ROWS 6+1");
            assertThat(seen.get(7)).isEqualTo("DAMAGED 7+1");
            assertThat(seen.get(8)).isEqualTo("DAMAGED 8+3");
            assertThat(seen.get(9)).isEqualTo("ROWS 11+1");
            assertThat(seen).last().isEqualTo("ROWS 39+1");
        }
    }

    @Test
    void aDamagedWordOfTheQueueLosesNothing() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 40, 1000);
        }
        long body = find(directory.fileOf(0), random(7, 1000));
        for (int word : new int[] {0, 0x8000_0000, 0x3FFF_FFFF, 77, 0x4000_0010, 0x7FFF_FFF0}) {
            overwrite(
                    directory.fileOf(0),
                    body - ExcerptFrame.HEADER_BYTES - 4,
                    ByteBuffer.allocate(4).putInt(0, Integer.reverseBytes(word)));
            try (WalReader reader = WalReader.open(directory)) {
                assertThat(describe(reader)).as("word %x", word).hasSize(40).noneMatch(s -> s.startsWith("DAMAGED"));
            }
        }
    }

    /** As random damage found it: a sector with an older frame's header, just where another one's was. */
    @Test
    void aStaleCopyOfAnOlderFrameIsNotReadAgain() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 40, 1000);
        }
        Path file = directory.fileOf(0);
        int frame = ExcerptFrame.HEADER_BYTES + 1000;
        byte[] whole = Files.readAllBytes(file);
        int older = (int) find(file, random(7, 1000)) - ExcerptFrame.HEADER_BYTES;
        int newer = (int) find(file, random(27, 1000)) - ExcerptFrame.HEADER_BYTES;
        for (int length : new int[] {512, frame}) {
            byte[] damaged = whole.clone();
            System.arraycopy(whole, older, damaged, newer, length);
            Files.write(file, damaged);
            try (WalReader reader = WalReader.open(directory)) {
                List<String> seen = describe(reader);
                assertThat(seen).as("%d bytes", length).hasSize(40);
                assertThat(seen.get(26)).isEqualTo("ROWS 26+1");
                assertThat(seen.get(27)).isEqualTo("DAMAGED 27+1");
                assertThat(seen.get(28)).isEqualTo("ROWS 28+1");
            }
        }
    }

    @Test
    void aFileWhoseBeginningIsDamagedIsNotTakenForAReleasedOne() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 40, 1000);
        }
        long body = find(directory.fileOf(0), random(0, 1000));
        overwrite(directory.fileOf(0), body - ExcerptFrame.HEADER_BYTES - 4, ByteBuffer.allocate(4096));
        try (WalReader reader = WalReader.open(directory)) {
            assertThat(describe(reader)).startsWith("DAMAGED 0+4", "ROWS 4+1").hasSize(37);
        }
    }

    @Test
    void aDamagedLengthLosesNothingAndWithItsBodyOnlyItsOwnExcerpt() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 40, 1000);
        }
        Path file = directory.fileOf(0);
        long body = find(file, random(7, 1000));
        byte[] whole = Files.readAllBytes(file);
        for (int length : new int[] {0, -5, 63, 64, 1000, 1068, 1100, 5000, 60 << 20, Integer.MAX_VALUE}) {
            Files.write(file, whole);
            ByteBuffer damaged = ByteBuffer.allocate(4).putInt(0, Integer.reverseBytes(length));
            overwrite(file, body - ExcerptFrame.HEADER_BYTES + ExcerptFrame.LENGTH_OFFSET, damaged);
            try (WalReader reader = WalReader.open(directory)) {
                assertThat(describe(reader))
                        .as("length %d", length)
                        .hasSize(40)
                        .noneMatch(s -> s.startsWith("DAMAGED"));
            }
            flip(file, body + 500);
            try (WalReader reader = WalReader.open(directory)) {
                List<String> seen = describe(reader);
                assertThat(seen).as("length %d", length).hasSize(40);
                assertThat(seen.get(7)).isEqualTo("DAMAGED 7+1");
                assertThat(seen).filteredOn(s -> s.startsWith("DAMAGED")).hasSize(1);
            }
        }
    }

    @Test
    void aMissingFileIsDeclaredAsOneHole() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 100, 10_000);
        }
        Files.delete(directory.fileOf(1));
        try (WalReader reader = WalReader.open(directory)) {
            List<String> seen = describe(reader);
            assertThat(seen).filteredOn(s -> s.startsWith("DAMAGED")).hasSize(1);
            assertThat(seen).last().isEqualTo("ROWS 99+1");
        }
    }

    @Test
    void aTailCutOffIsDeclaredOnceTheWriterIsDead() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, 10, 1000);
        }
        long body = find(directory.fileOf(0), random(7, 1000));
        try (FileChannel file = FileChannel.open(directory.fileOf(0), StandardOpenOption.WRITE)) {
            file.truncate(body + 100);
        }
        try (WalReader reader = WalReader.open(directory)) {
            List<String> seen = describe(reader);
            assertThat(seen).hasSizeBetween(8, 9);
            assertThat(seen.get(6)).isEqualTo("ROWS 6+1");
            assertThat(seen.get(7)).startsWith("DAMAGED 7");
            assertThat(reader.atEnd()).isTrue();
        }
    }

    @Test
    void anyDamageEitherComesOutAsDamageOrTakesNothing() throws IOException {
        WalDirectory directory = create();
        int excerpts = 60;
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            fill(writer, excerpts, 700);
        }
        Path file = directory.fileOf(0);
        byte[] whole = Files.readAllBytes(file);
        long seed = System.nanoTime();
        Random random = new Random(seed);
        long first = find(file, random(0, 700));
        long last = find(file, random(excerpts - 1, 700)) + 700;
        for (int round = 0; round < 150; round++) {
            byte[] damaged = whole.clone();
            for (int hits = 1 + random.nextInt(3); hits > 0; hits--) {
                int at = (int) (first + random.nextInt((int) (last - first)));
                switch (random.nextInt(3)) {
                    case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
                    case 1 -> java.util.Arrays.fill(damaged, at, Math.min(damaged.length, at + 4096), (byte) 0);
                    default -> {
                        int from = (int) first + random.nextInt((int) (last - first - 512));
                        System.arraycopy(whole, from, damaged, at, Math.min(512, damaged.length - at));
                    }
                }
            }
            Files.write(file, damaged);
            try (WalReader reader = WalReader.open(directory)) {
                long expected = 0;
                long previous = -1;
                boolean afterDamage = false;
                while (reader.next(excerpt)) {
                    assertThat(excerpt.position())
                            .as("seed %d round %d", seed, round)
                            .isGreaterThan(previous);
                    previous = excerpt.position();
                    if (excerpt.kind() == ExcerptKind.DAMAGED) {
                        afterDamage = true;
                        continue;
                    }
                    if (!afterDamage) {
                        assertThat(excerpt.firstSequence())
                                .as("seed %d round %d", seed, round)
                                .isEqualTo(expected);
                    }
                    assertThat(excerpt.body())
                            .as("seed %d round %d", seed, round)
                            .isEqualTo(random((int) excerpt.firstSequence(), 700));
                    afterDamage = false;
                    expected = excerpt.firstSequence() + 1;
                }
                assertThat(previous).as("seed %d round %d", seed, round).isEqualTo(excerpts - 1);
                assertThat(reader.atEnd()).isTrue();
            }
        }
    }

    @Test
    void theQueuesOwnTailerSeesTheSameExcerpts() {
        WalDirectory directory = create();
        List<Long> positions;
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            positions = fill(writer, 100, 10_000);
        }
        SizeRoll roll = new SizeRoll();
        List<Long> seen = new ArrayList<>();
        try (SingleChronicleQueue queue = SingleChronicleQueueBuilder.binary(directory.path())
                        .rollCycle(roll)
                        .timeProvider(roll)
                        .blockSize(SMALL.blockBytes())
                        .build();
                ExcerptTailer tailer = queue.createTailer()) {
            while (true) {
                try (DocumentContext document = tailer.readingDocument()) {
                    if (!document.isPresent()) {
                        break;
                    }
                    assertThat(document.wire().bytes().readRemaining()).isEqualTo(ExcerptFrame.HEADER_BYTES + 10_000);
                    seen.add(document.index());
                }
            }
        }
        assertThat(seen).isEqualTo(positions);
    }

    @Test
    void forcesWhatComesAfterARestWithoutWaitingForTheInterval() {
        try (WalWriter writer = WalWriter.open(create(), SMALL.withForceInterval(Duration.ofHours(1)))) {
            long first = writer.append(ExcerptKind.ROWS, 0, 1, Loss.NONE, null, bytes("x"));
            await().atMost(Duration.ofSeconds(5)).until(() -> writer.forcedThrough() == first);
        }
    }

    @Test
    void forcesWhatWasAppendedWithinTheInterval() {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL)) {
            assertThat(writer.forcedThrough()).isEqualTo(WalWriter.NONE);
            List<Long> positions = fill(writer, 60, 10_000);
            await().atMost(Duration.ofSeconds(5)).until(() -> writer.forcedThrough() == positions.get(59));
            long next = writer.append(ExcerptKind.ROWS, 60, 1, Loss.NONE, null, bytes("x"));
            assertThat(writer.force()).isEqualTo(next);
        }
    }

    @Test
    void refusesBeyondItsQuotaUntilFilesAreReleased() {
        WalDirectory directory = create();
        WalSettings settings = new WalSettings(2 << 20, 0, 256 << 10, 256 << 10, Duration.ofMillis(20));
        try (WalWriter writer = WalWriter.open(directory, settings);
                WalReader reader = WalReader.open(directory)) {
            int appended = 0;
            while (writer.append(ExcerptKind.ROWS, appended, 1, Loss.NONE, null, random(appended, 10_000))
                    != WalWriter.NO_ROOM) {
                appended++;
            }
            assertThat(appended).isBetween(100, 210);
            assertThat(directory.bytesOnDisk()).isLessThanOrEqualTo((2 << 20) + (256 << 10));
            assertThat(writer.hasRoom(10_000)).isFalse();
            for (int i = 0; i < appended; i++) {
                assertThat(reader.next(excerpt)).isTrue();
                assertThat(excerpt.firstSequence()).isEqualTo(i);
            }
            assertThat(reader.next(excerpt)).isFalse();
            reader.releaseBelow(reader.position());
            assertThat(writer.hasRoom(10_000)).isTrue();
            assertThat(writer.append(ExcerptKind.ROWS, appended, 1, Loss.NONE, null, random(appended, 10_000)))
                    .isPositive();
            assertThat(reader.next(excerpt)).isTrue();
            assertThat(excerpt.firstSequence()).isEqualTo(appended);
        }
    }

    @Test
    void theQuotaCountsWhatEarlierIncarnationsOfTheProducerHaveLeft() {
        WalSettings settings = new WalSettings(2 << 20, 0, 256 << 10, 256 << 10, Duration.ofMillis(20));
        WalDirectory earlier = create();
        try (WalWriter writer = WalWriter.open(earlier, settings)) {
            fill(writer, 120, 10_000);
        }
        try (WalWriter writer = WalWriter.open(create(), settings)) {
            int appended = 0;
            while (writer.append(ExcerptKind.ROWS, appended, 1, Loss.NONE, null, random(appended, 10_000))
                    != WalWriter.NO_ROOM) {
                appended++;
            }
            assertThat(appended).isLessThan(90);
            earlier.delete();
            int sequence = appended;
            await().pollInSameThread()
                    .atMost(Duration.ofSeconds(5))
                    .until(() -> writer.append(ExcerptKind.ROWS, sequence, 1, Loss.NONE, null, random(1, 10_000))
                            != WalWriter.NO_ROOM);
        }
    }

    @Test
    void aLogThatIsRemovedUnderItsWriterIsFoundOutAtTheNextForce() throws IOException {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL.withForceInterval(Duration.ofHours(1)))) {
            fill(writer, 3, 100);
            assertThat(writer.isInPlace()).isTrue();
            Files.delete(directory.fileOf(0));
            assertThat(writer.isInPlace()).isFalse();
            assertThatThrownBy(writer::force).isInstanceOf(WalException.class);
            assertThatThrownBy(() -> fill(writer, 1, 100)).isInstanceOf(WalException.class);
            assertThat(writer.failure()).isNotNull();
        }
        assertThat(directory.writerAlive()).isFalse();
    }

    @Test
    void afterAFailureItCanBeToldWhetherTheLastExcerptIsThere() {
        try (WalWriter writer = WalWriter.open(create(), SMALL)) {
            assertThat(writer.holdsAfterFailure(0)).isFalse();
            List<Long> positions = fill(writer, 60, 10_000);
            assertThat(writer.holdsAfterFailure(60)).isFalse();
            for (int i = 1; i < positions.size(); i++) {
                assertThat(WalWriter.holds(writer.directory(), positions.get(i - 1), i))
                        .isTrue();
            }
            assertThat(WalWriter.holds(writer.directory(), WalWriter.NONE, 0)).isTrue();
        }
    }

    @Test
    void leavesTheReserveOfTheFileSystemAlone() throws IOException {
        WalDirectory directory = create();
        long free = Files.getFileStore(root).getUsableSpace();
        try (WalWriter writer = WalWriter.open(directory, SMALL.withReserveBytes(2 * free))) {
            assertThat(writer.append(ExcerptKind.ROWS, 0, 1, Loss.NONE, null, bytes("x")))
                    .isEqualTo(WalWriter.NO_ROOM);
            assertThat(writer.hasRoom(1)).isFalse();
        }
    }

    @Test
    void refusesAnExcerptThatDoesNotFitIntoABlock() {
        WalDirectory directory = create();
        try (WalWriter writer = WalWriter.open(directory, SMALL);
                WalReader reader = WalReader.open(directory)) {
            ByteBuffer largest = random(1, SMALL.maxExcerptBytes());
            assertThatThrownBy(() -> writer.append(
                            ExcerptKind.ROWS, 0, 1, Loss.NONE, null, random(1, SMALL.maxExcerptBytes() + 1)))
                    .isInstanceOf(IllegalArgumentException.class);
            for (int i = 0; i < 20; i++) {
                writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, largest);
                assertThat(reader.next(excerpt)).isTrue();
                assertThat(excerpt.body()).isEqualTo(largest);
            }
        }
    }

    @Test
    void theLockShowsThatTheWriterLivesAndTheDirectoryIsWrittenOnce() {
        WalDirectory directory = create();
        assertThat(directory.writerAlive()).isTrue();
        WalWriter writer = WalWriter.open(directory, SMALL);
        writer.append(ExcerptKind.ROWS, 0, 1, Loss.NONE, null, bytes("x"));
        assertThat(directory.writerAlive()).isTrue();
        assertThatThrownBy(directory::delete).isInstanceOf(IllegalStateException.class);
        writer.close();
        writer.close();
        assertThat(directory.writerAlive()).isFalse();
        assertThatThrownBy(() -> WalWriter.open(directory, SMALL)).isInstanceOf(IllegalStateException.class);
        directory.delete();
        assertThat(directory.path()).doesNotExist();
        assertThat(WalDirectory.list(root)).isEmpty();
        directory.delete();
    }

    @Test
    void listsDirectoriesByStartAndKeepsTheirIdentity() throws IOException {
        WalIdentity later = new WalIdentity("acme", "app", "events", UUID.randomUUID(), 2000);
        WalIdentity earlier = new WalIdentity("acme", "host-1:/var/log/x", "", UUID.randomUUID(), 1000);
        WalDirectory.create(root, later).releaseLock();
        WalDirectory.create(root, earlier).releaseLock();
        Files.createDirectories(root.resolve("app").resolve("something-else"));
        Files.createDirectories(root.resolve("app").resolve(".half-made.new"));
        assertThat(WalDirectory.list(root)).extracting(WalDirectory::identity).containsExactly(earlier, later);
        assertThat(WalDirectory.list(root.resolve("absent"))).isEmpty();
    }

    @Test
    void namesALogWhoseIdentityCannotBeReadAndListsTheOthers() throws IOException {
        WalDirectory damaged = create();
        damaged.releaseLock();
        WalDirectory sound = create();
        sound.releaseLock();
        Files.write(damaged.path().resolve("identity"), new byte[] {1, 2, 3});
        List<Path> unreadable = new ArrayList<>();
        assertThat(WalDirectory.list(root, (path, why) -> unreadable.add(path))).containsExactly(sound);
        assertThat(unreadable).hasSize(1);
        assertThat(unreadable.get(0).toRealPath()).isEqualTo(damaged.path());
        assertThatThrownBy(() -> WalDirectory.list(root)).hasMessageContaining("identity");
    }

    @Test
    void noFlippedBitMakesALogSomebodyElsesOrAnOlderOne() throws IOException {
        WalDirectory log = create();
        log.releaseLock();
        Path file = log.path().resolve("identity");
        byte[] whole = Files.readAllBytes(file);
        for (int bit = 0; bit < whole.length * 8; bit++) {
            byte[] flipped = whole.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            Files.write(file, flipped);
            List<WalDirectory> found = WalDirectory.list(root, (path, why) -> {});
            assertThat(found)
                    .as("bit %d", bit)
                    .extracting(WalDirectory::identity)
                    .allMatch(log.identity()::equals);
        }
    }

    @Test
    void findsLogsByTheirOwnPathTheirProducersAndTheirRoots() throws IOException {
        WalDirectory one = create();
        one.releaseLock();
        WalDirectory other = WalDirectory.create(root, WalIdentity.startingNow("acme", "other", "events"));
        other.releaseLock();
        assertThat(WalDirectory.find(one.path(), WalTest::unexpected)).containsExactly(one);
        assertThat(WalDirectory.find(one.path().getParent(), WalTest::unexpected))
                .containsExactly(one);
        assertThat(WalDirectory.find(root, WalTest::unexpected)).containsExactlyInAnyOrder(one, other);
        assertThat(WalDirectory.find(root.resolve("absent"), WalTest::unexpected))
                .isEmpty();
        assertThat(WalDirectory.list(root)).hasSize(2);
        Files.delete(one.path().resolve("identity"));
        assertThat(WalDirectory.byName(one.path()).orElseThrow().identity().incarnation())
                .isEqualTo(one.identity().incarnation());
        assertThat(WalDirectory.byName(root)).isEmpty();
    }

    private static void unexpected(Path path, IOException why) {
        throw new AssertionError(path.toString(), why);
    }

    @Test
    void everythingAppendedIsReadAfterTheWriterWasKilled() throws Exception {
        Process writer = start(root);
        WalDirectory directory;
        long appended;
        try {
            InputStream out = writer.getInputStream();
            assertThat(out.read()).isEqualTo('r');
            directory = WalDirectory.list(root).get(0);
            assertThat(directory.writerAlive()).isTrue();
            await().atMost(Duration.ofSeconds(20)).until(() -> directory.claimed() > 5_000);
            try (WalReader live = WalReader.open(directory)) {
                assertThat(sequencesOf(live)).startsWith(0L, 1L, 2L).hasSizeGreaterThan(1000);
            }
        } finally {
            writer.destroyForcibly().waitFor();
        }
        assertThat(directory.writerAlive()).isFalse();
        appended = WalProgress.forReader(directory.path()).written();
        try (WalReader reader = WalReader.open(directory)) {
            long count = 0;
            while (reader.next(excerpt)) {
                assertThat(excerpt.kind()).isEqualTo(ExcerptKind.ROWS);
                assertThat(excerpt.firstSequence()).isEqualTo(count++);
            }
            assertThat(reader.position()).isGreaterThanOrEqualTo(appended);
            assertThat(reader.atEnd()).isTrue();
            // The writer claims a sequence, then appends it: at most one was on its way.
            assertThat(directory.claimed()).isBetween(count - 1, count);
        }
    }

    /** Appends as fast as it can until it is killed. */
    static final class EndlessWriter {
        private EndlessWriter() {}

        public static void main(String[] args) {
            WalDirectory directory =
                    WalDirectory.create(Path.of(args[0]), WalIdentity.startingNow("acme", "app", "events"));
            WalSettings settings =
                    WalSettings.ofQuota(4L << 30).withRollBytes(1 << 20).withReserveBytes(0);
            WalProgress progress = WalProgress.ofWriter(directory);
            try (WalWriter writer = WalWriter.open(directory, settings)) {
                System.out.write('r');
                System.out.flush();
                ByteBuffer body = random(3, 300);
                for (long i = 0; i < 10_000_000; i++) {
                    progress.claimed(i);
                    writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, body);
                }
            }
        }
    }

    private static Process start(Path root) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        EndlessWriter.class.getName(),
                        root.toString())
                .redirectError(new File("/dev/null"))
                .start();
    }

    private WalDirectory create() {
        return WalDirectory.create(root, WalIdentity.startingNow("acme", "app", "events"));
    }

    private static List<Long> fill(WalWriter writer, int excerpts, int bytes) {
        List<Long> positions = new ArrayList<>();
        for (int i = 0; i < excerpts; i++) {
            positions.add(writer.append(ExcerptKind.ROWS, i, 1, Loss.NONE, null, random(i, bytes)));
        }
        return positions;
    }

    private List<Long> sequencesOf(WalReader reader) {
        List<Long> sequences = new ArrayList<>();
        while (reader.next(excerpt)) {
            sequences.add(excerpt.firstSequence());
        }
        return sequences;
    }

    private List<String> describe(WalReader reader) {
        List<String> seen = new ArrayList<>();
        while (reader.next(excerpt)) {
            seen.add(excerpt.kind() + " " + excerpt.firstSequence() + "+" + excerpt.count());
        }
        return seen;
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(UTF_8));
    }

    private static String text(ByteBuffer bytes) {
        return UTF_8.decode(bytes).toString();
    }

    private static ByteBuffer random(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static long find(Path file, ByteBuffer body) throws IOException {
        byte[] all = Files.readAllBytes(file);
        byte[] wanted = new byte[body.remaining()];
        body.duplicate().get(wanted);
        for (int i = 0; i + wanted.length <= all.length; i++) {
            if (java.util.Arrays.equals(all, i, i + wanted.length, wanted, 0, wanted.length)) {
                return i;
            }
        }
        throw new AssertionError("not in " + file);
    }

    private static void flip(Path file, long at) throws IOException {
        byte[] all = Files.readAllBytes(file);
        overwrite(file, at, ByteBuffer.wrap(new byte[] {(byte) (all[(int) at] ^ 4)}));
    }

    private static void overwrite(Path file, long at, ByteBuffer bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(bytes, at);
        }
    }
}
