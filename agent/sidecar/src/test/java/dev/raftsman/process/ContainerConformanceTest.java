package dev.raftsman.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The shared cases of container logs, whole and one byte more at each look. Deviations: none. Where the cases leave it
 * open, the time of a text in parts is that of its first part, and a CRI line without a blank after its tag is an empty
 * record.
 */
class ContainerConformanceTest {
    private static Path cases() {
        String root = System.getenv().getOrDefault("RAFTSMAN_SHARED", "");
        Path shared = root.isEmpty() ? Path.of("../../../shared") : Path.of(root);
        return shared.resolve("data/conformance/container");
    }

    @TestFactory
    Stream<DynamicTest> everySharedCase() throws IOException {
        Path expect = cases().resolve("expect.json");
        Assumptions.assumeTrue(Files.isRegularFile(expect), "shared conformance cases are not here: " + expect);
        List<DynamicTest> tests = new ArrayList<>();
        try (JsonParser parser = new JsonFactory().createParser(expect.toFile())) {
            parser.nextToken();
            for (Object each : (List<?>) value(parser)) {
                Map<?, ?> one = (Map<?, ?>) each;
                for (int chunk : new int[] {1 << 20, 1}) {
                    String name = one.get("file") + (chunk == 1 ? ", one byte more at each look" : "");
                    tests.add(DynamicTest.dynamicTest(name, () -> check(one, chunk)));
                }
            }
        }
        assertThat(tests).hasSizeGreaterThan(10);
        return tests.stream();
    }

    private static void check(Map<?, ?> one, int chunk) throws IOException {
        byte[] file = Files.readAllBytes(cases().resolve((String) one.get("file")));
        assertThat(file).hasSize(((Number) one.get("bytes")).intValue());
        boolean multiline = one.get("kind").equals("multi-line");
        EventCutter cutter = new EventCutter(
                !multiline, multiline ? new TraceRule(EnumSet.allOf(TraceRule.Language.class)) : null, 256 << 10);
        List<Cuts.Event> events = Cuts.of(cutter, file, chunk);
        if (one.get("records") == null) {
            assertThat(events).hasSize(((Number) one.get("count")).intValue());
            checkUnicode(events);
            return;
        }
        List<?> records = (List<?>) one.get("records");
        assertThat(events).hasSameSizeAs(records);
        // The order of what two streams have mixed is free.
        List<Map<?, ?>> expected = new ArrayList<>(
                records.stream().<Map<?, ?>>map(r -> (Map<?, ?>) r).toList());
        expected.sort(Comparator.comparing(r -> String.valueOf(r.get("stream"))));
        List<Cuts.Event> found = new ArrayList<>(events);
        found.sort(Comparator.comparing(e -> e.stream().isEmpty() ? "null" : e.stream()));
        for (int i = 0; i < found.size(); i++) {
            compare(found.get(i), expected.get(i));
        }
    }

    private static void compare(Cuts.Event event, Map<?, ?> record) {
        if (record.get("text") != null) {
            assertThat(event.text()).isEqualTo(record.get("text"));
        } else {
            assertThat(event.message()).hasSize(((Number) record.get("text_bytes")).intValue());
            assertThat(sha256(event.message())).isEqualTo(record.get("text_sha256"));
        }
        if (record.get("stream") != null) {
            assertThat(event.stream()).isEqualTo(record.get("stream"));
        }
        if (record.get("time") != null) {
            OffsetDateTime time = OffsetDateTime.parse((String) record.get("time"));
            assertThat(event.timeNanos()).isEqualTo(time.toEpochSecond() * 1_000_000_000L + time.getNano());
        }
        assertThat(event.truncated()).isEqualTo(Boolean.FALSE.equals(record.get("complete")));
        assertThat(event.attributes()).doesNotContainKey("unparsed");
    }

    private static void checkUnicode(List<Cuts.Event> events) {
        assertThat(events.get(0).text())
                .isEqualTo("<xml> & \u2028 \ud83d\ude00 lone \ufffd nul \0 esc \u001b[31mred\r");
        assertThat(events.get(1).text()).isEmpty();
        assertThat(events.get(2).text()).isEqualTo("x");
        assertThat(events.get(2).stream()).isEqualTo("stderr");
        assertThat(events.get(2).attributes()).containsEntry("tag", "a/b").containsEntry("env", "p");
    }

    @Test
    void whatNoRuntimeWritesIsKeptAndMarked() throws IOException {
        List<String> odd = List.of(
                "no container wrote this",
                "{\"log\":\"cut in the mid",
                "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"yesterday\"}",
                "{\"log\":\"x\\n\",\"stream\":\"stdout\",\"time\":\"2019-04-01T17:58:33Z\"} trailing",
                "{\"stream\":\"stdout\",\"time\":\"2019-04-01T17:58:33Z\"}",
                "2021-01-01T00:00:00Z stdout X what is X",
                "2021-13-01T00:00:00Z stdout F no such month",
                "2021-01-01T00:00:00Z stdout",
                "[1,2]",
                "",
                " ");
        byte[] file = (String.join("\n", odd) + "\n").getBytes(StandardCharsets.UTF_8);
        EventCutter cutter = new EventCutter(true, null, 1000);

        List<Cuts.Event> events = Cuts.of(cutter, file, 7);

        assertThat(events).extracting(Cuts.Event::text).isEqualTo(odd);
        assertThat(events).allSatisfy(event -> assertThat(event.attributes()).containsEntry("unparsed", "container"));
        assertThat(cutter.notParsed()).isEqualTo(odd.size());
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }

    private static Object value(JsonParser parser) throws IOException {
        switch (parser.currentToken()) {
            case START_ARRAY -> {
                List<Object> list = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    list.add(value(parser));
                }
                return list;
            }
            case START_OBJECT -> {
                Map<String, Object> map = new LinkedHashMap<>();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String key = parser.currentName();
                    parser.nextToken();
                    map.put(key, value(parser));
                }
                return map;
            }
            case VALUE_NUMBER_INT -> {
                return parser.getLongValue();
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return parser.getBooleanValue();
            }
            case VALUE_NULL -> {
                return null;
            }
            default -> {
                return parser.getText();
            }
        }
    }
}
