package dev.raftsman.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.segment.Offset;
import dev.raftsman.wal.WalIdentity;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Events for programs: one JSON object on a line for each. One thread; the stream stays the caller's. */
final class EventJson {
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .disable(com.fasterxml.jackson.core.StreamWriteFeature.AUTO_CLOSE_TARGET)
            .build();

    private final JsonGenerator json;
    private final CharsetDecoder strict = StandardCharsets.UTF_8.newDecoder();
    private Labels labels = Labels.NONE;
    private Offset offset;
    private boolean context;

    EventJson(OutputStream out) throws IOException {
        json = FACTORY.createGenerator(out);
        json.setRootValueSeparator(null);
        json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    /** What is true of every event from here on. */
    void labels(Labels now) {
        labels = now;
    }

    /** Where in its stream the next event is; null: it is not said. */
    void offset(Offset now) {
        offset = now;
    }

    /** Whether the next event was not looked for, but is beside one that was. */
    void context(boolean now) {
        context = now;
    }

    void event(WalIdentity log, String stream, long sequence, EventRow row) throws IOException {
        begin(log, stream, sequence);
        json.writeStringField("time", EventText.time(row).toString());
        json.writeStringField("level", Level.ofCode(row.level()).name());
        json.writeStringField("logger", row.logger());
        json.writeStringField("thread", row.thread());
        json.writeStringField("message", row.message());
        if (row.throwableLength() > 0) {
            json.writeStringField("throwable", row.throwable());
        }
        if (row.truncated()) {
            json.writeBooleanField("truncated", true);
        }
        if (row.attributeCount() > 0) {
            json.writeObjectFieldStart("attributes");
            IOException[] failed = new IOException[1];
            row.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) -> {
                try {
                    json.writeStringField(row.text(keyOffset, keyLength), row.text(valueOffset, valueLength));
                } catch (IOException e) {
                    failed[0] = e;
                }
            });
            if (failed[0] != null) {
                throw failed[0];
            }
            json.writeEndObject();
        }
        end();
    }

    /** A line of a file; its bytes too, if they are no text. */
    void line(
            WalIdentity log, String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
            throws IOException {
        begin(log, stream, sequence);
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        json.writeStringField("line", new String(copy, StandardCharsets.UTF_8));
        try {
            strict.decode(ByteBuffer.wrap(copy));
        } catch (CharacterCodingException e) {
            json.writeBinaryField("base64", copy);
        }
        if (!terminated) {
            json.writeBooleanField("unterminated", true);
        }
        end();
    }

    /** Something about the events rather than one of them. */
    void note(WalIdentity log, String text) throws IOException {
        json.writeStartObject();
        json.writeStringField("note", text);
        json.writeStringField("producer", log.producer());
        json.writeStringField("incarnation", log.incarnation().toString());
        end();
    }

    /** Something that no producer said. */
    void note(String text) throws IOException {
        json.writeStartObject();
        json.writeStringField("note", text);
        end();
    }

    private void begin(WalIdentity log, String stream, long sequence) throws IOException {
        json.writeStartObject();
        json.writeStringField("tenant", log.tenant());
        json.writeStringField("producer", log.producer());
        json.writeStringField("incarnation", log.incarnation().toString());
        json.writeStringField("stream", stream);
        json.writeNumberField("sequence", sequence);
        if (offset != null) {
            json.writeStringField("offset", offset.toString());
        }
        if (context) {
            json.writeBooleanField("context", true);
        }
        if (!labels.isEmpty()) {
            json.writeObjectFieldStart("labels");
            for (Map.Entry<String, String> label : labels.asMap().entrySet()) {
                json.writeStringField(label.getKey(), label.getValue());
            }
            json.writeEndObject();
        }
    }

    private void end() throws IOException {
        json.writeEndObject();
        json.writeRaw('\n');
        json.flush();
    }
}
