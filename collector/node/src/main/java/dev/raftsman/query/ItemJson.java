package dev.raftsman.query;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * Items of a stream as JSON objects: the one form for all pages that have items. What separates the objects is the caller's.
 * Bytes that are no UTF-8 are replaced, and {@code "lossy":true} says so. One thread.
 *
 * <pre>
 * {"offset":"4711.0","time":"…","level":"INFO","logger":"…","thread":"…","message":"…","throwable":"…","truncated":true,
 *  "fields":{…},"sequence":17,"producer":"…","epoch":3}
 * {"offset":"4711.1","message":"a line of a file","sequence":90,"producer":"…","epoch":4}
 * {"offset":"4711.2","message":"its newline had not come","unterminated":true,"sequence":91,"producer":"…","epoch":4}
 * {"offset":"4711.3","gap":{"from":92,"to":96,"reason":"PROCESS_DIED","count":5},"producer":"…","epoch":4}
 * {"offset":"4711.4","gap":{"reason":"RING_FULL","count":2},"producer":"…","epoch":4}       had no sequences
 * </pre>
 */
public final class ItemJson {
    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
    private static final long NANOS = 1_000_000_000L;
    private static final char REPLACEMENT = '\uFFFD';

    private final JsonGenerator json;
    private boolean lossy;

    /** @param out stays the caller's; gets what was written at {@link #flush} at the latest, and is never flushed itself */
    public ItemJson(OutputStream out) throws IOException {
        this.json = FACTORY.createGenerator(out);
        json.setRootValueSeparator(null);
        json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    /** A line without its newline. */
    public void line(
            Offset at, EpochInfo producer, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
            throws IOException {
        begin(at);
        json.writeStringField("message", text(bytes, offset, length));
        if (!terminated) {
            json.writeBooleanField("unterminated", true);
        }
        json.writeNumberField("sequence", sequence);
        end(producer);
    }

    /** An event. */
    public void event(Offset at, EpochInfo producer, long sequence, EventRow row) throws IOException {
        begin(at);
        ByteBuffer bytes = row.buffer();
        long nanos = row.timestampNanos();
        json.writeStringField(
                "time",
                Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS))
                        .toString());
        json.writeStringField("level", Level.ofCode(row.level()).name());
        json.writeStringField("logger", text(bytes, row.loggerOffset(), row.loggerLength()));
        json.writeStringField("thread", text(bytes, row.threadOffset(), row.threadLength()));
        json.writeStringField("message", text(bytes, row.messageOffset(), row.messageLength()));
        if (row.throwableLength() > 0) {
            json.writeStringField("throwable", text(bytes, row.throwableOffset(), row.throwableLength()));
        }
        if (row.truncated()) {
            json.writeBooleanField("truncated", true);
        }
        if (row.attributeCount() > 0) {
            fields(row, bytes);
        }
        json.writeNumberField("sequence", sequence);
        end(producer);
    }

    private void fields(EventRow row, ByteBuffer bytes) throws IOException {
        json.writeObjectFieldStart("fields");
        IOException[] failed = new IOException[1];
        row.forEachAttribute((keyOffset, keyLength, valueOffset, valueLength) -> {
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

    /** Sequences that hold no event, {@code count} of them from {@code first} on. */
    public void gap(Offset at, EpochInfo producer, long first, long count, LossReason reason) throws IOException {
        begin(at);
        json.writeObjectFieldStart("gap");
        json.writeNumberField("from", first);
        json.writeNumberField("to", first + count - 1);
        endGap(producer, count, reason);
    }

    /** Events that never had a sequence. */
    void loss(Offset at, EpochInfo producer, long count, LossReason reason) throws IOException {
        begin(at);
        json.writeObjectFieldStart("gap");
        endGap(producer, count, reason);
    }

    private void endGap(EpochInfo producer, long count, LossReason reason) throws IOException {
        json.writeStringField("reason", reason.name());
        json.writeNumberField("count", count);
        json.writeEndObject();
        end(producer);
    }

    /** What stands between two items. */
    public void raw(String text) throws IOException {
        json.writeRaw(text);
    }

    /** All that was written is with the stream then. */
    public void flush() throws IOException {
        json.flush();
    }

    private void begin(Offset at) throws IOException {
        lossy = false;
        json.writeStartObject();
        json.writeStringField("offset", at.toString());
    }

    private void end(EpochInfo producer) throws IOException {
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
        if (text.indexOf(REPLACEMENT) >= 0 && !Arrays.equals(copy, text.getBytes(StandardCharsets.UTF_8))) {
            lossy = true;
        }
        return text;
    }
}
