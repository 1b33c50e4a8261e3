package dev.raftsman.input;

import dev.raftsman.event.Loss;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalWriter;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes the blocks of the sidecar's own inputs to its WAL, each with the checkpoint of its source in the same excerpt,
 * and numbers the events of each stream from 0. The input's thread only.
 */
public final class BlockJournal implements BlockSink {
    private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

    private final WalWriter wal;
    private final long excerptBytes;
    private final OperatorLog log;
    private final Observer observer;
    private final Map<String, Long> nextSequences = new HashMap<>();
    private boolean stalled;

    /** What the journal counts; called on the input's thread. */
    public interface Observer {
        void read(String stream, long events, long rawBytes, long walBytes);

        /** Events of an input that would rather lose them than wait. */
        void dropped(String stream, long events);

        /** The WAL has reached its quota, or has room again. */
        void stalled(boolean now);
    }

    /** @param excerptBytes room that must be there before a block is read: the largest excerpt */
    public BlockJournal(WalWriter wal, long excerptBytes, OperatorLog log, Observer observer) {
        this.wal = wal;
        this.excerptBytes = excerptBytes;
        this.log = log;
        this.observer = observer;
    }

    @Override
    public boolean hasRoom() {
        boolean room = wal.hasRoom(excerptBytes);
        if (room == stalled) {
            stalled = !room;
            if (stalled) {
                log.warn(
                        "full",
                        "the agent's own WAL is at its quota, or the disk at its reserve: inputs wait or drop until"
                                + " collectors have acknowledged more: path=" + wal.directory());
            }
            observer.stalled(stalled);
        }
        return room;
    }

    /** Looks whether there is room again, since nobody else does when there is nothing to read. */
    public void look() {
        if (stalled) {
            hasRoom();
        }
    }

    @Override
    public long nextSequence(String stream) {
        return nextSequences.getOrDefault(stream, 0L);
    }

    @Override
    public boolean accept(
            ByteBuffer block, long firstSequence, int count, int rawBytes, List<SourceCheckpoint> checkpoints) {
        ByteBuffer extra = SourceCheckpoint.encode(checkpoints);
        String stream = checkpoints.get(0).stream();
        int walBytes = block.remaining() + extra.remaining();
        if (wal.append(ExcerptKind.BLOCK, firstSequence, count, Loss.NONE, extra, block) == WalWriter.NO_ROOM) {
            return false;
        }
        nextSequences.put(stream, firstSequence + count);
        observer.read(stream, count, rawBytes, walBytes);
        return true;
    }

    @Override
    public void dropped(String stream, long events) {
        log.warn("dropping " + stream, "no room in the WAL, events are dropped and counted: stream=" + stream);
        observer.dropped(stream, events);
    }

    @Override
    public boolean mark(SourceCheckpoint checkpoint) {
        ByteBuffer extra = SourceCheckpoint.encode(List.of(checkpoint));
        return wal.append(ExcerptKind.CHECKPOINT, 0, 0, Loss.NONE, extra, NOTHING) != WalWriter.NO_ROOM;
    }
}
