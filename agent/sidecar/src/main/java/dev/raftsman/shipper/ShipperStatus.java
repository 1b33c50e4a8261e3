package dev.raftsman.shipper;

import dev.raftsman.input.SourceLag;
import dev.raftsman.tls.TlsStatus;
import java.util.List;

/**
 * How the shipper stands, as its thread saw it some time ago: at most {@link Shipper#LOOK_NANOS} while it works.
 *
 * @param lags of each stream of each write-ahead log, what is in it and not acknowledged; what was not read yet of the
 *     agent's own, whose stream is not known, is under {@link #UNREAD}
 * @param acknowledgedNanos when an acknowledgement came last, or when the shipper was made; {@link System#nanoTime}
 * @param walBytes what the agent's own write-ahead logs take on the disk
 * @param tls of the connections to collectors; null if they are plain text
 */
public record ShipperStatus(List<SourceLag> lags, long acknowledgedNanos, long walBytes, TlsStatus tls) {
    /** The stream of what was not read. */
    public static final String UNREAD = "other";

    public ShipperStatus {
        lags = List.copyOf(lags);
    }
}
