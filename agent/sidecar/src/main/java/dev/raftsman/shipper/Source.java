package dev.raftsman.shipper;

import dev.raftsman.input.SourceLag;
import java.util.UUID;
import java.util.function.Consumer;

/** A WAL that is read and shipped, one bounded step at a time. Shipper's thread only. */
interface Source {
    /** @return whether anything was done; if not, there is time */
    boolean step(long nowNanos);

    UUID incarnation();

    /** Everything that is in it now was read and is acknowledged, or will never be taken. */
    boolean isDrained();

    /** Position of the last excerpt that is in it now, -1 if nobody knows. */
    long written();

    /** Everything through this position is acknowledged; with -1 as {@link #isDrained}. */
    boolean isShippedThrough(long position);

    /** All is acknowledged and the writer gone: the farewell to the cluster has begun. */
    boolean isLeaving();

    /** What is in it and not acknowledged, for each stream. */
    void lags(long nowNanos, Consumer<SourceLag> lag);

    /** Acknowledged, closed, deleted and forgotten: the source is of no further use. */
    boolean isDone();

    /** Files that hold only what is acknowledged, as the durable cursor says, may go. */
    void release();

    void close();
}
