package dev.raftsman.restore;

import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.restore.PieceSearch.Hit;
import dev.raftsman.restore.PieceSearch.Result;
import dev.raftsman.restore.SegmentPieces.Piece;
import dev.raftsman.restore.SegmentSource.Copy;
import dev.raftsman.restore.StreamReader.Segment;
import dev.raftsman.restore.StreamSearch.Sink;
import dev.raftsman.segment.SegmentHeader;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The search of one segment. Its nearest copy is begun with while segments before it are still searched; what is found is
 * handed on when their turn has passed. Where that copy fails, others go on from there, then. One thread.
 */
final class SegmentSearch {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentSearch.class);

    /** Has something handed on, of this segment or of one before it, until there is room for another piece. */
    @FunctionalInterface
    interface Room {
        void make() throws IOException;
    }

    private final Segment segment;
    private final boolean last;
    private final SearchScope scope;
    private final PieceSearch pieces;
    private final Sink sink;
    private final List<String> problems = new ArrayList<>();
    private Reading reading = new Reading(ReadPosition.START);
    private ReadPosition position = ReadPosition.START;
    private boolean readable;

    /** @param last whether nothing of the stream comes behind it */
    SegmentSearch(Segment segment, boolean last, SearchScope scope, PieceSearch pieces, Sink sink) {
        this.segment = segment;
        this.last = last;
        this.scope = scope;
        this.pieces = pieces;
        this.sink = sink;
    }

    /** One copy, from where another ended. */
    private final class Reading {
        private final ReadPosition start;
        private final Queue<Future<Result>> waiting = new ArrayDeque<>();
        private SegmentHeader header;
        private boolean whole;
        private String ending = "";

        /** What ended it before it was read to its end; null if nothing did. */
        private Exception failure;

        Reading(ReadPosition start) {
            this.start = start;
            position = start;
        }

        /** Brings all pieces. Only what the room fails with is thrown; what the copy fails with is kept. */
        void bring(Opening opening, Room room) throws IOException {
            try (SegmentPieces copy = opening.open()) {
                for (Piece piece = copy.next(); piece != null; piece = copy.next()) {
                    header = copy.header();
                    waiting.add(pieces.bring(piece, start));
                    try {
                        room.make();
                    } catch (IOException | RuntimeException e) {
                        throw new RoomFailedException(e);
                    }
                    if (failure != null) {
                        return; // A piece before this one was damaged.
                    }
                }
                whole = copy.isWhole();
                ending = copy.ending();
            } catch (RoomFailedException e) {
                throw e.cause();
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException | CorruptBlockException e) {
                failure = failure == null ? e : failure;
            }
        }

        boolean isEmpty() {
            return waiting.isEmpty();
        }

        boolean isNextDone() {
            return !waiting.isEmpty() && waiting.peek().isDone();
        }

        /** Hands on what was found in the next piece. */
        void handOn() throws IOException {
            Result result;
            try {
                result = pieces.take(waiting.remove());
            } catch (InterruptedIOException e) {
                throw e;
            } catch (IOException | CorruptBlockException e) {
                failure = e;
                drop();
                return;
            }
            scope.counts().blocksRead(result.blocks());
            for (Hit hit : result.hits()) {
                BlockRecord record = hit.record();
                sink.found(header, record.epoch(), record.raftIndex(), record.itemsBefore(), hit.found());
            }
            position = position.then(result.end());
        }

        void drop() {
            waiting.forEach(pieces::drop);
            waiting.clear();
        }
    }

    @FunctionalInterface
    private interface Opening {
        SegmentPieces open() throws IOException;
    }

    /** Not the copy's failure: no other is tried. */
    private static final class RoomFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient Exception failure;

        RoomFailedException(Exception failure) {
            super(failure);
            this.failure = failure;
        }

        IOException cause() {
            if (failure instanceof RuntimeException e) {
                throw e;
            }
            return (IOException) failure;
        }
    }

    /** Brings what is wanted of the nearest copy. */
    void begin(Room room) throws IOException {
        List<Copy> copies = segment.nearestFirst();
        if (!copies.isEmpty()) {
            reading.bring(() -> copies.get(0).opener().search(scope), room);
        }
    }

    /** Whether there is nothing to hand on that was brought. */
    boolean isEmpty() {
        return reading.isEmpty();
    }

    /** Whether what comes next can be handed on at once. */
    boolean isNextDone() {
        return reading.isNextDone();
    }

    /** Hands on what was found in the next piece that was brought. */
    void handOn() throws IOException {
        reading.handOn();
    }

    /** Nothing of it is wanted any more. */
    void drop() {
        reading.drop();
    }

    /**
     * Hands on the rest, and what other copies have if the nearest one failed.
     *
     * @throws IOException if it is whole nowhere
     */
    void finish() throws IOException {
        boolean begun = true;
        for (Copy copy : segment.nearestFirst()) {
            // Where ranges do not come whole, perhaps the whole does: another node is asked for it.
            for (boolean all : new boolean[] {false, true}) {
                if (!begun) {
                    reading = new Reading(position);
                    reading.bring(
                            all
                                    ? () -> new WholePieces(copy.opener().open(), scope)
                                    : () -> copy.opener().search(scope),
                            this::makeRoom);
                }
                begun = false;
                while (!reading.isEmpty()) {
                    reading.handOn();
                }
                if (reading.failure == null) {
                    readable = true;
                    if (reading.whole) {
                        return;
                    }
                    problems.add(copy.where() + " " + reading.ending);
                    break;
                }
                LOG.warn(
                        "copy not readable, the next is tried: segment={} reason={}",
                        segment.id,
                        reading.failure.getMessage());
                if (all) {
                    problems.add(String.valueOf(reading.failure.getMessage()));
                }
            }
        }
        if (segment.mustBeWhole(last) || !readable) {
            throw segment.wholeNowhere(problems);
        }
    }

    private void makeRoom() throws IOException {
        while (!reading.isEmpty() && (pieces.isFull() || reading.isNextDone())) {
            reading.handOn();
        }
    }
}
