package dev.raftsman.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RowTest {
    @Test
    void whatALogDeclaresAsLostIsAccountedFor() {
        Row row = new Row(Setup.RAFTSMAN_LOGBACK);
        row.account("run", 100, 0, new Stored(97, 3));

        assertThat(row.broken).isEmpty();
        assertThat(row.lost).isEqualTo(3);
    }

    @Test
    void aLogThatDeclaresLessThanIsMissingBreaksItsRow() {
        Row row = new Row(Setup.RAFTSMAN_LOGBACK);
        row.account("run", 100, 0, new Stored(97, 2));

        assertThat(row.broken).containsExactly("run: 100 calls, 97 stored, 2 declared lost");
    }

    @Test
    void aPeerThatLosesIsShownSoAndNotBroken() {
        Row row = new Row(Setup.LOGBACK_ASYNC);
        row.account("run", 100, 0, new Stored(40, 0));

        assertThat(row.broken).isEmpty();
        assertThat(row.lost).isEqualTo(60);
    }

    @Test
    void moreEventsThanCallsBreakARow() {
        Row row = new Row(Setup.LOGBACK_FILE);
        row.account("run", 100, 0, new Stored(101, 0));

        assertThat(row.broken).hasSize(1);
    }

    @Test
    void aFloorThatTookLessThanWasCalledIsDead() {
        Row row = new Row(Setup.LOGBACK_NO_OP);
        row.account("run", 100, 0, new Stored(0, 0));

        assertThat(row.broken).hasSize(1);
    }
}
