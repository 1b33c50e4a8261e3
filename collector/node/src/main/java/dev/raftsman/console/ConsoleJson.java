package dev.raftsman.console;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;

/**
 * JSON of the console. Unlike that of the tables it is read leniently: another member may be of another version, and what
 * it does not say is not shown. Any thread.
 */
final class ConsoleJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private ConsoleJson() {}

    static byte[] bytes(Record value) throws IOException {
        return MAPPER.writeValueAsBytes(value);
    }

    /** @throws IOException if it is no such record */
    static <T extends Record> T read(byte[] json, Class<T> type) throws IOException {
        T value = MAPPER.readValue(json, type);
        if (value == null) {
            throw new IOException("null");
        }
        return value;
    }

    /** @throws IOException if it is no JSON */
    static JsonNode tree(byte[] json) throws IOException {
        return MAPPER.readTree(json);
    }
}
