package dev.raftsman.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.client.StreamRecord;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Records for eyes, for programs, or as they were. One thread; the stream stays the caller's and is not flushed. */
final class TailOutput {
    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

    private final OutputStream out;
    private final boolean raw;
    private final boolean named;
    private final EventText text;

    /** Null unless JSON is wanted. */
    private final JsonGenerator json;

    /** @param named whether each line of text begins with the stream's name */
    TailOutput(OutputStream out, boolean asJson, boolean raw, boolean coloured, boolean named) throws IOException {
        this.out = out;
        this.raw = raw;
        this.named = named;
        this.text = new EventText(out, coloured, true);
        if (asJson) {
            json = FACTORY.createGenerator(out);
            json.setRootValueSeparator(null);
            json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
        } else {
            json = null;
        }
    }

    void show(StreamView stream, StreamRecord record) throws IOException {
        if (json != null) {
            write(stream, record);
        } else if (!raw) {
            text.record(named ? stream.stream() : "", record);
        } else if (!record.isGap()) {
            out.write(record.message().getBytes(StandardCharsets.UTF_8));
            out.write('\n');
        }
    }

    private void write(StreamView stream, StreamRecord record) throws IOException {
        json.writeStartObject();
        json.writeStringField("tenant", stream.tenant());
        json.writeStringField("stream", stream.stream());
        json.writeStringField("offset", record.offset().toString());
        field("time", record.time() == null ? null : record.time().toString());
        field("level", record.level());
        field("logger", record.logger());
        field("thread", record.thread());
        field("message", record.message());
        field("throwable", record.throwable());
        if (!record.fields().isEmpty()) {
            json.writeObjectFieldStart("fields");
            for (Map.Entry<String, String> field : record.fields().entrySet()) {
                json.writeStringField(field.getKey(), field.getValue());
            }
            json.writeEndObject();
        }
        field("producer", record.producer());
        json.writeNumberField("epoch", record.epoch());
        if (record.isGap()) {
            gap(record.gap());
        } else {
            json.writeNumberField("sequence", record.sequence());
        }
        if (record.lossy()) {
            json.writeBooleanField("lossy", true);
        }
        json.writeEndObject();
        json.writeRaw('\n');
        json.flush();
    }

    private void gap(StreamRecord.Gap gap) throws IOException {
        json.writeObjectFieldStart("gap");
        if (gap.from() >= 0) {
            json.writeNumberField("from", gap.from());
            json.writeNumberField("to", gap.to());
        }
        json.writeStringField("reason", gap.reason());
        json.writeNumberField("count", gap.count());
        json.writeEndObject();
    }

    private void field(String name, String value) throws IOException {
        if (value != null) {
            json.writeStringField(name, value);
        }
    }
}
