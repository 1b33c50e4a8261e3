package dev.raftsman.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/** What the log drives. The same entries give the same state and replies on every node. */
public interface AppliedState extends AutoCloseable {
    /** Makes the state that a start, or a restart, goes on from. */
    interface Opener {
        /**
         * @param snapshot the newest one, to be verified; or null to begin empty
         * @throws IOException if the snapshot, or what it needs, is not as it was
         */
        AppliedState open(Path snapshot) throws IOException;

        /**
         * Fetches from another node what its log no longer has for this one. The open state goes on meanwhile; it takes no
         * snapshots. Called by a thread that may wait; again after it failed.
         *
         * @param peer address of that node, {@code host:port} of its log
         * @param leastIndex what it must show at least
         * @return what is to be taken over, all of it durable here
         * @throws NotNowException if the peer does not give it, or there is no room
         * @throws IOException if this node's own disk fails: the process ends
         */
        default Fetched fetch(String peer, long leastIndex) throws IOException, InterruptedException {
            throw new NotNowException("this state cannot be fetched", null);
        }
    }

    /** Another node's snapshot, about to become this one's. */
    interface Fetched {
        long term();

        long index();

        /**
         * Takes it over: durable on return, {@link Opener#open} with this file goes on from it. The open state is closed
         * afterwards.
         */
        void commit(Path file) throws IOException;
    }

    /** What was to be fetched could not be; a later try may do. */
    final class NotNowException extends IOException {
        private static final long serialVersionUID = 1L;

        public NotNowException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /**
     * Applies one entry; called by one thread, in log order.
     *
     * @param entry read-only, valid until return
     * @return the reply to whoever submitted it
     * @throws IOException if the disk failed, as any exception does: nothing is applied afterwards and the process ends
     */
    byte[] apply(long term, long index, ByteBuffer entry) throws IOException;

    /** Passes an index that holds nothing for the state: an entry of the engine's own. Same thread. */
    void advance(long term, long index) throws IOException;

    /** Takes what is applied, cheaply and not yet durably, so that a snapshot can be written meanwhile. Same thread. */
    Captured capture() throws IOException;

    /** The state at one index. */
    interface Captured {
        /**
         * Makes it durable, with this file as what {@link Opener#open} needs to find it again. Called once, by another
         * thread than the applying one, while that goes on; in the order of capturing, one at a time, before the state is
         * closed.
         *
         * @param file whole and durable under this name on return, or not there; what earlier snapshots needed may be gone
         *     then
         * @throws NoSpaceException if the disk is full: nothing is lost, the log is kept, a later try may do
         */
        void write(Path file) throws IOException;
    }

    /** There was no space for a snapshot. */
    final class NoSpaceException extends IOException {
        private static final long serialVersionUID = 1L;

        public NoSpaceException(IOException cause) {
            super(cause.getMessage(), cause);
        }
    }

    /** The process ends: an {@link #apply} that waits for something fails soon. Any thread. */
    default void ending() {}

    @Override
    void close() throws IOException;
}
