package dev.raftsman.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.input.OperatorLog;
import dev.raftsman.ring.RingSettings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Applications are killed while they log, and the agent's account of each is compared with the application's own. Kills
 * come when a random number of events has been taken, which may be before the log is even open. Every other time the threads
 * are held between two calls just before, so that the two accounts must be equal; otherwise they may differ by the calls
 * that were under way, one a thread.
 *
 * <p>{@code -Draftsman.kills=50} for the long campaign, {@code -Draftsman.seed} to repeat one.
 */
@Tag("long")
class KillCampaignTest {
    private static final int KILLS = Integer.getInteger("raftsman.kills", 10);
    private static final long SEED = Long.getLong("raftsman.seed", System.nanoTime());

    @TempDir
    Path directory;

    private final Random random = new Random(SEED);
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final OperatorLog log =
            new OperatorLog(new PrintStream(said, true, StandardCharsets.UTF_8), Clock.systemUTC());

    private record Victim(String name, Tally tally, boolean block, boolean held, String what) {}

    @Test
    void afterAKillWhatWasInTheRingIsLostAndTheAgentReportsExactlyThat() throws Exception {
        List<String> report = new ArrayList<>();
        try (FakeCollector collector = new FakeCollector(SEED, 0)) {
            Path root = Files.createDirectory(directory.resolve("apps"));
            List<Victim> victims = new ArrayList<>();
            try (Agent agent = agent(collector, root)) {
                for (int kill = 0; kill < KILLS; kill++) {
                    victims.add(kill(root, kill));
                }
                for (Victim victim : victims) {
                    awaitThat(() -> Account.isOver(collector, victim.name));
                }
                assertThat(agent.metrics()).isNotNull();
            }
            for (Victim victim : victims) {
                report.add(check(collector, victim));
            }
            assertThat(report).as("some had events in the ring").anyMatch(line -> !line.contains("died=0 "));
        } finally {
            System.err.println("kill -9: -Draftsman.seed=" + SEED + "\n  " + String.join("\n  ", report));
        }
    }

    private Victim kill(Path root, int number) throws Exception {
        int threads = number % 4 < 2 ? 2 : 4;
        boolean held = number % 2 == 1;
        boolean block = random.nextInt(3) > 0;
        int slots = RingSettings.DEFAULTS.slots();
        long taken = random.nextInt(4) == 0 ? random.nextInt(slots) : slots + random.nextInt(200_000);
        String name = "app-" + number;
        Path tallyFile = directory.resolve(name + ".tally");
        Tally tally = new Tally(tallyFile);
        Process process = LoadedApplication.start(
                directory.resolve(name + ".out"),
                root,
                name,
                tally,
                tallyFile,
                Map.of("threads", "" + threads, "whenFull", block ? "BLOCK" : "DROP", "lostPauseNanos", "20000"));
        try {
            awaitThat(() -> tally.state() == Tally.RUNNING && tally.returned() - tally.lost() >= taken);
            if (held) {
                tally.state(Tally.HELD);
                while (tally.parked() < threads) {
                    Thread.onSpinWait();
                    assertThat(process.isAlive()).isTrue();
                }
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
        return new Victim(name, tally, block, held, threads + " threads, " + (block ? "block" : "drop"));
    }

    private static String check(FakeCollector collector, Victim victim) {
        Account account = Account.of(collector, victim.name);
        long returned = victim.tally.returned();
        long begun = victim.tally.begun();
        String line = victim.name + ": " + victim.what + (victim.held ? ", held" : "") + ", returned=" + returned
                + " under way=" + (begun - returned) + " stored=" + account.stored() + " died=" + account.died()
                + " lost=" + account.lost() + " total-returned=" + (account.total() - returned);
        assertThat(account.total()).as(line).isBetween(returned, begun);
        assertThat(account.died()).as(line).isLessThanOrEqualTo(RingSettings.DEFAULTS.slots());
        assertThat(victim.tally.hasThrown()).as(line).isFalse();
        if (victim.held) {
            assertThat(begun).as(line).isEqualTo(returned);
            assertThat(account.lost()).as(line).isEqualTo(victim.tally.lost());
        }
        if (victim.block) {
            assertThat(account.lost()).as(line).isZero();
        }
        Account.assertOrder(collector, victim.name, !victim.block);
        return line;
    }

    private Agent agent(FakeCollector collector, Path root) throws Exception {
        Path config = directory.resolve("agent.yaml");
        Files.writeString(
                config,
                String.join(
                        "\n",
                        "version: 1",
                        "agent: host",
                        "data: " + directory.resolve("data"),
                        "collectors: ['" + collector.address() + "']",
                        "http: {listen: '127.0.0.1:0'}",
                        "wal: {roots: ['" + root + "']}"));
        Agent agent = new Agent(AgentConfig.read(config), log);
        agent.start();
        return agent;
    }

    private void awaitThat(BooleanSupplier holds) {
        try {
            await().atMost(Duration.ofSeconds(60))
                    .pollInterval(Duration.ofMillis(1))
                    .until(holds::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(said.toString(StandardCharsets.UTF_8), e);
        }
    }
}
