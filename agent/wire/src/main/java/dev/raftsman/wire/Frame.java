package dev.raftsman.wire;

import dev.raftsman.event.Loss;
import java.nio.ByteBuffer;
import java.util.UUID;

/** One message of the protocol drawn in the package page. */
public sealed interface Frame {
    /** The newest protocol version that this code speaks. */
    int VERSION = 2;

    /** The oldest one. */
    int LEAST_VERSION = 1;

    /** The first version with {@link Lag}. */
    int LAG_VERSION = 2;

    /** Stands for "no leader known" and "no detail". */
    String NONE = "";

    /** What a sidecar says. */
    sealed interface FromSidecar extends Frame {}

    /** What a collector says. */
    sealed interface FromCollector extends Frame {}

    record Hello(int minVersion, int maxVersion, String tenant, String agent) implements FromSidecar {}

    record Open(int request, String producer, UUID incarnation, String stream) implements FromSidecar {}

    record Resume(int request, long epoch) implements FromSidecar {}

    /**
     * @param block one encoded block, from position to limit; whoever decoded the frame owns the bytes, and a sender
     *     must leave them alone until the frame is encoded
     */
    record Append(long epoch, ByteBuffer block) implements FromSidecar {}

    /**
     * @param last the greatest sequence the epoch has, -1 if none
     * @param loss what was refused a sequence after the last block
     */
    record Close(int request, long epoch, long last, Loss loss) implements FromSidecar {}

    record Forget(int request, long epoch) implements FromSidecar {}

    record Ping(long nonce) implements FromSidecar {}

    /**
     * How far a sidecar is behind with one stream; is not answered.
     *
     * @param bytes that are there and not acknowledged, 0 if none
     * @param millis age of the oldest of them
     */
    record Lag(String stream, long bytes, long millis) implements FromSidecar {}

    record Welcome(int version, String node, long creditBytes) implements FromCollector {}

    record Opened(int request, long epoch, long last) implements FromCollector {}

    record Resumed(int request, long last) implements FromCollector {}

    record Ack(long epoch, long through) implements FromCollector {}

    /**
     * @param request what it answers, 0 for an APPEND or for the connection as a whole
     * @param epoch 0 if no epoch is meant
     * @param expected with {@link RefuseReason#EXPECTED}: the sequence to go on from; -1 if only a RESUME can tell
     * @param leader {@code host:port} of the leader's ingest, or empty
     */
    record Refuse(
            int request,
            long epoch,
            RefuseReason reason,
            long expected,
            long retryAfterMillis,
            String leader,
            String detail)
            implements FromCollector {
        /** Refuses the connection as a whole. */
        public static Refuse connection(RefuseReason reason, String leader, String detail) {
            return new Refuse(0, 0, reason, 0, 0, leader, detail);
        }
    }

    record Closed(int request) implements FromCollector {}

    record Forgotten(int request) implements FromCollector {}

    record Pong(long nonce) implements FromCollector {}

    /** @param bytes the new bound of unacknowledged blocks on this connection */
    record Credit(long bytes) implements FromCollector {}
}
