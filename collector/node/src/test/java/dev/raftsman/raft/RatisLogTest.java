package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.config.HostPort;
import dev.raftsman.ingest.TestCa;
import dev.raftsman.tls.TlsFiles;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("long")
class RatisLogTest {
    private static final List<String> IDS = List.of("n1", "n2", "n3");

    private static final long RESERVE = 256 << 20;
    private static final long LITTLE = 200 << 20;

    private static final String UNWRITABLE = "the disk fails at this";

    @TempDir
    Path root;

    private final List<LogMember> members = new ArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private final RatisLog[] logs = new RatisLog[3];
    private final Lines[] states = new Lines[3];
    private final AtomicLong[] free = {
        new AtomicLong(Long.MAX_VALUE), new AtomicLong(Long.MAX_VALUE), new AtomicLong(Long.MAX_VALUE)
    };
    private final LogTls[] tls = new LogTls[3];
    private final DiskMarks[] marks = new DiskMarks[3];
    private Duration electionTimeout = Duration.ofMillis(500);

    /** Remembers entries as text; its snapshot is the lines in a file. */
    private static final class Lines implements AppliedState {
        final List<String> lines = new CopyOnWriteArrayList<>();
        final int fromSnapshot;
        volatile int snapshots;

        Lines(Path snapshot) throws IOException {
            if (snapshot != null) {
                lines.addAll(Files.readAllLines(snapshot));
                if (!lines.remove(0).equals("snapshot of " + lines.size())) {
                    throw new IOException("snapshot is damaged");
                }
            }
            fromSnapshot = lines.size();
        }

        @Override
        public byte[] apply(long term, long index, ByteBuffer entry) throws IOException {
            String line = StandardCharsets.UTF_8.decode(entry).toString();
            if (line.equals(UNWRITABLE)) {
                throw new IOException("Input/output error");
            }
            lines.add(line);
            return ("took " + line).getBytes(StandardCharsets.UTF_8);
        }

        @Override
        public void advance(long term, long index) {}

        @Override
        public Captured capture() {
            List<String> content = new ArrayList<>(lines);
            content.add(0, "snapshot of " + lines.size());
            return file -> {
                Files.write(file, content);
                snapshots++;
            };
        }

        @Override
        public void close() {}
    }

    @BeforeEach
    void chooseAddresses() throws IOException {
        for (String id : IDS) {
            members.add(new LogMember(id, "127.0.0.1", LoopbackPorts.free()));
        }
    }

    @AfterEach
    void stop() {
        for (RatisLog log : logs) {
            if (log != null) {
                log.close();
            }
        }
        assertThat(failures).isEmpty();
    }

    private void start(int node) throws IOException {
        logs[node] = RatisLog.start(
                settings(node, 1 << 10),
                new LogSurroundings(
                        tls[node],
                        Map.of("node", question -> PeerAnswer.of(IDS.get(node).getBytes(StandardCharsets.US_ASCII))),
                        snapshot -> states[node] = new Lines(snapshot),
                        marks[node] = DiskMarks.of(free[node]::get, RESERVE),
                        (failure, detail, cause) -> failures.add(failure + " " + detail)));
    }

    private LogSettings settings(int node, long snapshotLogBytes) {
        return new LogSettings(
                "test",
                IDS.get(node),
                members,
                "127.0.0.1",
                root.resolve(IDS.get(node)).resolve("raft"),
                snapshotLogBytes,
                electionTimeout);
    }

    /** The disk is full, and the node knows: it does not ask each time. */
    private void fill(int node) {
        free[node].set(0);
        await().atMost(5, TimeUnit.SECONDS).until(marks[node]::full);
    }

    private int leader() {
        return await().atMost(20, TimeUnit.SECONDS)
                .until(
                        () -> {
                            for (int i = 0; i < 3; i++) {
                                if (logs[i] != null && logs[i].leadership().ready()) {
                                    return i;
                                }
                            }
                            return -1;
                        },
                        i -> i >= 0);
    }

    private void submit(int node, String line) throws Exception {
        Outcome outcome = logs[node].submit(StandardCharsets.UTF_8.encode(line)).get(10, TimeUnit.SECONDS);
        assertThat(outcome).isInstanceOf(Outcome.Applied.class);
        assertThat(((Outcome.Applied) outcome).reply())
                .asString(StandardCharsets.UTF_8)
                .isEqualTo("took " + line);
    }

    private void allHave(List<String> lines) {
        await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
            for (Lines state : states) {
                assertThat(state.lines).isEqualTo(lines);
            }
        });
    }

    @Test
    void electsAppliesEverywhereAndGoesOnAfterTheLeaderStopsAndAllRestart() throws Exception {
        for (int i = 0; i < 3; i++) {
            start(i);
        }
        List<String> expected = new ArrayList<>();
        int first = leader();
        assertThat(logs[first].votesForced()).isPositive();
        assertThat(logs[(first + 1) % 3].votesForced() + logs[(first + 2) % 3].votesForced())
                .isPositive();
        for (int i = 0; i < 50; i++) {
            String line = "line " + i + " " + "x".repeat(40);
            submit(first, line);
            expected.add(line);
        }
        allHave(expected);
        await().untilAsserted(() -> assertThat(states[first].snapshots).isPositive());

        int other = (first + 1) % 3;
        assertThat(logs[other].submit(StandardCharsets.UTF_8.encode("no")).get(10, TimeUnit.SECONDS))
                .isEqualTo(new Outcome.NotLeader(IDS.get(first)));
        assertThat(logs[other].readBarrier().get(10, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);
        assertThat(states[other].lines).isEqualTo(expected);
        assertThat(logs[first].readBarrier().get(10, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);

        logs[first].close();
        logs[first] = null;
        int second = leader();
        assertThat(second).isNotEqualTo(first);
        submit(second, "after the first leader");
        expected.add("after the first leader");

        start(first);
        allHave(expected);
        assertThat(states[first].fromSnapshot).isEqualTo(50);

        for (int i = 0; i < 3; i++) {
            logs[i].close();
        }
        for (int i = 0; i < 3; i++) {
            start(i);
            assertThat(states[i].fromSnapshot).isEqualTo(51);
        }
        submit(leader(), "after all restarted");
        expected.add("after all restarted");
        allHave(expected);
    }

    @Test
    void byTlsTheNodesAgreeAndAnswerEachOtherAndNobodyElse() throws Exception {
        TestCa ca = new TestCa(root.resolve("ca"), "nodes");
        for (int i = 0; i < 3; i++) {
            tls[i] = LogTls.open(ca.certify(IDS.get(i), TestCa.FOR_LOOPBACK), System.nanoTime());
            start(i);
        }
        int first = leader();
        submit(first, "secret");
        allHave(List.of("secret"));
        HostPort leader = new HostPort("127.0.0.1", members.get(first).port());
        assertThat(whoIs(leader, tls[(first + 1) % 3])).isEqualTo(IDS.get(first));

        TestCa foreign = new TestCa(root.resolve("foreign"), "others");
        LogTls stranger = LogTls.open(
                new TlsFiles(
                        foreign.certify("x", TestCa.FOR_LOOPBACK).certificate(),
                        foreign.certify("x", TestCa.FOR_LOOPBACK).key(),
                        ca.bundle()),
                System.nanoTime());
        assertThatThrownBy(() -> whoIs(leader, stranger)).isInstanceOf(PeerException.class);
        assertThatThrownBy(() -> whoIs(leader, null)).isInstanceOf(PeerException.class);

        logs[first].close();
        logs[first] = null;
        submit(leader(), "after the first leader");
        start(first);
        allHave(List.of("secret", "after the first leader"));
    }

    private static String whoIs(HostPort node, LogTls as) throws PeerException {
        try (PeerClient client = PeerClient.to(node, as)) {
            ByteBuffer answer = client.askShort("node", ByteBuffer.allocate(0), Duration.ofSeconds(20));
            return StandardCharsets.US_ASCII.decode(answer).toString();
        }
    }

    @Test
    void takesNothingIntoAFullNodesLogAndGoesOnByItselfWhenThereIsRoom() throws Exception {
        // A pause of the machine must not be taken for a disturbance by the full disks.
        electionTimeout = Duration.ofMillis(1_500);
        for (int i = 0; i < 3; i++) {
            start(i);
        }
        int leader = leader();
        submit(leader, "one");
        allHave(List.of("one"));
        long term = logs[leader].leadership().term();
        int second = (leader + 1) % 3;
        int third = (leader + 2) % 3;

        fill(second);
        for (String line : List.of("two", "three", "four", "five", "six", "seven")) {
            submit(leader, line);
        }
        await().atMost(20, TimeUnit.SECONDS).until(() -> states[third].lines.size() == 7);
        assertThat(states[second].lines).containsExactly("one");

        fill(third);
        var waiting = logs[leader].submit(StandardCharsets.UTF_8.encode("eight"));
        // More than an election timeout passes before the engine would give a request up.
        assertThatThrownBy(() -> waiting.get(4, TimeUnit.SECONDS)).isInstanceOf(TimeoutException.class);
        assertThat(states[leader].lines).as("a minority commits nothing").hasSize(7);
        for (AtomicLong bytes : free) {
            bytes.set(Long.MAX_VALUE);
        }
        assertThat(waiting.get(20, TimeUnit.SECONDS)).isInstanceOf(Outcome.Applied.class);
        submit(leader, "nine");
        allHave(List.of("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"));
        assertThat(logs[leader].leadership().term()).as("nobody was disturbed").isEqualTo(term);
    }

    @Test
    void submitsNothingWhileItsOwnDiskIsFull() throws Exception {
        members.subList(1, 3).clear();
        start(0);
        submit(leader(), "one");
        fill(0);
        await().atMost(5, TimeUnit.SECONDS)
                .until(() ->
                        logs[0].submit(StandardCharsets.UTF_8.encode("refused")).get(1, TimeUnit.SECONDS)
                                instanceof Outcome.Unavailable);
        free[0].set(Long.MAX_VALUE);
        await().atMost(5, TimeUnit.SECONDS)
                .until(() ->
                        logs[0].submit(StandardCharsets.UTF_8.encode("two")).get(1, TimeUnit.SECONDS)
                                instanceof Outcome.Applied);
        assertThat(states[0].lines).startsWith("one").endsWith("two");
    }

    @Test
    void endsWhenTheTermOfItsOwnCandidacyCouldNotBeWritten() throws Exception {
        members.subList(1, 3).clear();
        start(0);
        submit(leader(), "one");
        logs[0].close();
        LogSettings slow = settings(0, 1 << 10);
        slow = new LogSettings(
                slow.cluster(),
                slow.self(),
                slow.members(),
                slow.listenHost(),
                slow.directory(),
                slow.snapshotLogBytes(),
                Duration.ofSeconds(3));
        logs[0] = RatisLog.start(
                slow,
                new LogSurroundings(
                        snapshot -> states[0] = new Lines(snapshot),
                        (failure, detail, cause) -> failures.add(failure + " " + detail)));
        // Before it stands for election; what is there before a start, the engine takes away.
        Path inTheWay = slow.directory().resolve(slow.group().toString()).resolve("current/raft-meta.tmp");
        Files.createDirectory(inTheWay);
        await().atMost(40, TimeUnit.SECONDS).until(() -> !failures.isEmpty());
        assertThat(failures).first().asString().startsWith("STOPPED term ").endsWith(" is not written");
        logs[0].close();
        Files.delete(inTheWay);
        failures.clear();
        start(0);
        submit(leader(), "two");
    }

    @Test
    void givesLeadershipToANodeWithRoom() throws Exception {
        for (int i = 0; i < 3; i++) {
            start(i);
        }
        int first = leader();
        submit(first, "one");
        int second = (first + 1) % 3;
        int third = (first + 2) % 3;
        free[second].set(LITTLE);
        free[first].set(LITTLE);
        await().atMost(20, TimeUnit.SECONDS)
                .until(() -> logs[third].leadership().ready());
        submit(third, "two");
        allHave(List.of("one", "two"));
    }

    @Test
    void namesThePortThatIsTaken() throws Exception {
        try (ServerSocket taken = new ServerSocket(members.get(0).port(), 1, InetAddress.getLoopbackAddress())) {
            assertThat(taken.isBound()).isTrue();
            assertThatThrownBy(() -> start(0)).isInstanceOf(IOException.class).hasMessageContaining("already in use");
        }
    }

    @Test
    void reportsAFailingDiskAndAppliesNothingMore() throws Exception {
        members.subList(1, 3).clear();
        start(0);
        submit(leader(), "one");
        var unwritable = logs[0].submit(StandardCharsets.UTF_8.encode(UNWRITABLE));
        var behind = logs[0].submit(StandardCharsets.UTF_8.encode("two"));
        await().atMost(10, TimeUnit.SECONDS).untilAsserted(() -> {
            assertThat(failures).first().asString().startsWith("DISK cannot apply entry");
            assertThat(logs[0].facts().role()).isEqualTo(LogFacts.CLOSED);
        });
        assertThat(logs[0].leadership().ready()).isFalse();
        assertThat(states[0].lines).containsExactly("one");
        for (var outcome : List.of(unwritable, behind)) {
            assertThat(outcome.isDone() ? outcome.join() : null).isNotInstanceOf(Outcome.Applied.class);
        }
        failures.clear();
    }

    @Test
    void refusesADamagedSnapshot() throws Exception {
        members.subList(1, 3).clear();
        start(0);
        submit(leader(), "one");
        logs[0].close();
        logs[0] = null;
        Path snapshot;
        try (var files = Files.walk(root)) {
            snapshot = files.filter(f -> f.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
                    .findFirst()
                    .orElseThrow();
        }
        Files.writeString(snapshot, "two\n");
        assertThatThrownBy(() -> start(0)).isInstanceOf(IOException.class).hasMessageContaining("snapshot is damaged");
    }
}
