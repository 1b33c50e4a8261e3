package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ArchiveSettings;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.archive.SegmentArchiver;
import dev.raftsman.archive.VerifiedCopy;
import dev.raftsman.block.Block;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.cold.ColdSettings;
import dev.raftsman.disk.Checksum;
import dev.raftsman.event.Loss;
import dev.raftsman.objects.CountedObjectStore;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.policy.ArchiveRule;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Reason;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.restore.ColdArchive;
import dev.raftsman.restore.ReadCache;
import dev.raftsman.restore.StreamReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Segments of one stream in shared objects, by whatever version of the archiver. */
class MergedArchiveTest {
    private static final long START_MILLIS = 1_790_000_000_000L;

    @TempDir(factory = FastDirectory.class)
    Path directory;

    private Path temporary;

    private TestState cluster;
    private RetentionPolicies policies;
    private Path archive;
    private int mismatches;
    private final List<String> failures = new ArrayList<>();
    private final Map<String, Integer> requests = new TreeMap<>();

    private final ArchiveListener listener = new ArchiveListener() {
        @Override
        public void done(Decision decision) {}

        @Override
        public void stored(String target, long bytes) {}

        @Override
        public void failed(String step) {
            failures.add(step);
        }

        @Override
        public void mismatch() {
            mismatches++;
        }
    };

    @BeforeEach
    void begin() throws Exception {
        begin(directory.resolve("first"));
    }

    private void begin(Path within) throws Exception {
        temporary = within;
        archive = temporary.resolve("archive");
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        policies = RetentionFile.read("retention.yaml", """
                version: 1
                targets:
                  cold: {type: directory, path: "%s"}
                defaults: {keepHot: {age: 1h}, to: cold}
                policies: [{name: rest}]
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
        long orders = cluster.open("shop", "orders");
        long carts = cluster.open("cart", "carts");
        for (int i = 0; i < 6; i++) {
            cluster.append(orders, "order " + i, "order " + i + " paid");
            cluster.seal("orders");
            cluster.append(carts, "cart " + i);
            cluster.seal("carts");
        }
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private List<Decision.Archive> all() {
        List<Decision.Archive> decisions = new ArrayList<>();
        for (SegmentView segment : cluster.catalog().segments()) {
            if (segment.state() == SegmentState.SEALED) {
                Reason reason = new Reason("hot-age", "2h >= 1h", Map.of());
                decisions.add(new Decision.Archive(segment, "rest", reason, "cold", Optional.empty()));
            }
        }
        decisions.sort((a, b) -> a.segment().id().compareTo(b.segment().id()));
        return decisions;
    }

    /** One archiver's round, ended by whatever the steps say. */
    private void archive(ArchiveSettings settings, Steps steps) throws IOException {
        ColdTargets.Opener opener = target -> new CountedObjectStore(
                steps.of(target.open()), operation -> requests.merge(operation, 1, Integer::sum));
        try (ColdTargets targets = new ColdTargets(policies, opener)) {
            Lease lease = new Lease(cluster, "a", Duration.ofMinutes(1));
            lease.acquire();
            VerifiedCopy copy = VerifiedCopy.open(cluster, temporary.resolve("staging"));
            SegmentArchiver archiver =
                    new SegmentArchiver(policies, lease, targets, copy, policy -> settings, listener);
            CatalogView catalog = cluster.catalog();
            archiver.resume(catalog);
            archiver.archive(all(), cluster.catalog());
        }
    }

    private static Steps undisturbed() {
        return new Steps(Integer.MAX_VALUE, Steps.KILL);
    }

    private List<ManifestEntry> entries() throws IOException {
        try (DirectoryObjectStore store = DirectoryObjectStore.openExisting(archive)) {
            Manifest manifest = new Manifest(store);
            manifest.refresh();
            return List.copyOf(manifest.archived());
        }
    }

    private void requireEverythingArchivedOnce() throws IOException {
        assertThat(cluster.catalog().segments())
                .filteredOn(segment -> segment.state() != SegmentState.OPEN)
                .hasSize(12)
                .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
        assertThat(entries())
                .extracting(entry -> entry.segment().id())
                .hasSize(12)
                .doesNotHaveDuplicates();
        try (StreamReader reader =
                StreamReader.open(List.of(new ColdArchive("cold", DirectoryObjectStore.openExisting(archive))))) {
            assertThat(reader.audit().events()).isEqualTo(18);
            assertThat(reader.audit().lost()).isZero();
            assertThat(reader.audit().duplicated()).isZero();
        }
    }

    @Test
    void putsWhatIsDueOfOneStreamIntoOneObject() throws Exception {
        archive(ArchiveSettings.DEFAULTS, undisturbed());
        requireEverythingArchivedOnce();
        assertThat(entries())
                .extracting(ManifestEntry::key)
                .doesNotContainNull()
                .satisfies(
                        keys -> assertThat(keys.stream().distinct()).hasSize(2).allMatch(key -> key.endsWith(".cold")));
        assertThat(entries()).extracting(ManifestEntry::place).containsExactly(0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5);
        // Page 0 twice, for each object a look, a put and a reading back, one page for both, and the looks before them,
        // of which one is the sweep of a tenure that begins.
        assertThat(requests.get("put")).isEqualTo(5);
        assertThat(requests.get("head")).isEqualTo(2);
        assertThat(requests.get("get")).isLessThanOrEqualTo(8);
    }

    @Test
    void filledObjectsEndWhereTheSettingsSay() throws Exception {
        long two = all().get(0).segment().bytes() * 5 / 2;
        archive(new ArchiveSettings(ArchiveRule.Format.COLD, two, ColdSettings.DEFAULTS), undisturbed());
        requireEverythingArchivedOnce();
        assertThat(entries().stream().map(ManifestEntry::key).distinct()).hasSizeBetween(6, 7);
    }

    @Test
    void keepsSegmentsVerbatimWhereAPolicyAsksForIt() throws Exception {
        archive(new ArchiveSettings(ArchiveRule.Format.SEGMENT, 1 << 20, ColdSettings.DEFAULTS), undisturbed());
        requireEverythingArchivedOnce();
        assertThat(entries())
                .hasSize(12)
                .allMatch(entry -> entry.key().endsWith(".seg") && entry.place() == null)
                .allMatch(entry -> entry.sha256().equals(entry.segment().sha256()));
    }

    /** Each step of a version that recodes in another way, then the version of today. */
    @Test
    void takesWhatAnotherVersionRecodedOtherwise() throws Exception {
        ArchiveSettings other =
                new ArchiveSettings(ArchiveRule.Format.COLD, 128 << 20, new ColdSettings(1 << 20, 19, false));
        for (int at = 0; ; at++) {
            Steps steps = new Steps(at, Steps.KILL);
            try {
                archive(other, steps);
            } catch (Steps.Killed e) {
                assertThat(e).isNotNull();
            }
            archive(ArchiveSettings.DEFAULTS, undisturbed());
            archive(ArchiveSettings.DEFAULTS, undisturbed());
            requireEverythingArchivedOnce();
            assertThat(mismatches).isZero();
            if (!steps.happened()) {
                break;
            }
            cluster.close();
            begin(directory.resolve("killed-" + at));
        }
        assertThat(failures).isEmpty();
    }

    /** Header and checksum are right, the columns are no zstd frame: whoever checks only those takes it. */
    @Test
    void storesVerbatimWhatDoesNotInflate() throws Exception {
        long broken = cluster.open("odd", "odd");
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            byte[] text = "the same line again\n".repeat(100).getBytes(StandardCharsets.US_ASCII);
            ByteBuffer lines = ByteBuffer.allocateDirect(text.length).put(text).flip();
            ByteBuffer block = builder.build(lines, 0, 100, Loss.NONE, 1, 2);
            block.putInt(Block.HEADER_BYTES, 0);
            block.putInt(8, Checksum.crc32c(block, 12, block.limit() - 12));
            cluster.appendBlock(broken, block, 100);
        }
        cluster.seal("odd");
        archive(ArchiveSettings.DEFAULTS, undisturbed());
        assertThat(failures).containsExactly("recode");
        archive(ArchiveSettings.DEFAULTS, undisturbed());
        assertThat(entries())
                .filteredOn(entry -> entry.segment().stream().equals("odd"))
                .isEmpty(); // Another process, which finds it out again.
        failures.clear();
        Lease lease = new Lease(cluster, "a", Duration.ofMinutes(1));
        lease.acquire();
        try (ColdTargets targets = new ColdTargets(policies, target -> target.open())) {
            VerifiedCopy copy = VerifiedCopy.open(cluster, temporary.resolve("staging"));
            SegmentArchiver archiver = new SegmentArchiver(policies, lease, targets, copy, listener);
            for (int round = 0; round < 2; round++) {
                archiver.resume(cluster.catalog());
                archiver.archive(all(), cluster.catalog());
            }
        }
        assertThat(failures).containsExactly("recode");
        assertThat(entries())
                .filteredOn(entry -> entry.segment().stream().equals("odd"))
                .singleElement()
                .satisfies(entry -> assertThat(entry.key()).endsWith(".seg"));
        assertThat(cluster.catalog().segments())
                .filteredOn(segment -> segment.state() != SegmentState.OPEN)
                .allMatch(segment -> segment.state() == SegmentState.ARCHIVED);
    }

    @Test
    void mergesWhatBecomesDueOneAfterTheOther() throws Exception {
        cluster.close();
        begin(directory.resolve("steady"));
        policies = RetentionFile.read("retention.yaml", """
                version: 1
                targets:
                  cold: {type: directory, path: "%s"}
                defaults: {keepHot: {age: 72h}, to: cold}
                policies: [{name: rest}]
                """.formatted(archive).getBytes(StandardCharsets.UTF_8));
        long steady = cluster.open("steady", "steady");
        long hour = Duration.ofHours(1).toMillis();
        try (ColdTargets targets = new ColdTargets(policies, target -> target.open())) {
            for (int i = 0; i < 72 + 60; i++) {
                if (i < 60) {
                    cluster.append(steady, "line " + i);
                    cluster.seal("steady");
                }
                cluster.advance(hour);
                Clock clock = Clock.fixed(Instant.ofEpochMilli(cluster.nowMillis()), ZoneOffset.UTC);
                RetentionRound.open(policies, cluster, targets, "a", temporary.resolve("staging"), clock, listener)
                        .run();
            }
        }
        List<ManifestEntry> steadyOnes = entries().stream()
                .filter(entry -> entry.segment().stream().equals("steady"))
                .toList();
        assertThat(steadyOnes).hasSizeGreaterThan(45);
        assertThat(steadyOnes.stream().map(ManifestEntry::key).distinct().count())
                .isLessThanOrEqualTo(steadyOnes.size() / 8);
    }

    @Test
    void readsEachRangeOfAMergedObjectOnce() throws Exception {
        archive(ArchiveSettings.DEFAULTS, undisturbed());
        requests.clear();
        CountedObjectStore store = new CountedObjectStore(
                DirectoryObjectStore.openExisting(archive), operation -> requests.merge(operation, 1, Integer::sum));
        ReadCache cache = ReadCache.overflowing(1, temporary, 1 << 20);
        try (StreamReader reader = StreamReader.open(List.of(new ColdArchive("cold", store, cache)))) {
            int manifest = requests.get("get");
            reader.audit();
            int once = requests.get("get") - manifest;
            assertThat(once).isEqualTo(4); // Of each object the end and the one cold block.
            reader.audit();
            assertThat(requests.get("get") - manifest).isEqualTo(once);
            assertThat(requests.get("head")).isNull();
        }
    }
}
