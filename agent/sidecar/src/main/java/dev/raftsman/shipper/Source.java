package dev.raftsman.shipper;

import java.util.UUID;

/** A WAL that is read and shipped, one bounded step at a time. Shipper's thread only. */
interface Source {
    /** @return whether anything was done; if not, there is time */
    boolean step(long nowNanos);

    UUID incarnation();

    /** Everything that is in it now was read and is acknowledged, or will never be taken. */
    boolean isDrained();

    /** Acknowledged, closed, deleted and forgotten: the source is of no further use. */
    boolean isDone();

    /** Files that hold only what is acknowledged, as the durable cursor says, may go. */
    void release();

    void close();
}
