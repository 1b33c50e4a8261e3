package dev.raftsman.console;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import dev.raftsman.block.BlockKind;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.search.Found;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * What a search found as lines of JSON, each in the form in which {@code /v1/streams/.../events} has items. Bytes that are no
 * UTF-8 are replaced, and {@code "lossy":true} says so. One thread.
 */
final class FoundJson {
    private static final JsonFactory FACTORY = new JsonFactory();
    private static final long NANOS = 1_000_000_000L;
    private static final char REPLACEMENT = '\uFFFD';

    private final EventRow row = new EventRow();
    private boolean lossy;

    /**
     * One item.
     *
     * @param first offset of the first item of its block
     */
    byte[] line(Found found, int item, EpochInfo producer, Offset first) throws IOException {
        lossy = false;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField(
                    "offset", new Offset(first.raftIndex(), first.ordinal() + found.itemsBefore(item)).toString());
            if (found.kind() == BlockKind.LINES) {
                json.writeStringField("message", text(found.bytes(), found.offset(item), found.length(item)));
            } else {
                event(json, found.row(item, row));
            }
            json.writeNumberField("sequence", found.sequence(item));
            end(json, producer);
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    /** A gap, which is what was found as a whole. */
    byte[] gap(Found found, EpochInfo producer, Offset first) throws IOException {
        lossy = false;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = FACTORY.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("offset", first.toString());
            json.writeObjectFieldStart("gap");
            json.writeNumberField("from", found.firstSequence());
            json.writeNumberField("to", found.firstSequence() + found.sequences() - 1);
            json.writeStringField("reason", found.gapReason().name());
            json.writeNumberField("count", found.sequences());
            json.writeEndObject();
            end(json, producer);
        }
        bytes.write('\n');
        return bytes.toByteArray();
    }

    private void event(JsonGenerator json, EventRow event) throws IOException {
        ByteBuffer bytes = event.buffer();
        long nanos = event.timestampNanos();
        json.writeStringField(
                "time",
                Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS))
                        .toString());
        json.writeStringField("level", Level.ofCode(event.level()).name());
        json.writeStringField("logger", text(bytes, event.loggerOffset(), event.loggerLength()));
        json.writeStringField("thread", text(bytes, event.threadOffset(), event.threadLength()));
        json.writeStringField("message", text(bytes, event.messageOffset(), event.messageLength()));
        if (event.throwableLength() > 0) {
            json.writeStringField("throwable", text(bytes, event.throwableOffset(), event.throwableLength()));
        }
        if (event.truncated()) {
            json.writeBooleanField("truncated", true);
        }
        if (event.attributeCount() > 0) {
            json.writeObjectFieldStart("fields");
            IOException[] failed = new IOException[1];
            event.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) -> {
                try {
                    json.writeStringField(text(bytes, keyOffset, keyLength), text(bytes, valueOffset, valueLength));
                } catch (IOException e) {
                    failed[0] = e;
                }
            });
            if (failed[0] != null) {
                throw failed[0];
            }
            json.writeEndObject();
        }
    }

    private void end(JsonGenerator json, EpochInfo producer) throws IOException {
        json.writeStringField("producer", producer.producer());
        json.writeNumberField("epoch", producer.epoch());
        if (lossy) {
            json.writeBooleanField("lossy", true);
        }
        json.writeEndObject();
    }

    private String text(ByteBuffer bytes, int offset, int length) {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        String text = new String(copy, StandardCharsets.UTF_8);
        boolean replaced = text.indexOf(REPLACEMENT) >= 0;
        lossy |= replaced && !Arrays.equals(copy, text.getBytes(StandardCharsets.UTF_8));
        return text;
    }
}
