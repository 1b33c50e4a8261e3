package dev.raftsman.client;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.io.InputStream;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/** Reads one JSON object after the other as the collectors write them; knows no field is no error. One thread. */
final class RecordParser implements AutoCloseable {
    /** A block of the cluster inflates to 8 MiB at most. */
    private static final int MAX_TEXT = 32 << 20;

    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxStringLength(MAX_TEXT).build())
            .build();

    private final JsonParser json;

    RecordParser(InputStream in) throws IOException {
        this.json = FACTORY.createParser(in);
    }

    /** A text field of the object that the bytes are; empty if there is none. */
    static String field(byte[] object, String name) throws IOException {
        try (JsonParser json = FACTORY.createParser(object)) {
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String field = json.currentName();
                json.nextToken();
                if (field.equals(name)) {
                    return String.valueOf(json.getValueAsString());
                }
                json.skipChildren();
            }
            return "";
        }
    }

    /** @return null at the end */
    StreamRecord next() throws IOException {
        try {
            JsonToken token = json.nextToken();
            if (token == null) {
                return null;
            }
            if (token != JsonToken.START_OBJECT) {
                throw new IOException("expected a JSON object; found " + token);
            }
            return object();
        } catch (JsonProcessingException e) {
            throw new IOException("the answer ends within a record: " + e.getOriginalMessage(), e);
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("no record: " + e.getMessage(), e);
        }
    }

    private StreamRecord object() throws IOException {
        Offset offset = null;
        Instant time = null;
        String level = null;
        String logger = null;
        String thread = null;
        String message = null;
        String throwable = null;
        Map<String, String> fields = Map.of();
        String producer = "";
        long epoch = 0;
        long sequence = -1;
        boolean lossy = false;
        StreamRecord.Gap gap = null;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "offset" -> offset = Offset.parse(json.getText());
                case "time" -> time = Instant.parse(json.getText());
                case "level" -> level = json.getText();
                case "logger" -> logger = json.getText();
                case "thread" -> thread = json.getText();
                case "message" -> message = json.getText();
                case "throwable" -> throwable = json.getText();
                case "fields" -> fields = fields();
                case "producer" -> producer = json.getText();
                case "epoch" -> epoch = json.getLongValue();
                case "sequence" -> sequence = json.getLongValue();
                case "lossy" -> lossy = json.getBooleanValue();
                case "gap" -> gap = gap();
                default -> json.skipChildren();
            }
        }
        if (offset == null) {
            throw new IOException("a record without an offset");
        }
        return new StreamRecord(
                offset, time, level, logger, thread, message, throwable, fields, producer, epoch, sequence, lossy, gap);
    }

    private Map<String, String> fields() throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String key = json.currentName();
            json.nextToken();
            fields.put(key, json.getText());
        }
        return fields;
    }

    private StreamRecord.Gap gap() throws IOException {
        long from = -1;
        long to = -1;
        long count = 0;
        String reason = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "from" -> from = json.getLongValue();
                case "to" -> to = json.getLongValue();
                case "count" -> count = json.getLongValue();
                case "reason" -> reason = json.getText();
                default -> json.skipChildren();
            }
        }
        return new StreamRecord.Gap(from, to, reason, count);
    }

    @Override
    public void close() throws IOException {
        json.close();
    }
}
