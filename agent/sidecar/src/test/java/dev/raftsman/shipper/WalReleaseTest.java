package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WalReleaseTest {
    private static final UUID WAL = new UUID(5, 6);

    @TempDir
    Path directory;

    private final List<Long> released = new ArrayList<>();

    @Test
    void nothingIsReleasedBeforeTheCursorThatNamesItIsDurable() throws IOException {
        CursorFile cursor = open();
        WalRelease release = new WalRelease(WAL, cursor, released::add);
        release.step();
        assertThat(released).isEmpty();
        release.acknowledged(10);
        release.step();
        release.step();
        assertThat(released).isEmpty();
        cursor.write();
        release.step();
        release.step();
        assertThat(released).containsExactly(10L);
    }

    @Test
    void whatIsAcknowledgedWhileACursorIsWrittenWaitsForTheNextOne() throws IOException {
        CursorFile cursor = open();
        WalRelease release = new WalRelease(WAL, cursor, released::add);
        release.acknowledged(10);
        release.step();
        cursor.write();
        release.acknowledged(20);
        release.acknowledged(30);
        release.step();
        release.step();
        assertThat(released).containsExactly(10L);
        cursor.write();
        release.step();
        assertThat(released).containsExactly(10L, 30L);
    }

    /** The version counts, not the file: a cursor made durable before the position came into it says nothing of it. */
    @Test
    void aCursorMadeDurableBeforeSaysNothing() throws IOException {
        CursorFile cursor = open();
        WalRelease release = new WalRelease(WAL, cursor, released::add);
        cursor.cursor().position(new UUID(7, 8), 1);
        cursor.write();
        release.acknowledged(10);
        for (int i = 0; i < 3; i++) {
            release.step();
        }
        assertThat(released).isEmpty();
    }

    @Test
    void goesOnWhereTheDurableCursorIsAndNeverBack() throws IOException {
        CursorFile before = open();
        new WalRelease(WAL, before, released::add).acknowledged(40);
        before.write();
        WalRelease release = new WalRelease(WAL, open(), released::add);
        assertThat(release.acknowledged()).isEqualTo(40);
        release.acknowledged(15);
        assertThat(release.acknowledged()).isEqualTo(40);
        release.step();
        release.step();
        assertThat(released).containsExactly(40L);
    }

    private CursorFile open() throws IOException {
        return CursorFile.open(directory.resolve("cursor"), 0, 0);
    }
}
