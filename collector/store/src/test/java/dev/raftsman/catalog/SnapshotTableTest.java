package dev.raftsman.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A snapshot is given up as a segment is: marked, after its time of grace, and not while anybody holds it. */
class SnapshotTableTest {
    private static final long HOUR = 3_600_000;
    private static final long GRACE = 24 * HOUR;

    private final Catalog catalog = new Catalog();
    private long now = 1_790_000_000_000L;

    @BeforeEach
    void record() {
        pass(0);
        apply(new Command.AcquireLease("one", 365 * 24 * HOUR));
        apply(new Command.RecordSnapshot("one", "s1", "cold", "snapshots/s1.json", List.of(1), 5));
    }

    private void pass(long millis) {
        now += millis;
        catalog.stamp(now);
    }

    private CommandResult apply(Command command) {
        return catalog.apply(command);
    }

    private void assertRefused(Command command, RefusalReason reason) {
        assertThat(apply(command))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private SnapshotView snapshot() {
        return catalog.view(1, 1).snapshots().get(0);
    }

    private static Command mark(long graceMillis) {
        return new Command.MarkSnapshot("one", "s1", "ledger", "snapshot-keep 3 > 2", "hash", graceMillis);
    }

    private Command giveUp(boolean marked) {
        return new Command.GiveUpSnapshot("one", "s1", "ledger", "snapshot-keep 3 > 2", "hash", marked, now);
    }

    @Test
    void isGivenUpOnlyAfterItsTimeOfGrace() {
        assertThat(apply(mark(GRACE))).isEqualTo(new Done(1));
        assertThat(apply(mark(1))).as("marked once").isEqualTo(new Done(0));
        assertThat(snapshot().mark().dueMillis()).isEqualTo(now + GRACE);
        pass(GRACE - 1);
        assertRefused(giveUp(true), RefusalReason.NOT_DUE);
        assertRefused(giveUp(false), RefusalReason.NOT_DUE);
        assertRefused(new Command.DropSnapshot("one", "s1"), RefusalReason.NOT_DUE);
        pass(1);
        assertThat(apply(giveUp(true))).isEqualTo(new Done(1));
        assertThat(apply(giveUp(true))).as("sent again").isEqualTo(new Done(0));
        assertThat(snapshot().givenUp().reason()).isEqualTo("snapshot-keep 3 > 2");
        assertThat(snapshot().mark()).isNull();
        assertThat(catalog.view(1, 1).kept()).isEmpty();
        assertThat(apply(new Command.DropSnapshot("one", "s1"))).isEqualTo(new Done(1));
        assertThat(catalog.view(1, 1).snapshots()).isEmpty();
        assertRefused(giveUp(true), RefusalReason.UNKNOWN_SNAPSHOT);
    }

    @Test
    void whatIsUndoneIsKeptUntilItIsReleased() {
        apply(mark(GRACE));
        assertThat(apply(new Command.UnmarkSnapshot("alice", "s1", "audit", true)))
                .isEqualTo(new Done(1));
        assertThat(snapshot().mark()).isNull();
        assertThat(snapshot().hold()).isEqualTo(new HoldView("alice", "audit", now));
        pass(2 * GRACE);
        assertRefused(giveUp(true), RefusalReason.HELD);
        assertRefused(giveUp(false), RefusalReason.HELD);
        assertRefused(mark(0), RefusalReason.HELD);
        assertRefused(new Command.DropSnapshot("one", "s1"), RefusalReason.HELD);
        assertThat(apply(new Command.ReleaseSnapshot("alice", "s1"))).isEqualTo(new Done(1));
        assertThat(apply(new Command.ReleaseSnapshot("alice", "s1"))).isEqualTo(new Done(0));
        assertRefused(giveUp(true), RefusalReason.NOT_DUE);
        assertThat(apply(giveUp(false))).as("without grace").isEqualTo(new Done(1));
        assertRefused(new Command.UnmarkSnapshot("alice", "s1", "too late", true), RefusalReason.UNKNOWN_SNAPSHOT);
    }

    @Test
    void isNotGivenUpWhileFrozenNorByOthersNorLongAfterTheDecision() {
        apply(mark(0));
        apply(new Command.Freeze("one", "clock"));
        assertRefused(giveUp(true), RefusalReason.FROZEN);
        apply(new Command.Thaw("alice"));
        Command late = giveUp(true);
        pass(2 * HOUR);
        assertRefused(late, RefusalReason.NOT_DUE);
        assertRefused(
                new Command.GiveUpSnapshot("two", "s1", "ledger", "r", "hash", true, now),
                RefusalReason.NOT_LEASE_HOLDER);
        assertRefused(
                new Command.GiveUpSnapshot("one", "s1", "ledger", "r", "others", true, now), RefusalReason.NOT_DUE);
        assertThat(apply(giveUp(true))).isEqualTo(new Done(1));
    }

    @Test
    void itsFateOutlivesARestart() {
        apply(mark(GRACE));
        assertThat(new Catalog(catalog.image()).view(1, 1)).isEqualTo(catalog.view(1, 1));
        apply(new Command.UnmarkSnapshot("alice", "s1", "audit", true));
        assertThat(new Catalog(catalog.image()).view(1, 1)).isEqualTo(catalog.view(1, 1));
        apply(new Command.ReleaseSnapshot("alice", "s1"));
        apply(giveUp(false));
        assertThat(new Catalog(catalog.image()).view(1, 1)).isEqualTo(catalog.view(1, 1));
        assertThat(CatalogJson.readView(CatalogJson.write(catalog.view(1, 1)))).isEqualTo(catalog.view(1, 1));
    }
}
