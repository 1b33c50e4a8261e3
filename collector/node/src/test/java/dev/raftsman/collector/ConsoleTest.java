package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.block.GapBlock;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wire.Frame;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The console's pages on one node. */
class ConsoleTest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int STREAMS = 700;
    private static final int OTHERS = 2;
    private static final int MOST_PAGE_BYTES = 200_000;

    @TempDir
    static Path root;

    private static NodesInOneJvm cluster;
    private static long epoch;
    private static long forms;

    @BeforeAll
    static void start() throws Exception {
        cluster = new NodesInOneJvm(root, 1, 1 << 20, Duration.ofHours(1));
        cluster.startAll();
        try (SidecarClient sidecar = cluster.connectToLeader()) {
            epoch = sidecar.open("app", new UUID(1, 2), "orders");
            append(
                    sidecar,
                    epoch,
                    Blocks.ofLines(0, "first needle\nsecond\nthird needle\n".getBytes(StandardCharsets.UTF_8)),
                    2);
            append(sidecar, epoch, GapBlock.encode(3, 4, LossReason.PROCESS_DIED, 1), 6);
            append(sidecar, epoch, Blocks.ofLines(7, "fourth needle\n".getBytes(StandardCharsets.UTF_8)), 7);
            forms = sidecar.open("shop", new UUID(1, 9), "forms");
            append(sidecar, forms, Blocks.ofEvent(0, 1_700_000_000_123_456_789L), 0);
            append(sidecar, forms, GapBlock.encode(1, 3, LossReason.PROCESS_DIED, 1), 3);
            byte[] lines = {'a', (byte) 0xC3, '\n', 'b'};
            append(sidecar, forms, Blocks.ofUnterminatedLines(4, lines, 2, new Loss(LossReason.RING_FULL, 7)), 5);
            for (int i = 0; i < STREAMS; i++) {
                sidecar.open("p", new UUID(3, i), "s-%03d".formatted(i));
            }
        }
    }

    private static void append(SidecarClient sidecar, long epoch, ByteBuffer block, long through) throws IOException {
        assertThat(sidecar.ask(new Frame.Append(epoch, block))).isEqualTo(new Frame.Ack(epoch, through));
    }

    @AfterAll
    static void stop() {
        if (cluster != null) {
            cluster.close();
        }
    }

    private static JsonNode json(String path) throws Exception {
        HttpResponse<String> response = cluster.get(0, path);
        assertThat(response.statusCode()).as(path).isEqualTo(200);
        return JSON.readTree(response.body());
    }

    @Test
    void servesThePageToBrowsersOnlyWhereTheyAskForIt() throws Exception {
        HttpResponse<String> root = cluster.get(0, "/", "Accept", "text/html,application/xhtml+xml");
        assertThat(root.statusCode()).isEqualTo(302);
        assertThat(root.headers().firstValue("Location")).contains("console/");
        assertThat(cluster.get(0, "/", "Accept", "*/*").statusCode()).isEqualTo(404);
        assertThat(cluster.get(0, "/console").headers().firstValue("Location")).contains("console/");
        assertThat(cluster.get(0, "/console/").body()).startsWith("<!doctype html>");
        assertThat(cluster.get(0, "/console/../catalog").statusCode()).isEqualTo(404);
        assertThat(cluster.get(0, "/console/package-info.class").statusCode()).isEqualTo(404);
        assertThat(cluster.post(0, "/console/", "").statusCode()).isEqualTo(405);
    }

    @Test
    void letsNothingButItsOwnFilesBeLoadedOrRun() throws Exception {
        for (String path : List.of("/console/", "/console/app.js", "/v1/console/overview")) {
            var headers = cluster.get(0, path).headers();
            assertThat(headers.firstValue("Content-Security-Policy").orElseThrow())
                    .contains("default-src 'self'")
                    .doesNotContain("unsafe");
            assertThat(headers.firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(headers.firstValue("Referrer-Policy")).contains("no-referrer");
            assertThat(headers.firstValue("Access-Control-Allow-Origin")).isEmpty();
        }
        assertThat(cluster.get(0, "/console/").body())
                .doesNotContainPattern("<script(?![^>]* src=)")
                .doesNotContain("<style", " style=", " onclick=", "http://", "https://");
    }

    @Test
    void answersWhatABrowserHasAlreadyWithItsTagAlone() throws Exception {
        HttpResponse<String> first = cluster.get(0, "/console/app.js");
        String tag = first.headers().firstValue("ETag").orElseThrow();
        assertThat(tag).matches("\"[0-9a-f]{32}\"");
        assertThat(cluster.get(0, "/console/app.js", "If-None-Match", tag).statusCode())
                .isEqualTo(304);
        assertThat(cluster.get(0, "/console/console.css", "If-None-Match", tag).statusCode())
                .isEqualTo(200);
        HttpResponse<String> packed = cluster.get(0, "/console/app.js", "Accept-Encoding", "gzip");
        assertThat(packed.headers().firstValue("Content-Encoding")).contains("gzip");
        // Other bytes have another tag.
        assertThat(packed.headers().firstValue("ETag").orElseThrow()).isNotEqualTo(tag);
    }

    @Test
    void isSmall() throws Exception {
        List<String> names = new ArrayList<>(List.of("", "console.css", "icon.svg", "app.js"));
        Pattern imports = Pattern.compile("from '\\./([a-z]+\\.js)'");
        long plain = 0;
        long packed = 0;
        for (int i = 0; i < names.size(); i++) {
            String body = cluster.get(0, "/console/" + names.get(i)).body();
            plain += body.getBytes(StandardCharsets.UTF_8).length;
            packed += cluster.getBytes(0, "/console/" + names.get(i), "Accept-Encoding", "gzip").length;
            for (Matcher found = imports.matcher(body); found.find(); ) {
                if (!names.contains(found.group(1))) {
                    names.add(found.group(1));
                }
            }
        }
        System.out.printf("console: %d files, %d bytes, %d as they are sent%n", names.size(), plain, packed);
        assertThat(names).hasSize(15);
        assertThat(plain).isLessThan(MOST_PAGE_BYTES);
        assertThat(packed).isLessThan(plain / 2);
    }

    @Test
    void givesListsInPartsFilteredAndSorted() throws Exception {
        JsonNode page = json("/v1/console/streams?offset=10&limit=5&filter=S-&sort=name&order=desc");
        assertThat(page.path("total").asInt()).isEqualTo(STREAMS + OTHERS);
        assertThat(page.path("matching").asInt()).isEqualTo(STREAMS);
        assertThat(page.path("rows")).hasSize(5);
        assertThat(page.path("rows").get(0).path("stream").asText()).isEqualTo("s-%03d".formatted(STREAMS - 11));
        JsonNode most = json("/v1/console/streams?sort=events&order=desc&limit=1")
                .path("rows")
                .get(0);
        assertThat(most.path("stream").asText()).isEqualTo("orders");
        assertThat(most.path("events").asInt()).isEqualTo(4);
        assertThat(most.path("gapEvents").asInt()).isEqualTo(4);
        assertThat(most.path("hotBytes").asLong()).isPositive();
        assertThat(json("/v1/console/streams?offset=5000").path("rows")).isEmpty();
    }

    @Test
    void refusesToSendWithoutBounds() throws Exception {
        assertRefused("/v1/console/streams?limit=501", "limit: '501'; expected 1 to 500");
        assertRefused("/v1/console/streams?limit=0", "limit");
        assertRefused("/v1/console/streams?offset=-1", "offset");
        assertRefused("/v1/console/streams?offset=x", "offset: 'x'");
        assertRefused("/v1/console/streams?sort=colour", "sort: 'colour'; expected one of archived");
        assertRefused("/v1/console/streams?order=up", "order");
        assertRefused("/v1/console/streams?filter=" + "x".repeat(201), "filter: 201 characters");
        assertRefused("/v1/console/segments?stream=0", "stream");
        assertRefused("/v1/search?tenant=acme&stream=orders&limit=5001", "limit");
        assertRefused("/v1/search?tenant=acme&stream=orders&regex=true&text=(", "(");
        assertRefused("/v1/search?tenant=acme&stream=orders&level=LOUD", "expected TRACE, DEBUG");
        assertRefused("/v1/search?tenant=acme&stream=orders&from=today", "from: 'today'");
        assertRefused("/v1/search?tenant=acme&stream=orders&from=2026-01-02T00:00Z&to=2026-01-01T00:00Z", "after to");
    }

    private static void assertRefused(String path, String why) throws Exception {
        HttpResponse<String> response = cluster.get(0, path);
        assertThat(response.statusCode()).as(path).isEqualTo(400);
        assertThat(JSON.readTree(response.body()).path("error").asText()).contains(why);
    }

    @Test
    void tellsOfEachMemberAndOfTheLastQuarterOfAnHour() throws Exception {
        JsonNode overview = json("/v1/console/overview");
        assertThat(overview.path("leads").asText()).isEqualTo("n0");
        assertThat(overview.path("nodes")).hasSize(1);
        assertThat(overview.path("nodes").get(0).path("status").path("role").asText())
                .isEqualTo("LEADER");
        assertThat(overview.path("totals").path("streams").asInt()).isEqualTo(STREAMS + OTHERS);
        assertThat(overview.path("totals").path("gapEvents").asInt()).isEqualTo(4 + 3);
        await().atMost(20, TimeUnit.SECONDS)
                .until(() -> !json("/v1/console/history")
                        .path("nodes")
                        .get(0)
                        .path("samples")
                        .isEmpty());
    }

    @Test
    void theAuditAddsUpAndTellsReasons() throws Exception {
        JsonNode row = json("/v1/console/audit?filter=app").path("rows").get(0);
        assertThat(row.path("producer").asText()).isEqualTo("app");
        assertThat(row.path("events").asLong() + row.path("gapEvents").asLong())
                .isEqualTo(row.path("last").asLong() + 1);
        assertThat(row.path("hot").asLong()).isEqualTo(8);
        JsonNode losses = json("/v1/console/losses?epoch=" + epoch);
        assertThat(losses.path("losses")).hasSize(1);
        assertThat(losses.path("losses").get(0).path("reason").asText()).isEqualTo("PROCESS_DIED");
        assertThat(losses.path("losses").get(0).path("sequence").asLong()).isEqualTo(3);
        assertThat(losses.path("losses").get(0).path("count").asLong()).isEqualTo(4);
    }

    @Test
    void searchesNewestFirstAndSaysWhatItReadAndCut() throws Exception {
        List<JsonNode> found = search("text=needle");
        assertThat(found).hasSize(4);
        assertThat(found.get(0).path("message").asText()).isEqualTo("fourth needle");
        assertThat(found.get(2).path("message").asText()).isEqualTo("first needle");
        assertThat(found.get(2).path("offset").asText()).endsWith(".0");
        assertThat(found.get(1).path("offset").asText()).endsWith(".2");
        JsonNode totals = found.get(3).path("totals");
        assertThat(totals.path("matches").asInt()).isEqualTo(3);
        assertThat(totals.path("blocks").asInt()).isEqualTo(3);
        assertThat(totals.path("blocksRead").asInt()).isEqualTo(2);
        assertThat(totals.has("cut")).isFalse();

        List<JsonNode> few = search("text=needle&limit=1");
        assertThat(few.get(0).path("message").asText()).isEqualTo("fourth needle");
        assertThat(few.get(1).path("totals").path("cut").asText()).isEqualTo("only the newest 1 are given");

        assertThat(search("level=WARN")).hasSize(1);
        assertThat(search("text=f.*th&regex=true")).hasSize(2);
        assertThat(search("").stream().filter(line -> line.has("gap"))).hasSize(1);
        assertThat(search("to=1960-01-01T00:00Z")
                        .get(0)
                        .path("totals")
                        .path("segments")
                        .asInt())
                .isZero();
        assertThat(cluster.get(0, "/v1/search?tenant=acme&stream=none").statusCode())
                .isEqualTo(404);
    }

    @Test
    void whatIsFoundLooksAsItDoesInTheStream() throws Exception {
        List<String> found = new ArrayList<>(cluster.get(0, "/v1/search?tenant=acme&stream=forms")
                .body()
                .lines()
                .toList());
        assertThat(found.remove(found.size() - 1)).startsWith("{\"totals\":");
        assertThat(found.stream().map(line -> line.replaceFirst("\"offset\":\"[0-9.]+\",", "")))
                .containsExactly(
                        line("{'message':'b','unterminated':true,'sequence':5,'producer':'shop','epoch':%d}", forms),
                        line("{'message':'a\uFFFD','sequence':4,'producer':'shop','epoch':%d,'lossy':true}", forms),
                        line(
                                "{'gap':{'from':1,'to':3,'reason':'PROCESS_DIED','count':3},'producer':'shop',"
                                        + "'epoch':%d}",
                                forms),
                        line(
                                "{'time':'2023-11-14T22:13:20.123456789Z','level':'WARN','logger':'shop.Orders',"
                                        + "'thread':'main','message':'late','throwable':'java.io.IOException: x',"
                                        + "'truncated':true,'fields':{'user':'ö'},'sequence':0,'producer':'shop',"
                                        + "'epoch':%d}",
                                forms));
        List<String> stream = new ArrayList<>(
                cluster.get(0, "/v1/streams/acme/forms/events").body().lines().toList());
        // What was lost without a sequence is no item that a search looks at.
        assertThat(stream.remove(2)).contains("RING_FULL");
        Collections.reverse(found);
        assertThat(found).isEqualTo(stream);
    }

    private static String line(String json, long epoch) {
        return json.replace('\'', '"').formatted(epoch);
    }

    private static List<JsonNode> search(String query) throws Exception {
        HttpResponse<String> response = cluster.get(0, "/v1/search?tenant=acme&stream=orders&" + query);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).contains("application/x-ndjson");
        List<JsonNode> lines = new ArrayList<>();
        for (String line : response.body().lines().toList()) {
            lines.add(JSON.readTree(line));
        }
        return lines;
    }
}
