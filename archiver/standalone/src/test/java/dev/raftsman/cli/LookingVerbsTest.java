package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.catalog.Command;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code status}, {@code streams}, {@code top} and {@code audit} before a collector's real state. */
class LookingVerbsTest {
    private static final String LAG =
            "{\"agents\":[{\"tenant\":\"acme\",\"agent\":\"host-7\",\"streams\":[{\"stream\":\"orders\",\"lagBytes\":2048,"
                    + "\"lagSeconds\":3.5,\"asOfMillis\":1}]}]}";

    @TempDir
    private Path temporary;

    private ServedState cluster;
    private Path policy;

    private record Ended(int code, String out, String err) {
        JsonNode json() throws IOException {
            return new ObjectMapper().readTree(out);
        }
    }

    @BeforeEach
    void begin() throws IOException {
        cluster = new ServedState(temporary.resolve("state"));
        cluster.behindMillis = 3 * 3_600_000L;
        cluster.sealed("orders", "o1", "o2");
        cluster.sealed("disk-probe", "up");
        cluster.behindMillis = 0;
        cluster.execute(new Command.Configure(1 << 20));
        policy = Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                defaults: {keepHot: {age: 2h}, to: cold}
                policies:
                - {name: chatter, match: {stream: "*-probe"}, then: truncate}
                - {name: rest}
                """.formatted(temporary.resolve("archive")));
    }

    @AfterEach
    void end() throws IOException {
        cluster.close();
    }

    private Ended raftsman(String verb, String... more) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        List<String> words = new ArrayList<>(List.of(verb, "--cluster", cluster.address()));
        words.addAll(List.of(more));
        int code = Main.commandLine()
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(words.toArray(String[]::new));
        return new Ended(code, out.toString(), err.toString());
    }

    @Test
    void statusSaysWhoLeadsHowFullItIsAndHowFarAgentsAreBehind() throws IOException {
        assertThat(raftsman("status").out())
                .contains("n1", "LEADER", "enough", "93.1 GiB", "members: 1 vote\n")
                .doesNotContain("agents:");
        cluster.agents = LAG;
        Ended status = raftsman("status");
        assertThat(status.code()).isZero();
        assertThat(status.out())
                .contains("agents: 1, 2.0 KiB not acknowledged, the oldest for 3.5 s (orders of host-7)\n");
        assertThat(status.out().lines().filter(line -> line.startsWith("acme")).toList())
                .extracting(line -> line.split(" +")[1] + " " + line.split(" +")[2])
                .containsExactly("disk-probe 1", "orders 2");
        JsonNode json = raftsman("status", "--json").json();
        assertThat(json.at("/nodes/0/status/role").asText()).isEqualTo("LEADER");
        assertThat(json.at("/streams/1/hot/events").asLong()).isEqualTo(2);
        assertThat(json.at("/agents/0/lagBytes").asLong()).isEqualTo(2048);

        cluster.role = "CANDIDATE";
        Ended unled = raftsman("status", "--json");
        assertThat(unled.code()).isEqualTo(ExitCodes.UNAVAILABLE);
        assertThat(unled.json().at("/nodes/0/status/role").asText()).isEqualTo("CANDIDATE");
        assertThat(unled.err()).isEqualTo("raftsman: none of [" + cluster.address() + "] leads\n");
    }

    @Test
    void streamsSaysWhatIsWhereAndWhatComesNext() throws Exception {
        JsonNode orders = raftsman("streams", "ord*", "--json").json().path("streams");
        assertThat(orders).hasSize(1);
        assertThat(orders.at("/0/events").asLong()).isEqualTo(2);
        assertThat(orders.at("/0/rawBytes").asLong()).isEqualTo(6);
        assertThat(orders.at("/0/first").asText()).matches("[0-9-]+T[0-9:.]+Z");
        assertThat(orders.at("/0/policy").isMissingNode()).isTrue();

        Ended decided = raftsman("streams", "--policy", policy.toString());
        assertThat(decided.out()).contains("chatter  -", "truncate 1: hot-age 3h >= 2h", "archive 1: hot-age 3h >= 2h");
        Path plan = temporary.resolve("plan.json");
        raftsman("retention", "plan");
        for (List<String> words : List.of(
                List.of("retention", "plan", "--out", plan.toString()),
                List.of("retention", "apply", plan.toString()))) {
            List<String> all = new ArrayList<>(words);
            all.addAll(List.of("--cluster", cluster.address(), "--policy", policy.toString()));
            assertThat(Main.commandLine()
                            .setOut(new PrintWriter(new StringWriter()))
                            .execute(all.toArray(String[]::new)))
                    .isZero();
        }
        JsonNode after = raftsman("streams", "--json").json().path("streams");
        assertThat(after.at("/0/next").asText()).startsWith("delete 1, the first at ");
        assertThat(after.at("/0/policy").asText()).isEqualTo("chatter");
        assertThat(after.at("/1/archived/events").asLong()).isEqualTo(2);
        assertThat(raftsman("streams", "nothing").out().lines()).hasSize(1);
        assertThat(raftsman("audit", "--quick", "--json", "orders")
                        .json()
                        .at("/rows/0/archived")
                        .asLong())
                .isEqualTo(2);
    }

    @Test
    void auditSaysWhatHostsStillHoldAsFarAsItIsKnown() throws IOException {
        assertThat(raftsman("audit", "orders").out())
                .contains("still-on-host tenant=acme stream=orders open-epochs=1 bytes=not-known seconds=not-known\n");
        cluster.agents = LAG;
        assertThat(raftsman("audit", "--quick", "--stream", "ord*").out())
                .contains("open-epochs=1 bytes=2048 seconds=3.5 agents=host-7\n")
                .endsWith(" verified=not-read refused-duplicates=0 refused-conflicts=0 unreadable=not-read truncated=0"
                        + " lost=0 duplicated=0\n");
        JsonNode json = raftsman("audit", "--json", "--producer", "a?p", "--since", "4h")
                .json();
        assertThat(json.path("rows")).hasSize(2);
        assertThat(json.path("verified").asLong()).isEqualTo(3);
        assertThat(json.at("/onHosts/1/bytes").asLong()).isEqualTo(2048);
        assertThat(raftsman("audit", "--since", "1h", "--json").json().path("rows"))
                .isEmpty();
        assertThat(raftsman("audit", "nothing").err()).isEqualTo("raftsman: no stream is named nothing\n");
        assertThat(raftsman("audit", "--producer", "nobody").code()).isEqualTo(ExitCodes.NO_INPUT);
    }

    @Test
    void topSaysWhatWentOnBetweenTwoLooks() throws IOException {
        AtomicLong looks = new AtomicLong();
        cluster.metrics = () -> {
            long n = looks.incrementAndGet();
            try {
                cluster.sealed("orders", "more " + n);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
            return """
                    raftsman_collector_block_bytes_total %d.0
                    raftsman_collector_blocks_total{verdict="accepted"} %d.0
                    raftsman_collector_connections 4.0
                    raftsman_collector_stage_seconds_bucket{stage="commit",le="0.005"} 10
                    raftsman_collector_stage_seconds_bucket{stage="commit",le="0.01"} %d
                    raftsman_collector_stage_seconds_bucket{stage="commit",le="+Inf"} %d
                    """.formatted(1_000_000 * n, 10 * n, 10 + 100 * n, 10 + 100 * n);
        };
        cluster.agents = LAG;
        JsonNode top =
                raftsman("top", "--once", "--json", "--interval", "200ms").json();
        assertThat(looks.get()).isEqualTo(2);
        double seconds = top.path("seconds").asDouble();
        assertThat(top.path("storedBytesPerSecond").asDouble() * seconds).isBetween(999_999.0, 1_000_001.0);
        assertThat(top.path("commitP99Millis").asDouble()).isBetween(9.9, 10.0);
        assertThat(top.has("waitP99Millis")).isFalse();
        assertThat(top.at("/streams/0/stream").asText()).isEqualTo("orders");
        assertThat(top.at("/streams/0/eventsPerSecond").asDouble()).isPositive();
        assertThat(top.at("/streams/0/lagBytes").asLong()).isEqualTo(2048);
        assertThat(top.at("/nodes/0/connections").asLong()).isEqualTo(4);
        assertThat(raftsman("top", "--interval", "200ms").out())
                .contains("leader n1", "commit p99 10.0 ms  ", "lag 2.0 KiB, 3.5 s")
                .doesNotContain("\033");
    }

    @Test
    void aFrameStaysWithinItsTerminal() {
        String frame = TopCommand.frame("one\ntwo is long\nthree\n", new TopCommand.Size(3, 5), false);
        assertThat(frame).isEqualTo("\033[Hone\033[K\ntwo i\033[K\n\033[J");
    }
}
