package dev.raftsman.shipper;

import dev.raftsman.wire.RefuseReason;
import java.nio.ByteBuffer;
import java.util.UUID;

/** What the shipper counts; called on its thread. */
public interface ShipperObserver {
    ShipperObserver NONE = new ShipperObserver() {};

    /** Events were read from an application's WAL. */
    default void read(String stream, long events, long rawBytes) {}

    /** Bytes of an application's WAL were read, as they lie there. */
    default void readWal(long bytes) {}

    /**
     * A block was acknowledged.
     *
     * @param nanos from sending it to its acknowledgement
     */
    default void acknowledged(String stream, long events, long nanos) {}

    /** Bytes of frames went to the network. */
    default void sent(long bytes) {}

    /** Blocks that wait in memory for their acknowledgement. */
    default void inFlight(long bytes) {}

    default void connected(boolean now) {}

    /** An attempt to connect begins. */
    default void connecting() {}

    /** A connection ended, or the attempt to make one. */
    default void connectionEnded(ConnectionEnd why) {}

    /** A collector refused a block, a question or the connection. */
    default void refused(RefuseReason reason) {}

    /** Time passed in which some stream had to wait, as a collector had asked. */
    default void throttled(long nanos) {}

    /**
     * A finished block is on its way. It comes again if the collector goes on from an earlier sequence.
     *
     * @param block its bytes do not change any more, and may be kept
     */
    default void offered(String producer, UUID incarnation, String stream, ByteBuffer block) {}

    /** A block that was sent before is sent again. */
    default void resent() {}

    /** A source stopped: a person is needed. */
    default void failed(String stream) {}

    /** Sequences were declared missing. */
    default void gap(String stream, long events) {}
}
