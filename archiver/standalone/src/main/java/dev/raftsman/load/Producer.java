package dev.raftsman.load;

import java.util.function.BooleanSupplier;

/** Sends lines under one name. {@link #produce} is called by one thread at a time, the rest by any. */
public interface Producer extends AutoCloseable {
    /** Sends until told to stop; returns once everything is acknowledged. */
    void produce(Pace pace, BooleanSupplier stop) throws Exception;

    Tally tally();

    /** Bytes on the wire since the process began, compressed, frames included. */
    long wireBytes();

    /** How often something had to be sent again over a new connection. */
    long reconnects();

    /** How many of its events are stored, as the other side says; -1 if this side cannot ask. */
    long stored() throws Exception;

    @Override
    void close();
}
