package dev.raftsman.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import dev.raftsman.segment.SegmentId;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One version of the policies counts at a time, and what was decided by another changes nothing. */
class PolicyTableTest {
    private static final long HOUR = 3_600_000;
    private static final List<SegmentRef> SEGMENTS = List.of(new SegmentRef(new SegmentId(1, 2), "ab"));

    private final Catalog catalog = new Catalog();
    private long now = 1_790_000_000_000L;

    @BeforeEach
    void begin() {
        catalog.stamp(now);
        lease("one");
    }

    private void lease(String owner) {
        now += HOUR;
        catalog.stamp(now);
        catalog.apply(new Command.AcquireLease(owner, HOUR));
    }

    private void assertRefused(Command command, RefusalReason reason) {
        assertThat(catalog.apply(command))
                .isInstanceOfSatisfying(
                        Refused.class, refused -> assertThat(refused.reason()).isEqualTo(reason));
    }

    private PoliciesView active() {
        return catalog.view(1, 1).activePolicies().orElseThrow();
    }

    private static List<Command> decidedBy(String hash, long now) {
        return List.of(
                new Command.Prepare("one", new UUID(1, 1), SEGMENTS, "cold", "k", "p", "r", hash),
                new Command.Truncate("one", SEGMENTS, "p", "r", hash),
                new Command.Expire("one", SEGMENTS, "p", "r", hash),
                new Command.Mark("one", SEGMENTS, "p", "r", hash, 5),
                new Command.MarkSnapshot("one", "s1", "p", "r", hash, 5),
                new Command.GiveUpSnapshot("one", "s1", "p", "r", hash, false, now));
    }

    @Test
    void refusesWhatWasDecidedByAnotherVersion() {
        for (Command command : decidedBy("h1", now)) {
            assertThat(((Refused) catalog.apply(command)).reason())
                    .as("none is declared: %s", command)
                    .isIn(RefusalReason.UNKNOWN_SEGMENT, RefusalReason.UNKNOWN_SNAPSHOT);
        }
        assertThat(catalog.apply(new Command.Adopt("one", "h1", null, true))).isEqualTo(new Done(1));
        for (Command command : decidedBy("h2", now)) {
            assertRefused(command, RefusalReason.OTHER_POLICIES);
        }
        for (Command command : decidedBy("h1", now)) {
            assertThat(((Refused) catalog.apply(command)).reason())
                    .as("%s", command)
                    .isIn(RefusalReason.UNKNOWN_SEGMENT, RefusalReason.UNKNOWN_SNAPSHOT);
        }
    }

    @Test
    void aVersionIsDeclaredInPlaceOfAKnownOneOnly() {
        assertRefused(new Command.Adopt("one", "h1", "h0", true), RefusalReason.OTHER_POLICIES);
        catalog.apply(new Command.Adopt("one", "h1", null, true));
        assertRefused(new Command.Adopt("one", "h2", null, true), RefusalReason.OTHER_POLICIES);
        assertThat(catalog.apply(new Command.Adopt("one", "h1", null, true)))
                .as("sent again")
                .isEqualTo(new Done(0));
        assertThat(catalog.apply(new Command.Adopt("one", "h2", "h1", true))).isEqualTo(new Done(1));
        assertThat(active()).isEqualTo(new PoliciesView("h2", "one", now, "one"));
        assertThat(catalog.view(1, 1).policies()).extracting(PoliciesView::hash).containsExactly("h1", "h2");
    }

    @Test
    void namesTheArchiverThatActedLast() {
        catalog.apply(new Command.Adopt("one", "h1", null, true));
        long declared = now;
        assertRefused(new Command.Adopt("two", "h1", "h1", true), RefusalReason.NOT_LEASE_HOLDER);
        lease("two");
        assertThat(catalog.apply(new Command.Adopt("two", "h1", "h1", true))).isEqualTo(new Done(1));
        assertThat(active()).isEqualTo(new PoliciesView("h1", "one", declared, "two"));
        assertThat(catalog.apply(new Command.Adopt("alice", "h2", "h1", false)))
                .as("a person needs no lease")
                .isEqualTo(new Done(1));
        assertThat(active()).isEqualTo(new PoliciesView("h2", "alice", now, null));
        assertThat(new Catalog(catalog.image()).view(1, 1)).isEqualTo(catalog.view(1, 1));
        assertThat(CatalogJson.readView(CatalogJson.write(catalog.view(1, 1)))).isEqualTo(catalog.view(1, 1));
    }

    @Test
    void keepsNoMoreVersionsThanAPageHolds() {
        String before = null;
        for (int i = 0; i < 200; i++) {
            catalog.apply(new Command.Adopt("alice", "h" + i, before, false));
            before = "h" + i;
        }
        assertThat(catalog.view(1, 1).policies()).hasSize(64);
        assertThat(active().hash()).isEqualTo("h199");
    }

    @Test
    void anOutageIsKnownForAsLongAsItsArchiverSaysSo() {
        assertRefused(new Command.ReportOutages("two", Map.of("cold", 5L), 1_000), RefusalReason.NOT_LEASE_HOLDER);
        catalog.apply(new Command.ReportOutages("one", Map.of("cold", 5L, "a", 6L), 1_000));
        CatalogView view = catalog.view(1, 1);
        assertThat(view.outages())
                .containsExactly(new OutageView("a", 6, now + 1_000), new OutageView("cold", 5, now + 1_000));
        assertThat(view.outagesAt(now + 999)).containsEntry("cold", 5L).hasSize(2);
        assertThat(view.outagesAt(now + 1_000)).isEmpty();
        assertThat(new Catalog(catalog.image()).view(1, 1)).isEqualTo(view);
        assertThat(CatalogJson.readView(CatalogJson.write(view))).isEqualTo(view);
        catalog.apply(new Command.ReportOutages("one", Map.of(), 0));
        assertThat(catalog.view(1, 1).outages()).isNull();
    }
}
