package dev.raftsman.shipper;

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

    /** A source stopped: a person is needed. */
    default void failed(String stream) {}

    /** Sequences were declared missing. */
    default void gap(String stream, long events) {}
}
