package dev.raftsman.raft;

import java.util.concurrent.CompletionException;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.exceptions.LeaderNotReadyException;
import org.apache.ratis.protocol.exceptions.LeaderSteppingDownException;
import org.apache.ratis.protocol.exceptions.NotLeaderException;
import org.apache.ratis.protocol.exceptions.RaftException;

/** What the engine's answer to a request means. */
final class EngineReply {
    private static final byte[] NO_BYTES = {};

    private EngineReply() {}

    /** @param failure null if there is a reply */
    static Outcome outcome(RaftClientReply reply, Throwable failure) {
        if (failure == null && reply.isSuccess()) {
            return new Outcome.Applied(
                    reply.getLogIndex(),
                    reply.getMessage() == null
                            ? NO_BYTES
                            : reply.getMessage().getContent().toByteArray());
        }
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        RaftException refused = reply == null ? null : reply.getException();
        Throwable why = refused == null ? cause : refused;
        if (why instanceof NotLeaderException notLeader) {
            RaftPeer suggested = notLeader.getSuggestedLeader();
            return new Outcome.NotLeader(
                    suggested == null ? "" : suggested.getId().toString());
        }
        if (why instanceof LeaderSteppingDownException || why instanceof LeaderNotReadyException) {
            return new Outcome.NotLeader("");
        }
        return new Outcome.Unavailable(why == null ? "no answer" : why.toString());
    }
}
