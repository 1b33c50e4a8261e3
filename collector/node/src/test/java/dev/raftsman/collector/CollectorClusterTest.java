package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.block.GapBlock;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class CollectorClusterTest {
    private static final UUID INCARNATION = new UUID(7, 8);
    private static final int LINES = 400;

    @TempDir
    Path root;

    /** Lines that differ from block to block and do not compress to nothing. */
    private static ByteBuffer block(long number) throws IOException {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < LINES; i++) {
            text.append("line ")
                    .append(number * LINES + i)
                    .append(' ')
                    .append(Long.toHexString(mix(number * LINES + i)));
            text.append('\n');
        }
        return Blocks.ofLines(number * LINES, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    private static long mix(long value) {
        long z = value * 0x9E3779B97F4A7C15L;
        return z ^ z >>> 29;
    }

    @Test
    void keepsEveryAcknowledgedBlockOnceThroughALostLeaderAndARestartOfAll() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 64 << 10, Duration.ofHours(1))) {
            cluster.startAll();
            int first = cluster.leader();
            long epoch;
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                epoch = sidecar.open("app", INCARNATION, "orders");
                for (int i = 0; i < 30; i++) {
                    sidecar.send(new Frame.Append(epoch, block(i)));
                }
                awaitAck(sidecar, epoch, 30L * LINES - 1);
            }
            int follower = (first + 1) % 3;
            try (SidecarClient sidecar = new SidecarClient(cluster.ingestPort(follower))) {
                Frame.Refuse refuse = (Frame.Refuse) sidecar.greet();
                assertThat(refuse.reason()).isEqualTo(RefuseReason.NOT_LEADER);
                assertThat(refuse.leader()).isEqualTo("127.0.0.1:" + cluster.ingestPort(first));
                assertThat(sidecar.receive()).isNull();
            }

            cluster.stop(first);
            assertThat(cluster.leader()).isNotEqualTo(first);
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                assertThat(sidecar.ask(new Frame.Resume(5, epoch))).isEqualTo(new Frame.Resumed(5, 30L * LINES - 1));
                assertThat(sidecar.open("app", INCARNATION, "orders")).isEqualTo(epoch);
                // Again what was acknowledged, then what follows, then a hole.
                sidecar.send(new Frame.Append(epoch, block(29)));
                sidecar.send(new Frame.Append(epoch, block(30)));
                awaitAck(sidecar, epoch, 31L * LINES - 1);
                Frame.Refuse hole = (Frame.Refuse) sidecar.ask(new Frame.Append(epoch, block(33)));
                assertThat(hole.reason()).isEqualTo(RefuseReason.EXPECTED);
                assertThat(hole.expected()).isEqualTo(31L * LINES);
            }
            cluster.start(first);
            for (int i = 0; i < 3; i++) {
                cluster.stop(i);
            }
            cluster.startAll();
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                assertThat(sidecar.ask(new Frame.Resume(1, epoch))).isEqualTo(new Frame.Resumed(1, 31L * LINES - 1));
                sidecar.send(new Frame.Append(epoch, block(31)));
                awaitAck(sidecar, epoch, 32L * LINES - 1);
                assertThat(sidecar.ask(new Frame.Close(2, epoch, 32L * LINES - 1, dev.raftsman.event.Loss.NONE)))
                        .isEqualTo(new Frame.Closed(2));
                assertThat(((Frame.Refuse) sidecar.ask(new Frame.Append(epoch, block(32)))).reason())
                        .isEqualTo(RefuseReason.CLOSED_EPOCH);
                assertThat(sidecar.ask(new Frame.Forget(3, epoch))).isEqualTo(new Frame.Forgotten(3));
                assertThat(((Frame.Refuse) sidecar.ask(new Frame.Open(4, "app", INCARNATION, "orders"))).reason())
                        .isEqualTo(RefuseReason.FORGOTTEN_EPOCH);
            }
            segmentsAreTheSameEverywhere(cluster);
        }
    }

    private static void awaitAck(SidecarClient sidecar, long epoch, long through) throws IOException {
        Frame frame = sidecar.receive();
        while (!frame.equals(new Frame.Ack(epoch, through))) {
            assertThat(frame).isInstanceOf(Frame.Ack.class);
            frame = sidecar.receive();
        }
    }

    private static void segmentsAreTheSameEverywhere(NodesInOneJvm cluster) throws Exception {
        long index = cluster.view(cluster.leader()).appliedIndex();
        for (int i = 0; i < 3; i++) {
            int node = i;
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(
                            () -> assertThat(cluster.view(node).appliedIndex()).isGreaterThanOrEqualTo(index));
        }
        CatalogView view = cluster.view(0);
        assertThat(view.segments()).hasSizeGreaterThan(1);
        assertThat(view.segments().stream().mapToLong(SegmentView::events).sum())
                .isEqualTo(32L * LINES);
        for (SegmentView segment : view.segments()) {
            SegmentId id = segment.id();
            byte[] bytes = Files.readAllBytes(ReplicatedState.fileOf(cluster.directory(0), id));
            assertThat(bytes).hasSize((int) segment.bytes());
            for (int node = 0; node < 3; node++) {
                assertThat(Files.readAllBytes(ReplicatedState.fileOf(cluster.directory(node), id)))
                        .isEqualTo(bytes);
                assertThat(cluster.getBytes(node, "/v1/segments/" + id)).isEqualTo(bytes);
            }
            if (segment.state() != SegmentState.OPEN) {
                assertThat(segment.sha256()).isEqualTo(Blocks.sha256(bytes));
            }
        }
    }

    @Test
    void sealsByAgeAndShowsItselfOverHttp() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 1, 1 << 20, Duration.ofSeconds(1))) {
            cluster.startAll();
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                long epoch = sidecar.open("app", INCARNATION, "orders");
                sidecar.send(new Frame.Append(epoch, block(0)));
                awaitAck(sidecar, epoch, LINES - 1);
            }
            SegmentView sealed = await().atMost(20, TimeUnit.SECONDS)
                    .until(
                            () -> cluster.view(0).segments().stream()
                                    .filter(s -> s.state() == SegmentState.SEALED)
                                    .findFirst()
                                    .orElse(null),
                            s -> s != null);
            assertThat(cluster.view(0).segmentBytes()).isEqualTo(1 << 20);
            byte[] whole = cluster.getBytes(0, "/v1/segments/" + sealed.id());
            assertThat(Blocks.sha256(whole)).isEqualTo(sealed.sha256());
            assertThat(cluster.getBytes(0, "/v1/segments/" + sealed.id(), "Range", "bytes=10-19"))
                    .isEqualTo(java.util.Arrays.copyOfRange(whole, 10, 20));
            assertThat(cluster.getBytes(0, "/v1/segments/" + sealed.id(), "Range", "bytes=-4"))
                    .isEqualTo(java.util.Arrays.copyOfRange(whole, whole.length - 4, whole.length));
            assertThat(cluster.get(0, "/v1/segments/" + sealed.id(), "Range", "bytes=" + whole.length + "-")
                            .statusCode())
                    .isEqualTo(416);
            assertThat(cluster.get(0, "/v1/reads").body()).as("moved, not read").isEqualTo("{\"reads\":[]}");
            cluster.getBytes(0, "/v1/segments/" + sealed.id() + "?read=true");
            assertThat(cluster.get(0, "/v1/reads").body())
                    .contains("{\"segment\":\"" + sealed.id() + "\",\"agoMillis\":");
            assertThat(cluster.get(0, "/v1/segments/s9-0000000000000001").statusCode())
                    .isEqualTo(404);
            assertThat(cluster.get(0, "/v1/segments/../../identity").statusCode())
                    .isBetween(400, 404);
            assertThat(cluster.get(0, "/v1/catalog?linearizable=true").headers().firstValue("X-Raftsman-Applied-Index"))
                    .isPresent();
            assertThat(cluster.get(0, "/livez").statusCode()).isEqualTo(200);
            assertThat(cluster.get(0, "/readyz").statusCode()).isEqualTo(200);
            assertThat(cluster.get(0, "/nothing").statusCode()).isEqualTo(404);
            assertThat(cluster.get(0, "/v1/commands").statusCode()).isEqualTo(405);
            assertThat(cluster.post(0, "/v1/commands", "{\"command\":\"nonsense\"}")
                            .statusCode())
                    .isEqualTo(400);
            assertThat(cluster.post(
                                    0,
                                    "/v1/commands",
                                    "{\"command\":\"acquire-lease\",\"owner\":\"a\",\"ttlMillis\":9}")
                            .body())
                    .contains("done");
            assertThat(cluster.get(0, "/metrics").body())
                    .contains("raftsman_collector_blocks_total{verdict=\"accepted\"} 1.0")
                    .contains("raftsman_collector_is_leader 1.0")
                    .contains("raftsman_collector_stage_seconds_bucket{stage=\"wait\",le=\"10.0\"} 2\n")
                    .contains("raftsman_collector_stage_seconds_bucket{stage=\"commit\",le=\"+Inf\"} 2\n")
                    .containsPattern("raftsman_collector_stage_seconds_count\\{stage=\"apply\"} [1-9]");
        }
    }

    @Test
    void showsHowFarBehindItsAgentsSayTheyAre() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 1, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                sidecar.send(new Frame.Lag("orders", 4_096, 1_500));
                sidecar.send(new Frame.Lag("audit", 0, 0));
                assertThat(sidecar.ask(new Frame.Ping(1))).isEqualTo(new Frame.Pong(1));
                assertThat(cluster.get(0, "/v1/agents").body())
                        .containsPattern(
                                "\\{\"agents\":\\[\\{\"tenant\":\"acme\",\"agent\":\"host-1\",\"address\":\"127.0.0.1:[0-9]+\","
                                        + "\"connectedSince\":[0-9]{13},\"connected\":true,\"streams\":\\["
                                        + "\\{\"stream\":\"orders\",\"lagBytes\":4096,\"lagSeconds\":1.5,\"asOfMillis\":[0-9]{13}},"
                                        + "\\{\"stream\":\"audit\",\"lagBytes\":0,\"lagSeconds\":0.0,\"asOfMillis\":[0-9]{13}}]}]}");
                assertThat(cluster.get(0, "/metrics").body())
                        .contains("raftsman_collector_agents 1.0\n")
                        .contains("raftsman_collector_agents_lag_bytes 4096.0\n")
                        .contains("raftsman_collector_agents_lag_seconds 1.5\n");
            }
            await().atMost(10, TimeUnit.SECONDS)
                    .until(() -> cluster.get(0, "/v1/agents").body().contains("\"connected\":false"));
            assertThat(cluster.get(0, "/metrics").body())
                    .contains("raftsman_collector_agents 0.0\n")
                    .contains("raftsman_collector_agents_lag_bytes 0.0\n");
        }
    }

    @Test
    void countsWhatIsDeclaredMissingByReason() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 1, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            try (SidecarClient sidecar = cluster.connectToLeader()) {
                long epoch = sidecar.open("app", INCARNATION, "orders");
                sidecar.send(new Frame.Append(epoch, GapBlock.encode(0, 7, LossReason.PROCESS_DIED, 1)));
                awaitAck(sidecar, epoch, 6);
                Frame.Close close = new Frame.Close(9, epoch, 6, new Loss(LossReason.RING_FULL, 5));
                assertThat(sidecar.ask(close)).isEqualTo(new Frame.Closed(9));
            }
            assertThat(cluster.get(0, "/metrics").body())
                    .contains("raftsman_collector_events_total 0.0\n")
                    .contains("raftsman_collector_gap_events_total{reason=\"process_died\"} 7.0\n")
                    .contains("raftsman_collector_gap_events_total{reason=\"quota\"} 0.0\n")
                    .contains("raftsman_collector_lost_events_total{reason=\"ring_full\"} 5.0\n")
                    .contains("raftsman_collector_segments{state=\"open\"} 1.0\n")
                    .contains("raftsman_collector_votes 1.0\n")
                    .contains("raftsman_collector_certificate_not_after_timestamp_seconds{use=\"raft\"} 0.0\n");
        }
    }

    @Test
    void sendsCommandsToTheLeader() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            int leader = cluster.leader();
            int follower = (leader + 1) % 3;
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(
                            () -> assertThat(cluster.get(follower, "/readyz").statusCode())
                                    .isEqualTo(200));
            var away = cluster.post(follower, "/v1/commands", "{\"command\":\"forget\",\"epoch\":1}");
            assertThat(away.statusCode()).isEqualTo(421);
            assertThat(away.body()).contains("\"leaderHttp\":\"" + cluster.httpAddress(leader) + "\"");
            assertThat(cluster.post(leader, "/v1/commands", "{\"command\":\"forget\",\"epoch\":1}")
                            .body())
                    .contains("UNKNOWN_EPOCH");
        }
    }
}
