package dev.raftsman.input;

import java.nio.ByteBuffer;
import java.util.List;

/** Takes the finished blocks of an input. Called on the input's thread. */
public interface BlockSink {
    /** Whether a block would be taken now. If not, the input stops reading: what it reads is still in the files. */
    boolean hasRoom();

    /** The sequence that the next event of this stream gets. */
    long nextSequence(String stream);

    /**
     * Takes a block; the bytes are the caller's again on return.
     *
     * @param block encoded, from position to limit
     * @param checkpoints how far each file was read with this block, at least one; they name the stream
     * @return whether it was taken; if not, nothing of it was kept and it may be offered again
     */
    boolean accept(ByteBuffer block, long firstSequence, int count, int rawBytes, List<SourceCheckpoint> checkpoints);

    /** Events were dropped since there was no room; the next block of the stream declares them. */
    void dropped(String stream, long events);

    /**
     * Takes note how far a file counts as read, without a block: after a restart it is read on from there.
     *
     * @return whether it was taken
     */
    boolean mark(SourceCheckpoint checkpoint);
}
