package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Objects that come too late. */
class LeftoversTest {
    private static final long START_MILLIS = 1_790_000_000_000L;
    private static final long HOUR = TimeUnit.HOURS.toMillis(1);

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    private TestState cluster;
    private RetentionPolicies policies;
    private final RecordingListener listener = new RecordingListener();

    @BeforeEach
    void begin() throws Exception {
        cluster = new TestState(temporary.resolve("state"), START_MILLIS);
        policies = RetentionFile.read(
                "retention.yaml", """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold, keepHot: {age: 10m}, archive: {keep: 2h}, grace: 0s}]
                """.formatted(temporary.resolve("archive")).getBytes(StandardCharsets.UTF_8));
        long epoch = cluster.open("shop", "orders");
        cluster.append(epoch, "an order");
        cluster.seal("orders");
        cluster.advance(HOUR);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    private RetentionRound open(String owner) throws IOException {
        return RetentionRound.open(
                policies,
                cluster,
                new ColdTargets(policies, Target::open),
                owner,
                temporary.resolve("staging"),
                new HandClocks(cluster),
                listener);
    }

    private DirectoryObjectStore store() throws IOException {
        return DirectoryObjectStore.openExisting(temporary.resolve("archive"));
    }

    private List<ObjectKey> objects() throws IOException {
        try (DirectoryObjectStore store = store()) {
            List<ObjectKey> keys = new ArrayList<>();
            store.list("segments/", info -> keys.add(info.key()));
            return keys;
        }
    }

    /** What an archiver that slept for hours does when it wakes up. */
    private void putOnceMore(ObjectKey key, byte[] content) throws IOException {
        try (DirectoryObjectStore store = store()) {
            store.putIfAbsent(key, content);
        }
    }

    @Test
    void anExpiredObjectThatComesBackIsDeletedWithinADay() throws Exception {
        RetentionRound round = open("a");
        round.run();
        ObjectKey key = objects().get(0);
        byte[] content;
        try (DirectoryObjectStore store = store();
                InputStream in = store.open(key)) {
            content = in.readAllBytes();
        }
        cluster.advance(2 * HOUR);
        round.run();
        assertThat(cluster.catalog().segments())
                .extracting(SegmentView::state)
                .contains(SegmentState.TRUNCATED)
                .doesNotContain(SegmentState.ARCHIVED);
        assertThat(objects()).isEmpty();

        putOnceMore(key, content);
        for (int hour = 0; hour < 24; hour++) {
            cluster.advance(HOUR);
            round.run();
        }
        assertThat(objects()).isEmpty();
        assertThat(listener.failed).isEmpty();
    }

    @Test
    void whatIsInTheArchiveOrIsNamedNowhereStays() throws Exception {
        RetentionRound round = open("a");
        round.run();
        ObjectKey stranger = ObjectKey.of("segments", "acme", "orders", "0000000000000099-12345678.cold");
        putOnceMore(stranger, new byte[] {1});
        open("b").run(); // Stands by.
        cluster.advance(HOUR / 2);
        open("b").run();
        assertThat(objects()).hasSize(2).contains(stranger);
        assertThat(cluster.catalog().segments()).anyMatch(segment -> segment.state() == SegmentState.ARCHIVED);
    }
}
