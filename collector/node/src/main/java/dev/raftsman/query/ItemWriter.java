package dev.raftsman.query;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import dev.raftsman.block.Block;
import dev.raftsman.block.BlockReader;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;

/**
 * Writes the items of blocks as JSON objects, one a line, or as server-sent events with the offset as their id. Memory: one
 * inflated block. One thread.
 *
 * <pre>
 * {"offset":"4711.0","time":"…","level":"INFO","logger":"…","thread":"…","message":"…","throwable":"…",
 *  "fields":{…},"producer":"…","epoch":3,"sequence":17}
 * {"offset":"4711.1","message":"a line of a file","producer":"…","epoch":4,"sequence":90}
 * {"offset":"4711.2","gap":{"from":91,"to":95,"reason":"PROCESS_DIED","count":5},"producer":"…","epoch":4}
 * {"offset":"4711.3","gap":{"reason":"RING_FULL","count":2},"producer":"…","epoch":4}       had no sequences
 * </pre>
 */
final class ItemWriter implements AutoCloseable {
    private static final JsonFactory FACTORY =
            JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();
    private static final long NANOS = 1_000_000_000L;
    private static final char REPLACEMENT = '\uFFFD';

    private final BlockReader blocks = new BlockReader();
    private final OutputStream out;
    private final JsonGenerator json;
    private final boolean events;

    private EpochInfo epoch;
    private Offset from;
    private Offset next;
    private long limit;
    private long written;
    private boolean lossy;

    /**
     * @param out stays the caller's
     * @param events server-sent events rather than lines
     */
    ItemWriter(OutputStream out, boolean events) throws IOException {
        this.out = out;
        this.events = events;
        this.json = FACTORY.createGenerator(out);
        json.setRootValueSeparator(null);
        json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
    }

    /** How many items were written. */
    long written() {
        return written;
    }

    /** Behind the last item of the last block that was written. */
    Offset next() {
        return next;
    }

    /**
     * Writes the items of a block.
     *
     * @param first offset of its first item
     * @param least the first item wanted
     * @param most that may have been {@link #written} afterwards
     */
    void write(EpochInfo producer, Block block, Offset first, Offset least, long most) throws IOException {
        epoch = producer;
        from = least;
        limit = most;
        next = first;
        if (block.lostCount() > 0 && wanted()) {
            begin();
            json.writeObjectFieldStart("gap");
            json.writeStringField("reason", block.loss().reason().name());
            json.writeNumberField("count", block.lostCount());
            json.writeEndObject();
            end();
        }
        switch (block.kind()) {
            case LINES -> blocks.forEachLine(block, this::line);
            case EVENTS -> blocks.forEachEvent(block, this::event);
            case GAP -> gap(block);
        }
        json.flush();
    }

    /** Says that somebody is still here. */
    void beat() throws IOException {
        if (events) {
            out.write(":\n\n".getBytes(StandardCharsets.US_ASCII));
        }
    }

    private boolean wanted() {
        if (written < limit && next.compareTo(from) >= 0) {
            return true;
        }
        if (written < limit) {
            next = next.next();
        }
        return false;
    }

    private void gap(Block block) throws IOException {
        if (wanted()) {
            begin();
            json.writeObjectFieldStart("gap");
            json.writeNumberField("from", block.firstSequence());
            json.writeNumberField("to", block.endSequence());
            json.writeStringField("reason", block.gapReason().name());
            json.writeNumberField("count", block.count());
            json.writeEndObject();
            end();
        }
    }

    private void line(long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) throws IOException {
        if (!wanted()) {
            return;
        }
        begin();
        json.writeStringField("message", text(bytes, offset, length));
        if (!terminated) {
            json.writeBooleanField("unterminated", true);
        }
        json.writeNumberField("sequence", sequence);
        end();
    }

    private void event(long sequence, EventRow row) throws IOException {
        if (!wanted()) {
            return;
        }
        begin();
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
        end();
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

    private void begin() throws IOException {
        lossy = false;
        if (events) {
            json.writeRaw("id: " + next + "\ndata: ");
        }
        json.writeStartObject();
        json.writeStringField("offset", next.toString());
    }

    private void end() throws IOException {
        json.writeStringField("producer", epoch.producer());
        json.writeNumberField("epoch", epoch.epoch());
        if (lossy) {
            json.writeBooleanField("lossy", true);
        }
        json.writeEndObject();
        json.writeRaw(events ? "\n\n" : "\n");
        written++;
        next = next.next();
    }

    /** Bytes that are no UTF-8 are replaced, which is said. */
    private String text(ByteBuffer bytes, int offset, int length) {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        String text = new String(copy, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) >= 0 && !Arrays.equals(copy, text.getBytes(StandardCharsets.UTF_8))) {
            lossy = true;
        }
        return text;
    }

    @Override
    public void close() {
        blocks.close();
    }
}
