package dev.raftsman.input;

import java.nio.ByteBuffer;

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
     * @param checkpoint how far the source was read with this block; names the stream
     * @return whether it was taken; if not, nothing of it was kept and it may be offered again
     */
    boolean accept(ByteBuffer block, long firstSequence, int count, int rawBytes, SourceCheckpoint checkpoint);
}
