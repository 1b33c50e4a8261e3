package dev.raftsman.catalog;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;

/**
 * Commands, results and views as JSON: the form in the Raft log, over HTTP and in snapshots. Records as objects, names as
 * in Java, absent values left out. Reading is strict: unknown fields, missing numbers, trailing text are errors. Any
 * thread.
 */
public final class CatalogJson {
    private static final ObjectMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    // UTF-8 and nothing else: damaged bytes are not to be taken for UTF-32, whose errors are others.
                    .disable(JsonFactory.Feature.CHARSET_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.USE_DEFAULTS))
            .build();

    private CatalogJson() {}

    public static byte[] write(Command command) {
        return bytes(command);
    }

    public static byte[] write(CommandResult result) {
        return bytes(result);
    }

    public static byte[] write(CatalogView view) {
        return bytes(view);
    }

    /** @throws MalformedJsonException if the bytes are not exactly one command */
    public static Command readCommand(byte[] json) {
        return read(json, Command.class);
    }

    /** @throws MalformedJsonException if the bytes are not exactly one result */
    public static CommandResult readResult(byte[] json) {
        return read(json, CommandResult.class);
    }

    /** @throws MalformedJsonException if the bytes are not exactly one view */
    public static CatalogView readView(byte[] json) {
        return read(json, CatalogView.class);
    }

    /** How many bytes a record of this package takes. */
    public static int bytesOf(Record value) {
        return bytes(value).length;
    }

    /** Writes any record made of this package's records. The stream stays open. */
    public static void write(OutputStream out, Record value) throws IOException {
        MAPPER.writer().without(JsonGenerator.Feature.AUTO_CLOSE_TARGET).writeValue(out, value);
    }

    /** @throws MalformedJsonException if the stream does not hold exactly one such record */
    public static <T extends Record> T read(InputStream in, Class<T> type) throws IOException {
        try {
            return Objects.requireNonNull(MAPPER.readValue(in, type), "null");
        } catch (JsonProcessingException | NullPointerException e) {
            throw new MalformedJsonException(type, e);
        }
    }

    /** @throws MalformedJsonException if the bytes do not hold exactly one such value */
    private static <T> T read(byte[] json, Class<T> type) {
        try {
            return Objects.requireNonNull(MAPPER.readValue(json, type), "null");
        } catch (IOException | NullPointerException e) {
            throw new MalformedJsonException(type, e);
        }
    }

    private static byte[] bytes(Object value) {
        try {
            return MAPPER.writeValueAsBytes(value);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("not to be written as JSON: " + value, e);
        }
    }
}
