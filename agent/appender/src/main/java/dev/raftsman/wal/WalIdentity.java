package dev.raftsman.wal;

import dev.raftsman.event.Names;
import java.util.UUID;

/**
 * Whose write-ahead log a directory is. One directory is one incarnation of one producer: it has one writer in its
 * life and is never opened for append again.
 *
 * @param stream the one stream its events belong to, or empty where every excerpt names its own (a sidecar's inputs)
 * @param incarnation new for each start of the producer
 * @param startMillis when the incarnation began, since 1970; orders directories, decides nothing else
 */
public record WalIdentity(String tenant, String producer, String stream, UUID incarnation, long startMillis) {
    public WalIdentity {
        Names.tenant(tenant);
        Names.name(producer);
        if (!stream.isEmpty()) {
            Names.name(stream);
        }
        if (startMillis < 0) {
            throw new IllegalArgumentException("startMillis " + startMillis + "; expected 0 or more");
        }
    }

    /** An incarnation that begins now. */
    public static WalIdentity startingNow(String tenant, String producer, String stream) {
        return new WalIdentity(tenant, producer, stream, UUID.randomUUID(), System.currentTimeMillis());
    }

    /** The next incarnation of the same producer, which begins now. */
    public WalIdentity next() {
        return startingNow(tenant, producer, stream);
    }
}
