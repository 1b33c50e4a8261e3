package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which part of a history an audit is of, and what the tables alone know of it. */
class AuditTest {
    private static final long START = 1_000_000;
    private static final Predicate<StreamReader.StreamName> EVERY_STREAM = stream -> true;
    private static final Predicate<String> EVERY_PRODUCER = producer -> true;

    @TempDir
    Path temporary;

    private TestState cluster;
    private long shop;
    private long till;

    /** A minute apart: shop 0..2 and till 0; shop 3..4 a gap; till 1; nobody; shop 5. A block came again, and one with others. */
    @BeforeEach
    void begin() throws IOException {
        cluster = new TestState(temporary.resolve("node"), START);
        shop = cluster.open("shop", "orders");
        till = cluster.open("till", "orders");
        cluster.append(shop, "s0", "s1", "s2");
        cluster.append(till, "t0");
        next();
        cluster.gap(shop, 2, LossReason.PROCESS_DIED);
        next();
        cluster.append(till, "t1");
        next();
        cluster.append(shop, "s5");
        refused(shop, 5, "s5");
        refused(shop, 5, "other");
    }

    private void next() {
        cluster.seal("orders");
        cluster.advance(60_000);
    }

    private void refused(long epoch, long sequence, String line) {
        cluster.continueAt(epoch, sequence);
        assertThatThrownBy(() -> cluster.append(epoch, line)).hasMessageContaining("refused");
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private Audit audit(AuditScope scope) throws IOException {
        try (StreamReader reader = StreamReader.open(List.of(
                new NodeDirectories(List.of(cluster.directory())),
                new HotCluster(cluster, temporary.resolve("cache"))))) {
            return reader.audit(scope);
        }
    }

    private static Audit.Row row(Audit audit, String producer) {
        return audit.rows().stream()
                .filter(row -> row.producer().equals(producer))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void readingAndTablesAgreeAndEachSaysWhatOnlyItKnows() throws IOException {
        Audit read = audit(AuditScope.ALL);
        Audit quick = audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, AuditScope.EVER, false));
        for (Audit audit : List.of(read, quick)) {
            Audit.Row row = row(audit, "shop");
            assertThat(row.first()).isZero();
            assertThat(row.last()).isEqualTo(5);
            assertThat(row.events()).isEqualTo(4);
            assertThat(row.gaps()).isEqualTo(2);
            assertThat(row.missing()).isZero();
            assertThat(row.refusedDuplicates()).isEqualTo(1);
            assertThat(row.refusedConflicts()).isEqualTo(1);
            assertThat(row(audit, "till").events()).isEqualTo(2);
        }
        assertThat(row(read, "shop").gapReasons()).isEqualTo(Map.of(LossReason.PROCESS_DIED, 2L));
        assertThat(row(read, "shop").verified()).isEqualTo(6);
        assertThat(row(quick, "shop").verified()).isNull();
        assertThat(quick.text()).contains("verified=not-read").doesNotContain("PROCESS_DIED");
        assertThat(read.text())
                .contains(" verified=8 refused-duplicates=1 refused-conflicts=1 unreadable=0 truncated=0 lost=2");
    }

    @Test
    void whatIsDamagedIsSeenByReadingOnly() throws IOException {
        SegmentView first = cluster.catalog().segments().get(0);
        Path file = first.id().in(cluster.directory().resolve("segments"));
        Files.delete(file);
        assertThat(audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, AuditScope.EVER, false))
                        .lost())
                .isEqualTo(2);
        assertThat(audit(AuditScope.ALL).unreadable()).hasSize(1);
    }

    @Test
    void goesOnBehindASegmentThatIsWholeNowhereAndListsIt() throws IOException {
        assertThat(audit(AuditScope.ALL).unreadable()).isEmpty();
        assertThat(audit(AuditScope.ALL).text()).contains(" unreadable=0 ");
        List<SegmentView> segments = cluster.catalog().segments();
        Files.delete(segments.get(0).id().in(cluster.directory().resolve("segments")));
        Path third = segments.get(2).id().in(cluster.directory().resolve("segments"));
        byte[] damaged = Files.readAllBytes(third);
        damaged[damaged.length - 20] ^= 1;
        Files.write(third, damaged);

        Audit audit = audit(AuditScope.ALL);
        assertThat(audit.isSound()).isFalse();
        assertThat(audit.unreadable().stream().map(Audit.Unreadable::segment))
                .containsExactly(segments.get(0).id(), segments.get(2).id());
        assertThat(audit.unreadable()).allMatch(segment -> segment.stream().equals("orders"));
        assertThat(audit.unreadable().get(1).problems()).isNotEmpty();
        // shop: 0..2 were in the first, 3..4 are a gap, 5 is behind both.
        // till: 0 was in the first, 1 is in the third before its damage.
        assertThat(row(audit, "shop").events()).isEqualTo(1);
        assertThat(row(audit, "shop").gaps()).isEqualTo(2);
        assertThat(row(audit, "shop").missing()).isEqualTo(3);
        assertThat(row(audit, "till").events()).isEqualTo(1);
        assertThat(row(audit, "till").missing()).isEqualTo(1);
        assertThat(audit.text())
                .contains("unreadable tenant=" + TestState.TENANT + " stream=orders segment="
                        + segments.get(0).id() + " problems=")
                .contains(" unreadable=2 ");
        assertThat(audit.json())
                .contains("\"unreadable\":[{\"tenant\":\"" + TestState.TENANT
                        + "\",\"stream\":\"orders\",\"segment\":\""
                        + segments.get(0).id() + "\",\"problems\":[\"");
        Audit quick = audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, AuditScope.EVER, false));
        assertThat(quick.unreadable()).isNull();
        assertThat(quick.text()).contains(" unreadable=not-read ");
    }

    @Test
    void beginsWithTheFirstSegmentOfTheTimeAndListsWhoHasAPartInThoseThatFollow() throws IOException {
        Audit audit = audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, START + 120_000, true));
        assertThat(audit.rows()).hasSize(2);
        assertThat(row(audit, "till").first()).isEqualTo(1);
        assertThat(audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, START + 120_001, true))
                        .rows())
                .extracting(Audit.Row::producer)
                .containsExactly("shop");
        Audit.Row row = row(audit, "shop");
        assertThat(row.first()).isEqualTo(5);
        assertThat(row.events()).isEqualTo(1);
        assertThat(row.missing()).isZero();
        assertThat(audit.text()).contains(" first=5 last=5 events=1");
    }

    @Test
    void endsOfOthersAreNoHolesAndWhoWasSilentIsNotListed() throws IOException {
        next();
        cluster.append(till, "t2");
        Audit audit = audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, START + 200_000, true));
        assertThat(audit.rows()).extracting(Audit.Row::producer).containsExactly("till");
        assertThat(audit.rows().get(0).first()).isEqualTo(2);
        assertThat(audit.lost()).isZero();
    }

    @Test
    void ofTablesATimeChoosesProducersAndTheirAccountsStayWhole() throws IOException {
        next();
        cluster.append(till, "t2");
        Audit audit = audit(new AuditScope(EVERY_STREAM, EVERY_PRODUCER, START + 200_000, false));
        assertThat(audit.rows()).extracting(Audit.Row::producer).containsExactly("till");
        assertThat(audit.rows().get(0).events()).isEqualTo(3);
        assertThat(audit.rows().get(0).first()).isZero();
    }

    @Test
    void ofOneProducerOnlyItsOwnIsCounted() throws IOException {
        for (boolean reads : new boolean[] {true, false}) {
            Audit audit = audit(new AuditScope(EVERY_STREAM, "till"::equals, AuditScope.EVER, reads));
            assertThat(audit.rows()).hasSize(1);
            assertThat(audit.events()).isEqualTo(2);
            assertThat(audit.lost()).isZero();
        }
    }
}
