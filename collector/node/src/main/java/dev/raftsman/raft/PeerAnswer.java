package dev.raftsman.raft;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An answer in chunks, made, or fetched, as fast as they are taken. One thread at a time. */
public interface PeerAnswer extends Closeable {
    /** A chunk has no more. */
    int MAX_CHUNK_BYTES = 1 << 20;

    /**
     * @return the next chunk, the caller's until it asks for another; null at the end
     * @throws IOException if the answer ends before its end; on the side that asked a {@link PeerException}
     */
    ByteBuffer next() throws IOException;

    /** Lets go of what the answer holds; before its end, it is given up. */
    @Override
    default void close() throws IOException {}

    /** A short answer: one chunk. */
    static PeerAnswer of(byte[] whole) {
        ByteBuffer[] left = {ByteBuffer.wrap(whole)};
        return () -> {
            ByteBuffer chunk = left[0];
            left[0] = null;
            return chunk;
        };
    }
}
