package dev.raftsman.query;

import dev.raftsman.block.Block;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentReader;
import dev.raftsman.store.DamagedSegmentException;
import dev.raftsman.store.ReplicatedState;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Goes over the blocks of one stream as this node holds them, from an offset on, and further as the stream grows. Follows
 * the state when the log replaces it. Memory: the longest block met. One thread.
 */
final class StreamWalk implements AutoCloseable {
    /** What a step came to. */
    enum Step {
        /** {@link #block()} is the next one with something at the offset or behind it. */
        BLOCK,
        /** There is nothing more yet. */
        END,
        /** What comes next is not here any more: see {@link #trimmed()}. */
        TRIMMED
    }

    private final Supplier<ReplicatedState> states;
    private final int stream;

    private Offset from;
    private ReplicatedState state;
    private SegmentReader reader;
    private SegmentId segment;
    private long readableBytes;
    private OffsetCounter offsets;
    private Offset first;
    private SegmentView trimmed;

    /**
     * @param states gives the state that is the node's now, never null
     * @param from the first item wanted
     */
    StreamWalk(Supplier<ReplicatedState> states, int stream, Offset from) {
        this.states = states;
        this.stream = stream;
        this.from = from;
    }

    /** Where to begin for the last so many items that are here, fewer if there are fewer. */
    static Offset last(ReplicatedState state, int stream, long items) throws IOException {
        Optional<SegmentView> segment = state.segmentAround(new SegmentId(stream, Long.MAX_VALUE));
        Offset begin = state.nextOffset();
        long missing = items;
        while (missing > 0 && segment.isPresent() && segment.get().state().hot()) {
            Deque<Offset> firsts = new ArrayDeque<>();
            Deque<Integer> counts = new ArrayDeque<>();
            long inSegment = 0;
            Optional<SegmentFile> file = state.openForRead(segment.get().id());
            if (file.isEmpty()) {
                break;
            }
            try (SegmentReader reader = SegmentReader.follow(file.get())) {
                OffsetCounter offsets = new OffsetCounter();
                while (reader.next()) {
                    firsts.add(offsets.first(reader.raftIndex(), reader.block()));
                    counts.add(OffsetCounter.items(reader.block()));
                    inSegment += counts.getLast();
                    while (inSegment - counts.getFirst() >= missing) {
                        inSegment -= counts.removeFirst();
                        firsts.removeFirst();
                    }
                }
            }
            if (!firsts.isEmpty()) {
                Offset block = firsts.getFirst();
                int skipped = (int) Math.max(0, inSegment - missing);
                begin = new Offset(block.raftIndex(), block.ordinal() + skipped);
            }
            missing -= inSegment;
            segment = state.segmentBefore(segment.get().id());
        }
        return begin;
    }

    /**
     * Goes on.
     *
     * @throws DamagedSegmentException if this node's copy is damaged: another node has it
     */
    Step step() throws IOException {
        ReplicatedState now = states.get();
        if (now != state) {
            leave();
            segment = null;
            state = now;
        }
        while (true) {
            if (reader == null) {
                Step without = open();
                if (without != Step.BLOCK) {
                    return without;
                }
            }
            if (reader.next()) {
                Block block = reader.block();
                Offset begin = offsets.first(reader.raftIndex(), block);
                int items = OffsetCounter.items(block);
                Offset end = new Offset(begin.raftIndex(), begin.ordinal() + items);
                if (end.compareTo(from) > 0) {
                    first = begin;
                    return Step.BLOCK;
                }
            } else if (!grown()) {
                return Step.END;
            }
        }
    }

    /** @return false if the segment may grow, but has not yet */
    private boolean grown() throws IOException {
        if (reader.ending() != SegmentReader.Ending.UNFINISHED && reader.ending() != SegmentReader.Ending.SEALED) {
            throw new IOException("segment " + segment + " ends within a record, at " + reader.validBytes());
        }
        SegmentView view = state.segment(segment).orElseThrow(() -> new IOException("no segment " + segment));
        if (view.bytes() > readableBytes) {
            readableBytes = view.bytes();
            reader.extend(readableBytes);
            return true;
        }
        if (view.state() == SegmentState.OPEN) {
            return false;
        }
        leave();
        return true;
    }

    /** @return BLOCK if a segment is open now */
    private Step open() throws IOException {
        while (true) {
            Optional<SegmentView> next = segment == null
                    ? state.segmentAround(new SegmentId(stream, from.raftIndex()))
                    : state.segmentAfter(segment);
            if (next.isEmpty()) {
                return Step.END;
            }
            SegmentView view = next.get();
            if (segment == null && endsBefore(view)) {
                segment = view.id();
            } else if (!view.state().hot()) {
                trimmed = view;
                return Step.TRIMMED;
            } else {
                Optional<SegmentFile> file = state.openForRead(view.id());
                if (file.isPresent()) {
                    enter(view.id(), file.get());
                    return Step.BLOCK;
                }
                if (state.segment(view.id()).map(known -> known.state().hot()).orElse(false)) {
                    throw new DamagedSegmentException(view.id());
                }
            }
        }
    }

    /** Whether a finished segment is known to hold nothing at the offset: nothing applied lies there. */
    private boolean endsBefore(SegmentView view) {
        return view.state() != SegmentState.OPEN && from.compareTo(state.nextOffset()) >= 0;
    }

    private void enter(SegmentId id, SegmentFile file) throws IOException {
        reader = SegmentReader.follow(file);
        segment = id;
        readableBytes = file.length();
        offsets = new OffsetCounter();
    }

    private void leave() throws IOException {
        if (reader != null) {
            reader.close();
            reader = null;
        }
    }

    /** Of the block's first item, which may lie before what is wanted. */
    Offset first() {
        return first;
    }

    /** Valid until the next step. */
    Block block() {
        return reader.block();
    }

    EpochInfo epoch() {
        return reader.epochInfo();
    }

    /** The first item that is wanted still. */
    Offset from() {
        return from;
    }

    /** All before this offset was handed on. */
    void passed(Offset next) {
        from = next;
    }

    /** The segment that is not here any more. */
    SegmentView trimmed() {
        return trimmed;
    }

    /** The first offset behind what was trimmed; behind everything if nothing is hot there. */
    Offset resumesAt() {
        Optional<SegmentView> next = Optional.of(trimmed);
        while (next.isPresent() && !next.get().state().hot()) {
            next = state.segmentAfter(next.get().id());
        }
        return next.map(view -> new Offset(view.baseIndex(), 0)).orElseGet(state::nextOffset);
    }

    @Override
    public void close() throws IOException {
        leave();
    }
}
