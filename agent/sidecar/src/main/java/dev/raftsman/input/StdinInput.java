package dev.raftsman.input;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.process.EventCutter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Reads a pipe to its end and makes blocks of what came, one stream. What was read cannot be read again: what is in no
 * block yet dies with the process, everything else is in the WAL. When that is full, the pipe fills up, and who writes to
 * it waits; or events are dropped and counted.
 *
 * <p>Two threads: {@code raftsman-stdin} waits for bytes; everything else belongs to the thread of the inputs.
 */
public final class StdinInput {
    private static final int SLOTS = 8;
    private static final int SLOT_BYTES = 128 << 10;

    private final String stream;
    private final TextSettings text;
    private final BlockMaker maker;
    private final EventCutter cutter;
    private final BlockSink sink;
    private final Linger linger;
    private final OperatorLog log;
    private final LongSupplier epochNanos;
    private final LineBatches batches = new LineBatches(SLOTS, SLOT_BYTES);
    private final ByteBuffer waiting;
    private final List<SourceCheckpoint> checkpoint;

    private volatile boolean closed;
    private boolean begun;
    private long steppedNanos;
    private long grewNanos;
    private long waitingSinceNanos;
    private int undecidedBytes = -1;
    private long dropped;

    /** @param maker shared with other inputs of the same thread */
    public StdinInput(
            String stream,
            TextSettings text,
            BlockMaker maker,
            BlockSink sink,
            OperatorLog log,
            LongSupplier epochNanos,
            long nowNanos) {
        this.stream = stream;
        this.text = text;
        this.maker = maker;
        this.cutter = FollowedInput.cutter(text);
        this.sink = sink;
        this.linger = new Linger(nowNanos);
        this.log = log;
        this.epochNanos = epochNanos;
        this.waiting = ByteBuffer.allocateDirect(BlockMaker.fullBytes(text));
        this.checkpoint = List.of(SourceCheckpoint.ofPipe(stream));
    }

    /**
     * Begins to read, on a thread of its own that does not keep the process alive.
     *
     * @param wake called after each batch
     */
    public void start(ReadableByteChannel pipe, Runnable wake) {
        Thread thread = new Thread(() -> readAll(pipe, wake), "raftsman-stdin");
        thread.setDaemon(true);
        thread.start();
    }

    private void readAll(ReadableByteChannel pipe, Runnable wake) {
        try {
            while (batches.put(batch -> pipe.read(batch) >= 0)) {
                wake.run();
            }
        } catch (IOException e) {
            log.error(
                    "stdin",
                    "standard input cannot be read any more, taken as its end: stream=" + stream + ", reason="
                            + e.getMessage());
        } finally {
            closed = true;
            wake.run();
        }
    }

    /** Makes blocks of what came, as far as it is due. @return whether anything was done */
    public boolean step(long nowNanos) {
        steppedNanos = nowNanos;
        boolean worked = takeBatches(nowNanos);
        boolean atEnd = isAtEnd();
        boolean full = !waiting.hasRemaining();
        boolean quiet = nowNanos - grewNanos >= text.idle().toNanos();
        boolean undecided = undecidedBytes == waiting.position();
        boolean due = undecided ? quiet : linger.isOver(nowNanos - waitingSinceNanos, text.linger(), nowNanos);
        if (waiting.position() > 0 && (full || atEnd || due)) {
            worked |= makeBlock(full, atEnd || undecided && quiet, nowNanos);
        }
        return worked;
    }

    private boolean takeBatches(long nowNanos) {
        int before = waiting.position();
        boolean any = false;
        while (waiting.hasRemaining() && batches.take(this::takeIn)) {
            any = true;
        }
        if (waiting.position() > before) {
            grewNanos = nowNanos;
            waitingSinceNanos = before == 0 ? nowNanos : waitingSinceNanos;
        }
        return any;
    }

    private void takeIn(ByteBuffer batch) {
        int bytes = Math.min(batch.remaining(), waiting.remaining());
        waiting.put(waiting.position(), batch, batch.position(), bytes);
        waiting.position(waiting.position() + bytes);
        batch.position(batch.position() + bytes);
    }

    private boolean makeBlock(boolean full, boolean ended, long nowNanos) {
        boolean room = sink.hasRoom();
        if (!room && !text.dropWhenFull()) {
            return false;
        }
        maker.begin(text).put(waiting.duplicate().flip());
        BlockMaker.Read read = new BlockMaker.Read(
                text, text.encoding(), cutter, text.labels(), !begun, full, ended, epochNanos.getAsLong());
        Loss loss = dropped == 0 ? Loss.NONE : new Loss(LossReason.QUOTA, dropped);
        long first = sink.nextSequence(stream);
        int used = maker.make(read, first, loss, room);
        undecidedBytes = waiting.position() - used;
        if (used == 0) {
            return false;
        }
        begun = true;
        linger.spent(nowNanos);
        if (!room) {
            dropped += maker.count();
            sink.dropped(stream, maker.count());
        } else if (sink.accept(maker.block(), first, maker.count(), used, checkpoint)) {
            dropped = 0;
        } else {
            undecidedBytes = -1;
            return false;
        }
        waiting.flip().position(used);
        waiting.compact();
        waitingSinceNanos = nowNanos;
        return true;
    }

    /** Makes blocks of everything that came: nobody will read on here. */
    public void flush(long nowNanos) {
        boolean worked = true;
        while (worked) {
            worked = takeBatches(nowNanos);
            if (waiting.position() > 0) {
                worked |= makeBlock(!waiting.hasRemaining(), batches.isEmpty(), nowNanos);
            }
        }
    }

    private boolean isAtEnd() {
        return closed && batches.isEmpty();
    }

    /** When there may be something to do, if nothing comes until then. */
    public long nextStepNanos() {
        if (waiting.position() == 0) {
            return Long.MAX_VALUE / 2 + steppedNanos;
        }
        return undecidedBytes == waiting.position()
                ? grewNanos + text.idle().toNanos()
                : linger.nextLookNanos(steppedNanos - waitingSinceNanos, text.linger(), steppedNanos);
    }

    /** The pipe has ended, and all that came through it is in blocks. */
    public boolean isDone() {
        return isAtEnd() && waiting.position() == 0;
    }
}
