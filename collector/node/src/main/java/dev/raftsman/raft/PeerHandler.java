package dev.raftsman.raft;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Answers what other nodes of the cluster ask for under one verb. Called by several threads at a time. */
public interface PeerHandler {
    /**
     * @param question read-only; the handler may keep it
     * @throws IOException if there is no answer: its message reaches the peer that asked, as a {@link PeerException}
     */
    PeerAnswer answer(ByteBuffer question) throws IOException;
}
