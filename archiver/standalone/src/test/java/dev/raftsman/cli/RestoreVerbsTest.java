package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowBatch;
import dev.raftsman.event.RowWriter;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.sidecar.AgentInTest;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The loss of a cluster and what comes after, by the verbs an operator uses: a whole agent, the collector's own door and state,
 * the archiver's own rounds, in this process.
 */
class RestoreVerbsTest {
    private static final WalSettings SMALL = WalSettings.ofQuota(32 << 20)
            .withReserveBytes(0)
            .withRollBytes(256 << 10)
            .withForceInterval(Duration.ofMillis(20));

    @TempDir
    private Path temporary;

    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());
    private final NameTable names = new NameTable();
    private final RowBatch batch = new RowBatch(names, 1 << 20, 1 << 20);
    private final RowWriter row = new RowWriter(names);
    private final byte[] scratch = new byte[256];
    private ServedState cluster;
    private AgentDoor door;
    private Path policy;
    private Path config;
    private int plans;

    private record Ended(int code, String out, String err) {}

    @BeforeEach
    void begin() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        door = new AgentDoor(cluster, 0, false);
        policy = Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {keepHot: {age: 0s}, to: cold}
                policies:
                - {name: ledger, match: {stream: ledger}, then: snapshot}
                - {name: rest}
                """.formatted(temporary.resolve("archive")));
        config = Files.writeString(temporary.resolve("agent.yaml"), """
                version: 1
                agent: host
                tenant: acme
                data: %s
                collectors: ['127.0.0.1:%d']
                http: {listen: '127.0.0.1:0'}
                wal: {roots: ['%s']}
                shipper: {linger: 20ms, block: 16KiB}
                inputs: [{paths: ['%s']}]
                """.formatted(
                temporary.resolve("data"), door.port(), temporary.resolve("apps"), temporary.resolve("logs/*.log")));
        Files.createDirectories(temporary.resolve("logs"));
    }

    @AfterEach
    void end() throws IOException {
        door.close();
        cluster.close();
    }

    private static Ended raftsman(String... words) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int code = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(words);
        return new Ended(code, out.toString(), err.toString());
    }

    private Ended restore(String... what) {
        List<String> words = new java.util.ArrayList<>(
                List.of("restore", "--policy", policy.toString(), "--cluster", cluster.address()));
        words.addAll(List.of(what));
        return raftsman(words.toArray(String[]::new));
    }

    /** What is sealed goes, as the archiver's own rounds do it. */
    private void archive() {
        String plan = temporary.resolve("plan-" + plans++ + ".json").toString();
        for (String[] words : List.of(
                new String[] {
                    "retention", "plan", "--cluster", cluster.address(), "--policy", "" + policy, "--out", plan
                },
                new String[] {"retention", "apply", "--cluster", cluster.address(), "--policy", "" + policy, plan})) {
            Ended done = raftsman(words);
            assertThat(done.code()).as(done.out() + done.err()).isZero();
        }
    }

    private JsonNode audited(String stream) throws IOException {
        Ended audit =
                raftsman("audit", "--json", "--cluster", cluster.address(), "--policy", policy.toString(), stream);
        JsonNode rows = new ObjectMapper().readTree(audit.out()).path("rows");
        assertThat(rows).as(audit.out() + audit.err()).hasSize(1);
        return rows.get(0);
    }

    private WalWriter application() {
        return WalWriter.open(
                WalDirectory.create(temporary.resolve("apps"), WalIdentity.startingNow("acme", "shop", "shop-log")),
                SMALL);
    }

    private static void end(WalWriter wal) {
        wal.close();
    }

    private void write(WalWriter wal, long first, int count) {
        batch.clear();
        for (int i = 0; i < count; i++) {
            int length = row.begin(scratch, 0, 256, Level.INFO, 1_000_000L * (first + i), RowWriter.UNCUT)
                    .logger("shop.Orders")
                    .thread("main")
                    .message("order " + (first + i))
                    .end();
            assertThat(batch.add(scratch, 0, length)).isTrue();
        }
        WalProgress.ofWriter(wal.directory()).claimed(first + count - 1);
        wal.append(ExcerptKind.ROWS, first, count, Loss.NONE, batch.definitions(), batch.rows());
    }

    private void awaitThat(Callable<Boolean> holds) {
        try {
            await().atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(20))
                    .until(holds);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said + "\n" + cluster.catalog().epochs(), e);
        }
    }

    private EpochView epoch(String stream) {
        return cluster.catalog().epochs().stream()
                .filter(epoch -> cluster.catalog().stream(epoch.stream()).orElseThrow().stream()
                        .equals(stream))
                .findFirst()
                .orElse(null);
    }

    private void awaitLast(String stream, long last) {
        awaitThat(() -> epoch(stream) != null && epoch(stream).last() == last);
    }

    private void awaitState(String stream, EpochState state) {
        awaitThat(() -> epoch(stream) != null && epoch(stream).state() == state);
    }

    /** All that the collectors had is gone; those that come in their place wait. */
    private void loseTheCluster() throws IOException {
        int port = door.port();
        door.close();
        cluster.close();
        cluster = new ServedState(temporary.resolve("state-of-" + port + "-" + plans++));
        door = new AgentDoor(cluster, port, true);
    }

    private void assertLost(String stream, long events, long lost) throws IOException {
        JsonNode row = audited(stream);
        assertThat(row.path("events").asLong()).as(row.toString()).isEqualTo(events);
        assertThat(row.path("gapReasons").path("CLUSTER_LOSS").asLong()).isEqualTo(lost);
        assertThat(row.path("gaps").asLong()).isEqualTo(lost);
        assertThat(row.path("missing").asLong() + row.path("duplicated").asLong())
                .as(row.toString())
                .isZero();
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAnAgentWasToldIsClosedIsClosedAgainAndItsEndDeclared(boolean agentRestarts) throws Exception {
        Path file = temporary.resolve("logs").resolve("app.log");
        Files.writeString(file, "line 0\nline 1\n");
        try (WalWriter wal = application()) {
            try (AgentInTest agent = new AgentInTest(config, log)) {
                write(wal, 0, 500);
                awaitLast("shop-log", 499);
                awaitLast("app.log", 1);
                cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
                archive();
                Files.writeString(file, "line 2\n", java.nio.file.StandardOpenOption.APPEND);
                awaitLast("app.log", 2);
                assertThat(agent.isConnected()).isTrue();
            }
            // The next run ships, closes and deletes the log that this one had of the file.
            door.forgetsNothing = true;
            write(wal, 500, 500);
        }
        AgentInTest agent = new AgentInTest(config, log);
        try {
            awaitState("shop-log", EpochState.CLOSED);
            awaitState("app.log", EpochState.CLOSED);
            awaitThat(() -> WalDirectory.list(temporary.resolve("apps")).isEmpty());
            assertThat(epoch("shop-log").last()).isEqualTo(999);
            if (agentRestarts) {
                agent.close();
            }
            loseTheCluster();
            Ended restored = restore("--archive");
            assertThat(restored.code()).as(restored.err()).isZero();
            assertThat(restored.out()).contains("restored streams=2 segments=2 events=502 producers=2 (open: 2)");
            if (agentRestarts) {
                agent = new AgentInTest(config, log);
            }
            awaitState("shop-log", EpochState.FORGOTTEN);
            awaitState("app.log", EpochState.FORGOTTEN);
            assertLost("shop-log", 500, 500);
            assertLost("app.log", 2, 1);
            assertThat(restore("--archive", "--settle").out())
                    .isEqualTo("absent producers=0 lost=0; nothing was done: say --yes if they will not come\n");
        } finally {
            agent.close();
        }
    }

    @Test
    void aProducerThatIsAwayIsSettledWhenAPersonSaysSoAndMayStillCome() throws Exception {
        try (WalWriter wal = application()) {
            try (AgentInTest agent = new AgentInTest(config, log)) {
                write(wal, 0, 500);
                awaitLast("shop-log", 499);
                cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0));
                write(wal, 500, 300);
                awaitLast("shop-log", 799);
                archive(); // It learns of 799, and has 499.
                write(wal, 800, 200);
                awaitLast("shop-log", 999);
                assertThat(agent.isConnected()).isTrue();
            }
            loseTheCluster();
            assertThat(restore("--archive", "--settle").err()).contains("the cluster was not restored from ");
            assertThat(restore("--archive").out())
                    .contains("restored streams=1 segments=1 events=500 producers=1 (open: 1) declared as lost=0");
            assertThat(restore("--archive").out()).contains("restored from this archive before; nothing was changed");
            assertThat(audited("shop-log").path("missing").asLong()).isEqualTo(300);

            String line = " tenant=acme stream=shop-log producer=shop epoch=1 last=499 acknowledged=799 lost=300\n";
            Ended asked = restore("--archive", "--settle");
            assertThat(asked.out())
                    .startsWith("absent" + line)
                    .contains("absent producers=1 lost=300; nothing was done");
            assertThat(epoch("shop-log").state()).isEqualTo(EpochState.OPEN);
            Ended settled = restore("--archive", "--settle", "--yes");
            assertThat(settled.code()).as(settled.err()).isZero();
            assertThat(settled.out()).isEqualTo("abandoned" + line + "abandoned producers=1 lost=300\n");
            assertLost("shop-log", 500, 300);
            assertThat(audited("shop-log").path("state").asText()).isEqualTo("ABANDONED");

            // The host was only switched off: what it has of the declared is late, the rest is welcome.
            try (AgentInTest agent = new AgentInTest(config, log)) {
                awaitLast("shop-log", 999);
                assertLost("shop-log", 700, 300);
                assertThat(audited("shop-log").path("state").asText()).isEqualTo("OPEN");
                end(wal);
                awaitState("shop-log", EpochState.FORGOTTEN);
                assertThat(agent.isConnected()).isTrue();
            }
        }
        assertLost("shop-log", 700, 300);
    }

    @Test
    void aSnapshotBecomesACluster() throws Exception {
        cluster.sealed("ledger", "l0", "l1", "l2");
        cluster.sealed("orders", "o0");
        archive();
        String id = cluster.catalog().snapshots().get(0).id();
        loseTheCluster();
        Ended unknown = restore("--snapshot", "ledger-7");
        assertThat(unknown.code()).isNotZero();
        assertThat(unknown.err()).contains("no snapshot 'ledger-7' in ", "there are " + id + " in 'cold'");
        Ended restored = restore("--snapshot", id);
        assertThat(restored.code()).as(restored.err()).isZero();
        assertThat(restored.out())
                .contains("restored streams=1 segments=1 events=3 producers=1", "a target of its own");
        assertThat(restore("--snapshot", id).out()).contains("nothing was changed");
        assertThat(restore("--archive").err()).contains("restored from another archive: from snapshot " + id);
        assertLost("ledger", 3, 0);
        Path into = temporary.resolve("into");
        assertThat(raftsman("restore", "--snapshot", id, "--policy", policy.toString(), "--into", into.toString())
                        .out())
                .contains("restored segments=1 (kept from before: 0) events=3");
        assertThat(raftsman("restore", "--snapshot", id, "--policy", policy.toString(), "--into", into.toString())
                        .out())
                .contains("restored segments=1 (kept from before: 1) events=3");
    }

    @Test
    void settlingIsForClusters() {
        String into = temporary.resolve("into").toString();
        for (List<String> words : List.of(
                List.of("restore", "--archive", "--settle", "--policy", policy.toString(), "--into", into),
                List.of("restore", "--archive", "--yes", "--policy", policy.toString(), "--into", into))) {
            Ended ended = raftsman(words.toArray(String[]::new));
            assertThat(ended.code()).as(ended.err()).isEqualTo(ExitCodes.USAGE);
            assertThat(ended.err().lines()).hasSize(1);
        }
    }
}
