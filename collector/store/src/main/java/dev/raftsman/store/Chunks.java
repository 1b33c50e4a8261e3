package dev.raftsman.store;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes on their way from one node to another, made or fetched as fast as they are taken. One thread at a time. */
public interface Chunks extends Closeable {
    /** A chunk has no more. */
    int MAX_BYTES = 1 << 20;

    /**
     * @return the next chunk, the caller's until it asks for another; null at the end
     * @throws PeerFailedException on the side that fetches, if they end before their end
     */
    ByteBuffer next() throws IOException;

    /** Lets go of what they come from. */
    @Override
    default void close() throws IOException {}
}
