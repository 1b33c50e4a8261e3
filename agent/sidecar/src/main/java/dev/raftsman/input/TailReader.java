package dev.raftsman.input;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Reads one followed file after the other, and makes blocks of what is there.
 *
 * <pre>
 *  what is seen at a look                             what is done
 *  ------------------------------------------------   ----------------------------------------------------------
 *  little was added                                   it waits for more; see {@link Linger}
 *  another one must be read first                     it waits until that was read and has been quiet for the idle time;
 *                                                     an event that is open at its end is read on with in this one
 *  empty, or begins otherwise                         it was written anew: from its beginning, after what a copy of it
 *                                                     beside it holds and was not read (copytruncate)
 *  begins as it did, shorter than what was read       its end was lost after we had it: read on at its new end
 *  ends in the middle of a line, or of an event       the rest is waited for; after the idle time it is taken as it is:
 *                                                     a line without newline, and what comes later is the next line
 *  no room in the WAL                                 it waits; or the events are dropped and counted
 * </pre>
 *
 * One thread.
 */
final class TailReader {
    private static final long PREDECESSOR_MOST_NANOS = 10_000_000_000L;
    private static final long LOOK_LEAST_NANOS = 10_000_000L;
    private static final long LOOK_MOST_NANOS = 1_000_000_000L;
    private static final long TOGETHER_NANOS = 250_000_000L;
    private static final int BLOCKS_PER_TURN = 4;

    private final FileFinder finder;
    private final BlockMaker maker;
    private final BlockSink sink;
    private final Linger linger;
    private final OperatorLog log;
    private final LongSupplier epochNanos;
    private boolean flushing;

    TailReader(
            FileFinder finder,
            BlockMaker maker,
            BlockSink sink,
            Linger linger,
            OperatorLog log,
            LongSupplier epochNanos) {
        this.finder = finder;
        this.maker = maker;
        this.sink = sink;
        this.linger = linger;
        this.log = log;
        this.epochNanos = epochNanos;
    }

    /** Nothing more is waited for: a stop is near. */
    void flushing(boolean now) {
        flushing = now;
    }

    /** Looks at a held file once; says in it when to look again. @return whether anything was read */
    boolean look(FileTail tail, long nowNanos) {
        try {
            tail.failing = false;
            observe(tail, nowNanos);
            if (tail.predecessor != null && !takesOver(tail, nowNanos) || tail.isCarried()) {
                tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
                return false;
            }
            long available = tail.size - tail.offset + carried(tail);
            if (available == 0) {
                tail.unread = false;
                lookLater(tail, nowNanos);
                return false;
            }
            if (!tail.unread) {
                tail.unread = true;
                tail.unreadSinceNanos = nowNanos;
            }
            if (isDue(tail, available, nowNanos)) {
                return read(tail, nowNanos);
            }
            tail.lookAtNanos = tail.partialUntil == tail.size
                    ? nowNanos + LOOK_LEAST_NANOS
                    : linger.nextLookNanos(
                            nowNanos - tail.unreadSinceNanos, tail.text().linger(), nowNanos);
            return false;
        } catch (IOException e) {
            tail.failing = true;
            tail.lookAtNanos = nowNanos + LOOK_MOST_NANOS;
            log.error("read " + tail.path, "file cannot be read, trying on: path=" + tail.path + ", reason=" + e);
            return false;
        }
    }

    /** Also of a file that must wait: it may be emptied meanwhile, and what was in it is in a copy then. */
    private void observe(FileTail tail, long nowNanos) throws IOException {
        long size = tail.content.size();
        boolean waits = tail.predecessor != null;
        if (size < tail.size || waits && !tail.fingerprint.fits(tail.content)) {
            shrunk(tail, size, nowNanos);
        }
        if (size != tail.size) {
            tail.size = size;
            tail.grewNanos = nowNanos;
        }
        if (size > 0 && tail.fingerprint.length() == 0) {
            tail.fingerprint = Fingerprint.of(tail.content);
        }
    }

    private static long carried(FileTail tail) {
        return tail.carry == null ? 0 : tail.carry.size - tail.carry.offset;
    }

    private boolean isDue(FileTail tail, long available, long nowNanos) {
        if (tail.partialUntil == tail.size) {
            return isEnded(tail, nowNanos);
        }
        return available >= BlockMaker.fullBytes(tail.text())
                || flushing
                || linger.isOver(nowNanos - tail.unreadSinceNanos, tail.text().linger(), nowNanos);
    }

    /** Nothing will go on with what is there, so far as one can tell. */
    private boolean isEnded(FileTail tail, long nowNanos) {
        boolean goesOnInNext = tail.retired && tail.successor != null && tail.endsOpen() && hasBegun(tail.successor);
        return tail.isIdle(nowNanos) && !goesOnInNext;
    }

    private static boolean hasBegun(FileTail tail) {
        try {
            return tail.isHeld() && tail.predecessor != null && tail.content.size() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    /** The longer a file has not grown, the more rarely it is looked at: idle files cost little. */
    private void lookLater(FileTail tail, long nowNanos) {
        long quietNanos = nowNanos - tail.grewNanos;
        long restNanos = Math.max(LOOK_LEAST_NANOS, Math.min(LOOK_MOST_NANOS, quietNanos >> 4));
        long atNanos = nowNanos + restNanos;
        // Quiet files are looked at together, so that one wake-up does for all.
        tail.lookAtNanos = restNanos < TOGETHER_NANOS ? atNanos : atNanos - Math.floorMod(atNanos, TOGETHER_NANOS);
    }

    private boolean takesOver(FileTail tail, long nowNanos) {
        FileTail before = tail.predecessor;
        boolean quiet = before.isQuietSince(tail.waitsSinceNanos, nowNanos);
        boolean goesOn = quiet && before.endsOpen() && hasBegun(tail);
        boolean over = !before.isHeld() || quiet && before.isRead() || goesOn;
        // Somebody goes on writing to the renamed file: the two are read side by side. It must have a checkpoint by
        // then, since after a crash nobody looks for what came before a file that is known.
        boolean both = nowNanos - tail.waitsSinceNanos > PREDECESSOR_MOST_NANOS
                && before.predecessor == null
                && (before.offset > 0 || before.failing)
                && before.size - before.offset < BlockMaker.fullBytes(before.text());
        if (over || both) {
            tail.predecessor = null;
            tail.carry = goesOn ? before : null;
            before.successor = goesOn ? tail : null;
            tail.unreadSinceNanos = nowNanos;
            tail.grewNanos = nowNanos; // what is open at its end may go on from now on
            return true;
        }
        return false;
    }

    private void shrunk(FileTail tail, long size, long nowNanos) throws IOException {
        if (size == 0 || !tail.fingerprint.fits(tail.content)) {
            writtenAnew(tail, nowNanos);
            return;
        }
        if (size < tail.offset) {
            FileFinder.warnCutShort(log, tail.path, tail.stream, tail.offset, size);
            tail.offset = size;
            tail.partialUntil = -1;
        }
    }

    private void writtenAnew(FileTail tail, long nowNanos) {
        log.info("file was written anew, reading from its beginning: path=" + tail.path + ", stream=" + tail.stream
                + ", read=" + tail.offset + ", size=" + tail.size);
        FileTail copy = finder.copyOf(tail, nowNanos);
        tail.beginAnew();
        tail.grewNanos = nowNanos;
        if (copy != null) {
            if (tail.predecessor != null) {
                copy.waitFor(tail.predecessor, nowNanos);
            }
            tail.waitFor(copy, nowNanos);
        }
    }

    private boolean read(FileTail tail, long nowNanos) throws IOException {
        boolean worked = false;
        int fullBytes = BlockMaker.fullBytes(tail.text());
        for (int i = 0; i < BLOCKS_PER_TURN; i++) {
            boolean room = sink.hasRoom();
            if (!room && !tail.text().dropWhenFull()) {
                tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
                return worked;
            }
            long readFromNanos = epochNanos.getAsLong();
            long readBegin = tail.offset - carried(tail);
            int got = fill(tail);
            long readEnd = readBegin + got;
            if (!tail.fingerprint.fits(tail.content)) { // now, or it could be emptied between this look and the reading
                writtenAnew(tail, nowNanos);
                tail.lookAtNanos = nowNanos;
                return worked;
            }
            boolean full = got == fullBytes;
            BlockMaker.Read read = new BlockMaker.Read(
                    tail.text(),
                    tail.encoding,
                    tail.input.cutter,
                    tail.labels,
                    tail.offset == 0 && tail.carry == null,
                    full,
                    !full && isEnded(tail, nowNanos),
                    readFromNanos);
            Loss loss = tail.dropped == 0 ? Loss.NONE : new Loss(LossReason.QUOTA, tail.dropped);
            long first = sink.nextSequence(tail.stream);
            int used = maker.make(read, first, loss, room);
            tail.endsWhole = maker.endsWhole();
            if (used > 0) {
                linger.spent(nowNanos);
                if (!(room ? keep(tail, first, used) : drop(tail, used))) {
                    tail.lookAtNanos = nowNanos + LOOK_LEAST_NANOS;
                    return worked;
                }
                worked = true;
            }
            if (!full) {
                tail.partialUntil = used < got ? readEnd : -1;
                break;
            }
        }
        tail.unread = tail.offset < tail.size;
        tail.unreadSinceNanos = nowNanos;
        tail.lookAtNanos = nowNanos;
        return worked;
    }

    private int fill(FileTail tail) throws IOException {
        ByteBuffer buffer = maker.begin(tail.text());
        int begin = buffer.position();
        if (tail.carry != null) {
            int limit = buffer.limit();
            buffer.limit((int) Math.min(limit, begin + carried(tail)));
            fill(buffer, tail.carry);
            buffer.limit(limit);
        }
        fill(buffer, tail);
        return buffer.position() - begin;
    }

    private static void fill(ByteBuffer buffer, FileTail tail) throws IOException {
        long shift = tail.offset - buffer.position();
        while (buffer.hasRemaining() && tail.content.read(buffer, shift + buffer.position()) > 0) {
            continue;
        }
    }

    private boolean keep(FileTail tail, long first, int used) throws IOException {
        FileTail carry = tail.carry;
        int ofCarry = (int) Math.min(used, carried(tail));
        advance(tail, used, ofCarry);
        List<SourceCheckpoint> checkpoints = new ArrayList<>();
        if (carry != null) {
            checkpoints.add(carry.checkpoint());
        }
        if (used > ofCarry) {
            checkpoints.add(tail.checkpoint());
        }
        if (!sink.accept(maker.block(), first, maker.count(), used, checkpoints)) {
            tail.offset -= used - ofCarry;
            if (carry != null) {
                carry.offset -= ofCarry;
                tail.carry = carry;
                carry.successor = tail;
            }
            return false;
        }
        tail.dropped = 0;
        return true;
    }

    /** The WAL is full, and this input would rather lose events than wait: they are counted, and declared with the next. */
    private boolean drop(FileTail tail, int used) {
        advance(tail, used, (int) Math.min(used, carried(tail)));
        tail.dropped += maker.count();
        sink.dropped(tail.stream, maker.count());
        return true;
    }

    private static void advance(FileTail tail, int used, int ofCarry) {
        FileTail carry = tail.carry;
        if (carry != null) {
            carry.offset += ofCarry;
            if (carry.isRead()) {
                tail.carry = null;
                carry.successor = null;
            }
        }
        tail.offset += used - ofCarry;
    }
}
