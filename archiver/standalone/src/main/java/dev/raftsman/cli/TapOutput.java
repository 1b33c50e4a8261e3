package dev.raftsman.cli;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.event.EventRow;
import dev.raftsman.sidecar.TapFrame;
import dev.raftsman.wal.WalIdentity;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Takes the blocks of a tap apart and writes their events, up to a number. One thread; the stream stays the caller's. */
final class TapOutput implements AutoCloseable {
    private final String tenant;
    private final OutputStream out;
    private final EventText text;
    private final EventJson json;
    private final boolean raw;
    private final BlockReader reader = new BlockReader();
    private long wanted;
    private String shown = "";

    TapOutput(String tenant, OutputStream out, boolean json, boolean raw, boolean coloured, long wanted)
            throws IOException {
        this.tenant = tenant;
        this.out = out;
        this.json = json ? new EventJson(out) : null;
        this.text = new EventText(out, coloured, true);
        this.raw = raw;
        this.wanted = wanted;
    }

    /** As many as were wanted were shown. */
    boolean isDone() {
        return wanted == 0;
    }

    /** @param err for what is said of events, where they go out raw */
    void show(TapFrame frame, PrintWriter err) throws IOException {
        Block block = frame.block();
        if (frame.missedEvents() > 0) {
            note(frame, "missed " + frame.missedEvents() + " events", err);
        }
        if (block == null) {
            return;
        }
        if (block.lostCount() > 0) {
            note(
                    frame,
                    "lost here: " + block.lostCount() + " events without a sequence, reason="
                            + block.loss().reason(),
                    err);
        }
        if (block.kind() == BlockKind.GAP) {
            note(
                    frame,
                    "gap: " + block.count() + " events from sequence " + block.firstSequence()
                            + " are not here, reason=" + block.gapReason(),
                    err);
            return;
        }
        if (json == null && !raw) {
            head(frame);
        }
        WalIdentity from = identity(frame);
        if (json != null) {
            json.labels(reader.labels(block));
        }
        if (block.kind() == BlockKind.LINES) {
            reader.forEachLine(block, (sequence, bytes, offset, length, terminated) -> {
                if (wanted > 0) {
                    wanted--;
                    line(from, sequence, bytes, offset, length, terminated);
                }
            });
        } else {
            reader.forEachEvent(block, (sequence, row) -> {
                if (wanted > 0) {
                    wanted--;
                    event(from, sequence, row);
                }
            });
        }
    }

    private WalIdentity identity(TapFrame frame) {
        return new WalIdentity(tenant, frame.producer(), frame.stream(), frame.incarnation(), 0);
    }

    private void line(WalIdentity from, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
            throws IOException {
        if (json != null) {
            json.line(from, from.stream(), sequence, bytes, offset, length, terminated);
        } else if (raw) {
            byte[] copy = new byte[length];
            bytes.get(offset, copy);
            out.write(copy);
            if (terminated) {
                out.write('\n');
            }
        } else {
            text.line(sequence, bytes, offset, length, terminated);
        }
    }

    private void event(WalIdentity from, long sequence, EventRow row) throws IOException {
        if (json != null) {
            json.event(from, from.stream(), sequence, row);
        } else if (raw) {
            out.write((row.message() + "\n").getBytes(StandardCharsets.UTF_8));
        } else {
            text.event(sequence, row);
        }
    }

    /** As {@code tail} does it: who speaks, whenever somebody else does. */
    private void head(TapFrame frame) throws IOException {
        String head = frame.stream() + " (" + frame.producer() + ")";
        if (!head.equals(shown)) {
            shown = head;
            text.note(head);
        }
    }

    private void note(TapFrame frame, String what, PrintWriter err) throws IOException {
        if (json != null && frame.block() != null) {
            json.note(identity(frame), what);
        } else if (json != null) {
            json.note(what);
        } else if (raw) {
            out.flush();
            err.println("raftsman: " + what);
        } else {
            text.note(what);
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
