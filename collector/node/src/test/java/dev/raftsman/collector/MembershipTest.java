package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.disk.Durable;
import dev.raftsman.wire.Frame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real nodes over loopback: how a cluster begins, who may not take part, and who comes and goes. */
@Tag("long")
class MembershipTest {
    private static final UUID INCARNATION = new UUID(7, 8);
    private static final int LINES = 50;
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path root;

    private long epoch;
    private long next;

    private static ByteBuffer block(long first) throws IOException {
        StringBuilder text = new StringBuilder();
        for (long i = first; i < first + LINES; i++) {
            text.append("line ").append(i).append('\n');
        }
        return Blocks.ofLines(first, text.toString().getBytes(StandardCharsets.UTF_8));
    }

    /** Sends a few blocks to whoever leads, and waits until they are acknowledged. */
    private void store(NodesInOneJvm cluster) throws Exception {
        try (SidecarClient sidecar = cluster.connectToLeader()) {
            epoch = sidecar.open("app", INCARNATION, "orders");
            for (int i = 0; i < 5; i++) {
                sidecar.send(new Frame.Append(epoch, block(next)));
                next += LINES;
            }
            Frame frame = sidecar.receive();
            while (!frame.equals(new Frame.Ack(epoch, next - 1))) {
                assertThat(frame).isInstanceOf(Frame.Ack.class);
                frame = sidecar.receive();
            }
        }
    }

    private static JsonNode json(NodesInOneJvm cluster, int node, String path) throws Exception {
        return JSON.readTree(cluster.get(node, path).body());
    }

    private static void change(NodesInOneJvm cluster, String verb, String body) throws Exception {
        JsonNode change = await().atMost(20, TimeUnit.SECONDS)
                .until(
                        () -> {
                            var answer = cluster.post(cluster.leader(), "/v1/cluster/" + verb, body);
                            return answer.statusCode() == 421 ? null : JSON.readTree(answer.body());
                        },
                        answer -> answer != null);
        assertThat(change.path("id").isNumber()).as("%s", change).isTrue();
        JsonNode done = await().atMost(40, TimeUnit.SECONDS)
                .until(
                        () -> json(cluster, cluster.leader(), "/v1/cluster").path("change"),
                        // After a transfer the next leader knows of none.
                        last -> last.isMissingNode() || last.path("done").asBoolean());
        assertThat(done.path("error").asText("")).isEmpty();
    }

    private static String newcomer(NodesInOneJvm cluster, int node) {
        return "\"node\":\"n%d\",\"raft\":\"%s\""
                .formatted(node, cluster.peer(node).raft());
    }

    private static List<String> members(NodesInOneJvm cluster, int node, String state) throws Exception {
        List<String> ids = new ArrayList<>();
        for (JsonNode member : json(cluster, node, "/v1/cluster").path("members")) {
            if (member.path("state").asText().equals(state)) {
                ids.add(member.path("node").asText());
            }
        }
        return ids;
    }

    private static void awaitMembers(NodesInOneJvm cluster, String... ids) {
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() ->
                        assertThat(members(cluster, cluster.leader(), "MEMBER")).containsExactly(ids));
    }

    @Test
    void anEmptiedDirectoryNeverVotesUnderItsIdAndTheClusterGoesOn() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            store(cluster);
            awaitMembers(cluster, "n0", "n1", "n2");
            int emptied = (cluster.leader() + 1) % 3;
            cluster.stop(emptied);
            Durable.deleteTree(cluster.directory(emptied));
            assertThatThrownBy(() -> cluster.start(emptied))
                    .isInstanceOfSatisfying(
                            StartException.class, e -> assertThat(e.exitCode()).isEqualTo(65))
                    .hasMessageContaining("the cluster knows n" + emptied + " with another data directory")
                    .hasMessageContaining("raftsman cluster replace n" + emptied + " NEW");
            cluster.nodes[emptied] = null;
            store(cluster);

            // All others are away as well: nobody can tell, so it waits, and learns it from the first that comes back.
            int other = (emptied + 1) % 3;
            int third = (emptied + 2) % 3;
            cluster.stop(other);
            cluster.stop(third);
            cluster.start(emptied);
            assertThat(json(cluster, emptied, "/v1/status").path("role").asText())
                    .isEqualTo("OUTSIDE");
            assertThat(json(cluster, emptied, "/v1/status").path("waiting").asText())
                    .contains("no answer from")
                    .contains("n" + other);
            assertThat(cluster.get(emptied, "/livez").statusCode()).isEqualTo(200);
            assertThat(cluster.get(emptied, "/readyz").statusCode()).isEqualTo(503);
            cluster.start(other);
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(cluster.failures)
                            .singleElement()
                            .asString()
                            .startsWith("REFUSED the cluster knows"));
            cluster.failures.clear();
            cluster.stop(emptied);
            cluster.start(third);
            store(cluster);
        }
    }

    @Test
    void aDirectoryOfAnotherNodeIsRefused() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            cluster.leader();
            cluster.stop(0);
            cluster.stop(1);
            Durable.deleteTree(cluster.directory(0));
            Files.move(cluster.directory(1), cluster.directory(0));
            assertThatThrownBy(() -> cluster.start(0))
                    .isInstanceOfSatisfying(
                            StartException.class, e -> assertThat(e.exitCode()).isEqualTo(78))
                    .hasMessageContaining("node n1; expected");
            cluster.nodes[0] = null;
            Files.move(cluster.directory(0), cluster.directory(1));
            cluster.start(1);
            cluster.leader();
        }
    }

    @Test
    void aFounderThatIsSlowFindsItsPlace() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 1 << 20, Duration.ofHours(1))) {
            cluster.start(0);
            cluster.start(1);
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(json(cluster, 0, "/v1/status")
                                    .path("waiting")
                                    .asText())
                            .contains("no answer from n2"));
            cluster.start(2);
            cluster.leader();
            // As a node that was started last and killed before it had learnt of the founding.
            await().atMost(10, TimeUnit.SECONDS)
                    .until(() -> cluster.nodes[2] != null
                            && json(cluster, 2, "/v1/status")
                                    .path("waiting")
                                    .asText()
                                    .isEmpty());
            store(cluster);
            awaitMembers(cluster, "n0", "n1", "n2");
        }
    }

    @Test
    void nodesComeAndGoUnderTheEyesOfAllAndRemovedOnesStayAway() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 3, 2, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            store(cluster);
            awaitMembers(cluster, "n0", "n1", "n2");
            cluster.start(3);
            assertThat(json(cluster, 3, "/v1/status").path("waiting").asText())
                    .contains("a newcomer")
                    .contains("raftsman cluster add n3 --raft");
            assertThat(cluster.get(3, "/readyz").statusCode()).isEqualTo(503);
            int follower = (cluster.leader() + 1) % 3;
            assertThat(cluster.post(follower, "/v1/cluster/add", "{" + newcomer(cluster, 3) + "}")
                            .statusCode())
                    .isEqualTo(421);
            change(cluster, "add", "{" + newcomer(cluster, 3) + "}");
            change(cluster, "add", "{" + newcomer(cluster, 3) + "}");
            awaitMembers(cluster, "n0", "n1", "n2", "n3");
            store(cluster);
            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> cluster.get(3, "/readyz").statusCode() == 200);

            // The leader itself goes: another one leads, and is known to everybody by its own addresses.
            change(cluster, "transfer", "{\"node\":\"n3\"}");
            await().atMost(20, TimeUnit.SECONDS).until(() -> cluster.leader() == 3);
            store(cluster);
            await().atMost(10, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(json(cluster, 0, "/v1/status")
                                    .path("leaderHttp")
                                    .asText())
                            .isEqualTo(cluster.httpAddress(3)));
            cluster.start(4);
            change(cluster, "replace", "{" + newcomer(cluster, 4) + ",\"replaces\":\"n3\"}");
            awaitMembers(cluster, "n0", "n1", "n2", "n4");
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(cluster.failures)
                            .anySatisfy(failure -> assertThat(failure).startsWith("REMOVED n3 was removed")));
            cluster.stop(3);
            assertThatThrownBy(() -> cluster.start(3))
                    .isInstanceOfSatisfying(
                            StartException.class, e -> assertThat(e.exitCode()).isEqualTo(78))
                    .hasMessageContaining("n3 was removed");
            Durable.deleteTree(cluster.directory(3));
            assertThatThrownBy(() -> cluster.start(3))
                    .isInstanceOf(StartException.class)
                    .hasMessageContaining("n3 was removed");
            cluster.nodes[3] = null;

            // One that was away when it was removed learns it when it comes back.
            int away = (cluster.leader() + 1) % 3;
            cluster.stop(away);
            change(cluster, "remove", "{\"node\":\"n" + away + "\"}");
            cluster.failures.clear();
            cluster.start(away);
            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(cluster.failures)
                            .anySatisfy(
                                    failure -> assertThat(failure).startsWith("REMOVED n" + away + " was removed")));
            cluster.stop(away);
            store(cluster);
            assertThat(members(cluster, cluster.leader(), "RETIRED")).containsExactly("n" + away, "n3");
            cluster.failures.clear();
        }
    }

    @Test
    void oneNodeGrowsToThree() throws Exception {
        try (NodesInOneJvm cluster = new NodesInOneJvm(root, 1, 2, 1 << 20, Duration.ofHours(1))) {
            cluster.startAll();
            store(cluster);
            for (int node = 1; node < 3; node++) {
                cluster.start(node);
                change(cluster, "add", "{" + newcomer(cluster, node) + "}");
                store(cluster);
            }
            awaitMembers(cluster, "n0", "n1", "n2");
            cluster.stop(0);
            store(cluster);
        }
    }
}
