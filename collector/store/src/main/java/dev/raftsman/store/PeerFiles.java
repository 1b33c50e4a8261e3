package dev.raftsman.store;

import java.nio.ByteBuffer;

/** Another node's snapshot and segments; what it answers is drawn at {@link OfferedFiles}. */
@FunctionalInterface
public interface PeerFiles {
    /** The verb for its newest snapshot. */
    String SNAPSHOT = "snapshot";

    /** The verb for a segment. */
    String SEGMENT = "segment";

    /** The verb for the digests that it computed: {@link Attestation}. */
    String DIGESTS = "digests";

    /**
     * Asks it.
     *
     * @param question what the verb wants
     * @throws PeerFailedException if it does not answer
     */
    Chunks ask(String verb, ByteBuffer question) throws PeerFailedException;
}
