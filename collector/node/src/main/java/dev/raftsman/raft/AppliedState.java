package dev.raftsman.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** What the log drives. The same entries give the same state and replies on every node. */
public interface AppliedState extends AutoCloseable {
    /** Makes the state that a start, or a restart, goes on from. */
    interface Opener {
        /** @param snapshot the newest verified one, or null to begin empty */
        AppliedState open(Path snapshot) throws IOException;
    }

    /**
     * Applies one entry; called by one thread, in log order.
     *
     * @param entry read-only, valid until return
     * @return the reply to whoever submitted it
     * @throws IOException if the disk failed: nothing is applied afterwards and the process ends
     */
    byte[] apply(long term, long index, ByteBuffer entry) throws IOException;

    /** Writes all of the state that is not already on disk for good to this new file, and forces it. Same thread. */
    void snapshot(Path file) throws IOException;

    @Override
    void close() throws IOException;
}
