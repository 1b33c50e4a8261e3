package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.store.EpochBlock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class TailsTest {
    private static final String EVENTS = "/v1/streams/acme/audit/events";

    @TempDir
    private Path directory;

    private TestStreams streams;
    private long epoch;

    @BeforeEach
    void open() throws IOException {
        streams = new TestStreams(directory, null, Duration.ofMillis(400));
        epoch = streams.open("app", "audit");
    }

    @AfterEach
    void close() throws IOException {
        streams.close();
    }

    @Test
    void writesEachItemWithItsOffset() throws Exception {
        streams.append(
                new EpochBlock(epoch, TestStreams.eventBlock(0, "paid \"5\"\n")),
                new EpochBlock(epoch, TestStreams.gapBlock(1, 3)),
                new EpochBlock(
                        epoch,
                        TestStreams.lineBlock(
                                4,
                                2,
                                new byte[] {'a', (byte) 0xC3, '\n', 'b', '\n'},
                                new Loss(LossReason.RING_FULL, 7))));
        HttpResponse<String> answer = streams.get(EVENTS);
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/x-ndjson");
        assertThat(answer.body()).isEqualTo("""
                {"offset":"2.0","time":"2023-11-14T22:13:20.123456789Z","level":"UNPARSED","logger":"","thread":"",\
                "message":"paid \\"5\\"\\n","fields":{"user":"ö"},"sequence":0,"producer":"app","epoch":1}
                {"offset":"2.1","gap":{"from":1,"to":3,"reason":"PROCESS_DIED","count":3},"producer":"app","epoch":1}
                {"offset":"2.2","gap":{"reason":"RING_FULL","count":7},"producer":"app","epoch":1}
                {"offset":"2.3","message":"a\\uFFFD","sequence":4,"producer":"app","epoch":1,"lossy":true}
                {"offset":"2.4","message":"b","sequence":5,"producer":"app","epoch":1}
                """.replace("\\uFFFD", "\uFFFD"));
    }

    @Test
    void everyOffsetIsAPlaceToGoOnFromHoweverSegmentsWereCut() throws Exception {
        for (int i = 0; i < 5; i++) {
            streams.lines(epoch, i * 3L, 3, "line ");
            if (i % 2 == 1) {
                streams.seal("audit");
            }
        }
        List<String> offsets = TestStreams.values(streams.get(EVENTS).body(), "offset");
        List<String> messages = TestStreams.values(streams.get(EVENTS).body(), "message");
        assertThat(messages).hasSize(15).doesNotHaveDuplicates();
        for (int i = 0; i < offsets.size(); i++) {
            assertThat(TestStreams.values(
                            streams.get(EVENTS + "?from=" + offsets.get(i)).body(), "message"))
                    .isEqualTo(messages.subList(i, 15));
        }
        assertThat(TestStreams.values(
                        streams.get(EVENTS + "?limit=4&from=" + offsets.get(1)).body(), "offset"))
                .isEqualTo(offsets.subList(1, 5));
        for (int last = 0; last <= 16; last++) {
            assertThat(TestStreams.values(
                            streams.get(EVENTS + "?from=latest&last=" + last).body(), "offset"))
                    .as("the last %d", last)
                    .isEqualTo(offsets.subList(Math.max(0, 15 - last), 15));
        }
    }

    @Test
    void goesOnWithWhatIsAppliedAndEndsAfterSilence() throws Exception {
        streams.lines(epoch, 0, 1, "line ");
        HttpResponse<InputStream> answer =
                streams.get(EVENTS + "?wait=300ms", HttpResponse.BodyHandlers.ofInputStream());
        try (BufferedReader lines = reader(answer)) {
            assertThat(lines.readLine()).contains("line 0");
            long other = streams.open("app", "other");
            for (int i = 1; i < 6; i++) {
                streams.lines(epoch, i, 1, "line ");
                streams.lines(other, i - 1, 1, "other ");
                assertThat(lines.readLine()).contains("line " + i);
                if (i == 3) {
                    streams.seal("audit");
                }
            }
            assertThat(lines.readLine()).isNull();
        }
    }

    private static BufferedReader reader(HttpResponse<InputStream> answer) {
        assertThat(answer.statusCode()).isEqualTo(200);
        return new BufferedReader(new InputStreamReader(answer.body(), StandardCharsets.UTF_8));
    }

    @Test
    void anOffsetAheadIsWaitedFor() throws Exception {
        streams.lines(epoch, 0, 1, "line ");
        streams.seal("audit");
        String ahead = TestStreams.values(streams.get("/v1/streams").body().replace("},", "}\n"), "next")
                .get(0);
        HttpResponse<InputStream> answer =
                streams.get(EVENTS + "?wait=10s&limit=1&from=" + ahead, HttpResponse.BodyHandlers.ofInputStream());
        streams.lines(epoch, 1, 1, "line ");
        assertThat(reader(answer).readLine()).contains("line 1");
    }

    @Test
    void sendsEventsThatABrowserResumes() throws Exception {
        long entry = streams.lines(epoch, 0, 3, "line ");
        HttpResponse<InputStream> answer = streams.get(
                EVENTS,
                HttpResponse.BodyHandlers.ofInputStream(),
                "Accept",
                "text/event-stream",
                "Last-Event-ID",
                entry + ".0");
        assertThat(answer.headers().firstValue("Content-Type")).contains("text/event-stream; charset=utf-8");
        try (BufferedReader lines = reader(answer)) {
            assertThat(lines.readLine()).isEqualTo("id: " + entry + ".1");
            assertThat(lines.readLine())
                    .startsWith("data: {\"offset\":\"" + entry + ".1\"")
                    .endsWith("}");
            assertThat(lines.readLine()).isEmpty();
            assertThat(lines.readLine()).isEqualTo("id: " + entry + ".2");
        }
    }

    @Test
    void saysWhereAStreamIsTrimmed() throws Exception {
        long first = streams.lines(epoch, 0, 3, "line ");
        streams.seal("audit");
        long second = streams.lines(epoch, 3, 3, "line ");
        streams.seal("audit");
        streams.truncateOldest();
        HttpResponse<String> answer = streams.get(EVENTS + "?from=" + first + ".1&wait=1s");
        assertThat(answer.statusCode()).isEqualTo(410);
        assertThat(answer.body()).contains("\"trimmedAt\":\"" + second + ".0\"").contains("\"state\":\"TRUNCATED\"");
        assertThat(TestStreams.values(streams.get(EVENTS).body(), "message"))
                .as("earliest")
                .containsExactly("line 3", "line 4", "line 5");
        streams.truncateOldest();
        long third = streams.lines(epoch, 6, 1, "line ");
        assertThat(streams.get(EVENTS + "?from=" + second + ".0").body()).contains("\"trimmedAt\":\"" + third + ".0\"");
        assertThat(streams.get(EVENTS + "?from=latest").statusCode()).isEqualTo(200);
    }

    @Test
    void aTrimmedStreamWithNothingHotBeginsBehindEverything() throws Exception {
        streams.lines(epoch, 0, 3, "line ");
        streams.seal("audit");
        streams.truncateOldest();
        assertThat(streams.get(EVENTS + "?from=latest").statusCode()).isEqualTo(200);
        HttpResponse<String> earliest = streams.get(EVENTS);
        assertThat(earliest.statusCode()).isEqualTo(200);
        assertThat(earliest.body()).isEmpty();
    }

    @Test
    void oneReaderTooManyIsSentElsewhere() throws Exception {
        streams.lines(epoch, 0, 1, "line ");
        List<InputStream> readers = new ArrayList<>();
        for (int i = 0; i < Tails.MOST; i++) {
            HttpResponse<InputStream> answer =
                    streams.get(EVENTS + "?wait=60s", HttpResponse.BodyHandlers.ofInputStream());
            assertThat(answer.statusCode()).isEqualTo(200);
            readers.add(answer.body());
        }
        assertThat(streams.server().tailsOpen()).isEqualTo(Tails.MOST);
        HttpResponse<String> refused = streams.get(EVENTS);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.headers().firstValue("Retry-After")).contains("1");
        assertThat(streams.get("/v1/status").statusCode())
                .as("other pages are served")
                .isEqualTo(200);
        for (InputStream reader : readers) {
            reader.close();
        }
        await().untilAsserted(() -> {
            streams.lines(epoch, streams.state().last(epoch) + 1, 1, "line "); // A write finds out who is gone.
            assertThat(streams.server().tailsOpen()).isZero();
        });
    }

    @Test
    void aReaderThatTakesNothingIsCutOffAndHoldsUpNobody() throws Exception {
        String text = "x".repeat(10_000);
        for (int i = 0; i < 50; i++) {
            streams.lines(epoch, i * 100L, 100, text);
        }
        try (Socket slow = new Socket("127.0.0.1", streams.server().port())) {
            slow.setReceiveBufferSize(4_096);
            slow.getOutputStream()
                    .write(("GET " + EVENTS + "?wait=60s HTTP/1.1\r\nHost: x\r\n\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            await().until(() -> streams.server().tailsOpen() == 1);
            assertThat(streams.get(EVENTS + "?limit=5000").body()).contains("\"sequence\":4999");
            await().until(() -> streams.server().tailsOpen() == 0);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "/v1/streams/acme/audit/events?from=yesterday|400|expected <raftIndex>.<n>",
                "/v1/streams/acme/audit/events?wait=30|400|expected a duration",
                "/v1/streams/acme/audit/events?wait=2h|400|at most 1h",
                "/v1/streams/acme/audit/events?limit=0|400|limit '0'",
                "/v1/streams/acme/audit/events?last=5|400|from=latest",
                "/v1/streams/acme/audit/events?form=5|400|'form' is not known",
                "/v1/streams/acme/audit/events?format=xml|400|expected ndjson or sse",
                "/v1/streams/acme/events|400|expected /v1/streams/{tenant}/{stream}/events",
                "/v1/streams/acme/other/events|404|no stream 'other' of tenant 'acme'",
                "/v1/streams/other/audit/events|404|no stream 'audit' of tenant 'other'",
                "/v1/streams/acme/audit|404|no such page"
            })
    void saysWhatIsWrongWithAQuestion(String path, int code, String what) throws Exception {
        HttpResponse<String> answer = streams.get(path);
        assertThat(answer.body()).contains(what);
        assertThat(answer.statusCode()).isEqualTo(code);
    }

    @Test
    void listsStreamsWithWhatIsHot() throws Exception {
        streams.lines(epoch, 0, 3, "line ");
        streams.seal("audit");
        long second = streams.lines(epoch, 3, 2, "line ");
        streams.seal("audit");
        streams.truncateOldest();
        long last = streams.lines(streams.open("app", "payments/api"), 0, 1, "line ");
        String page = streams.get("/v1/streams").body();
        assertThat(page)
                .contains("{\"tenant\":\"acme\",\"stream\":\"audit\",\"first\":\"" + second + ".0\",\"next\":\""
                        + (last + 1) + ".0\"")
                .contains("\"events\":2}")
                .contains("\"stream\":\"payments/api\",\"first\":\"" + last + ".0\"");
        assertThat(streams.get("/v1/streams/acme/payments/api/events").body()).contains("line 0");
        assertThat(streams.get("/v1/streams/acme/payments%2Fapi/events").body()).contains("line 0");
    }
}
