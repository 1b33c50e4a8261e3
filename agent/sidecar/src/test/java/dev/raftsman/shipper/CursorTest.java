package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.input.Fingerprint;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceCheckpoint;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CursorTest {
    @TempDir
    Path directory;

    private final OperatorLog log = new OperatorLog(System.err, Clock.systemUTC());
    private static final String NAME = "/logs/tab\there%20ü\n.log";
    private static final UUID WAL = new UUID(5, 6);
    private static final Cursor.EpochKey KEY = new Cursor.EpochKey(WAL, "host:a.log", "a.log");

    private static Cursor filled() {
        Cursor cursor = new Cursor();
        cursor.position(WAL, 77L << 32 | 5);
        cursor.epoch(KEY, new Cursor.Epoch(12, 4_711, Cursor.State.CLOSING));
        cursor.source(new Cursor.Source(
                1_000, 3, new SourceCheckpoint("a.log", NAME, 64_769, 123, new Fingerprint(1024, -5, 77), 999)));
        return cursor;
    }

    private static byte[] bytes(Cursor cursor) {
        ByteBuffer encoded = cursor.encode();
        byte[] bytes = new byte[encoded.remaining()];
        encoded.get(bytes);
        return bytes;
    }

    @Test
    void comesBackAsItWas() {
        Cursor read = Cursor.decode(bytes(filled()));
        assertThat(read.position(WAL)).isEqualTo(77L << 32 | 5);
        assertThat(read.epochs()).containsEntry(KEY, new Cursor.Epoch(12, 4_711, Cursor.State.CLOSING));
        assertThat(read.sources()).containsExactlyElementsOf(filled().sources());
        assertThat(read.version()).isZero();
    }

    @Test
    void whatWasAcknowledgedOnceIsNotTakenBack() {
        Cursor cursor = filled();
        cursor.epoch(KEY, new Cursor.Epoch(30, 7, Cursor.State.CLOSED));
        assertThat(cursor.epochs()).containsEntry(KEY, new Cursor.Epoch(30, 4_711, Cursor.State.CLOSED));
        long version = cursor.version();
        cursor.epoch(KEY, new Cursor.Epoch(30, 8, Cursor.State.CLOSED));
        assertThat(cursor.version()).isEqualTo(version);
    }

    @Test
    void everyCutAndEveryFlippedBitIsSeen() {
        byte[] whole = bytes(filled());
        for (int length = 0; length < whole.length; length++) {
            byte[] cut = Arrays.copyOf(whole, length);
            assertThatThrownBy(() -> Cursor.decode(cut)).isInstanceOf(IllegalArgumentException.class);
        }
        for (int at = 0; at < whole.length; at++) {
            byte[] flipped = whole.clone();
            flipped[at] ^= 1;
            assertThatThrownBy(() -> Cursor.decode(flipped))
                    .as("bit at %d", at)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void newerCheckpointOfAFileReplacesTheOlderAndNotTheOtherWayRound() {
        Cursor cursor = filled();
        SourceCheckpoint later = new SourceCheckpoint("a.log", NAME, 64_769, 123, new Fingerprint(1024, -5, 77), 2_000);
        cursor.source(new Cursor.Source(1_000, 4, later));
        cursor.source(new Cursor.Source(
                999, 1_000, new SourceCheckpoint("a.log", NAME, 64_769, 123, new Fingerprint(9, 9, 9), 1)));
        assertThat(cursor.sources())
                .hasSize(1)
                .first()
                .extracting(Cursor.Source::checkpoint)
                .isEqualTo(later);
    }

    @Test
    void nameWhoseFilesInodeIsAnothersComesBackToo() {
        Cursor cursor = filled();
        Cursor.Source other = new Cursor.Source(
                1_000, 4, new SourceCheckpoint("b.log", "/logs/b.log", 64_769, 123, new Fingerprint(9, 9, 9), 1));
        long version = cursor.version();
        cursor.source(other);
        assertThat(cursor.version()).isGreaterThan(version);
        assertThat(Cursor.decode(bytes(cursor)).sources())
                .hasSize(2)
                .containsAll(filled().sources())
                .contains(other);
    }

    @Test
    void fileIsReplacedWholeAndOnlyWhenSomethingChanged() throws IOException {
        Path file = directory.resolve("cursor");
        CursorFile cursorFile = CursorFile.open(file, 200, 0);
        assertThat(cursorFile.step(1_000, log)).isFalse();
        assertThat(file).doesNotExist();
        cursorFile.cursor().position(WAL, 4);
        long version = cursorFile.cursor().version();
        assertThat(cursorFile.isDurable(version)).isFalse();
        assertThat(cursorFile.step(1_000, log)).isTrue();
        assertThat(cursorFile.isDurable(version)).isTrue();
        cursorFile.cursor().position(WAL, 5);
        assertThat(cursorFile.step(1_100, log)).isFalse();
        assertThat(cursorFile.step(1_200, log)).isTrue();
        assertThat(CursorFile.open(file, 200, 0).cursor().position(WAL)).isEqualTo(5);
        assertThat(directory).isDirectoryContaining(file::equals);
        assertThat(directory.toFile().list()).hasSize(1);
    }

    @Test
    void damagedCursorIsRefusedWithItsName() throws IOException {
        Path file = Files.write(directory.resolve("cursor"), new byte[0]);
        assertThatThrownBy(() -> CursorFile.open(file, 200, 0))
                .isInstanceOf(DamagedCursorException.class)
                .hasMessageContaining(file.toString())
                .hasMessageContaining("is damaged");
    }

    @Test
    void filesThatAreGoneForAWeekAreForgottenButForTheNewestOfAName() {
        Cursor cursor = new Cursor();
        long week = 7L * 86_400_000L;
        Fingerprint beginning = new Fingerprint(9, 9, 9);
        for (int inode = 1; inode <= 4; inode++) {
            cursor.source(new Cursor.Source(
                    inode == 4 ? week : inode,
                    inode,
                    new SourceCheckpoint("a.log", "/no/such/directory/a.log", 64_769, inode, beginning, 7)));
        }
        cursor.source(new Cursor.Source(
                2, 9, new SourceCheckpoint("b.log", "/no/such/directory/b.log", 64_769, 9, beginning, 7)));
        long version = cursor.version();

        Backlog.forgetGone(cursor, week + 100);

        assertThat(cursor.sources().stream().map(source -> source.checkpoint().inode()))
                .containsExactlyInAnyOrder(4L, 9L);
        assertThat(cursor.version()).isGreaterThan(version);
    }
}
