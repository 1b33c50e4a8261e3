package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;

/**
 * Makes a vote survive a power cut before anybody can count it.
 *
 * <p>The engine (3.3.0) forces the file with term and vote and renames it into place, but never forces the directory: after
 * a power cut the old file can be back, and the node votes a second time in the same term. So the directory is forced
 *
 * <ul>
 *   <li>before the answer to a request for a vote leaves this node (here, as an interceptor of the engine's transport), and
 *   <li>before this node, elected, does anything as leader ({@link #own}): until then its vote for itself counts for
 *       nobody.
 * </ul>
 *
 * A vote in term T that elected a leader is so on the disks of a majority; a forgotten one elected nobody.
 */
final class DurableVotes implements ServerInterceptor {
    private static final String METHOD = "/requestVote";

    private final Path directory;
    private final FailureListener failures;
    private final AtomicLong forced = new AtomicLong();

    /** @param directory where the engine keeps term and vote */
    DurableVotes(Path directory, FailureListener failures) {
        this.directory = directory;
        this.failures = failures;
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return call.getMethodDescriptor().getFullMethodName().endsWith(METHOD)
                ? next.startCall(new VoteCall<>(call), headers)
                : next.startCall(call, headers);
    }

    private final class VoteCall<Q, R> extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {
        private boolean withheld;

        VoteCall(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void sendMessage(R answer) {
            try {
                force();
                super.sendMessage(answer);
            } catch (IOException e) {
                withheld = true;
                failed(e);
            }
        }

        @Override
        public void close(Status status, Metadata trailers) {
            super.close(withheld ? Status.UNAVAILABLE.withDescription("vote not durable") : status, trailers);
        }
    }

    /** Forces this node's vote for itself; to be called before it acts as the leader that it elected. */
    void own() {
        try {
            force();
        } catch (IOException e) {
            failed(e);
            throw new IllegalStateException("vote not durable", e);
        }
    }

    private void force() throws IOException {
        Durable.forceDirectory(directory);
        forced.incrementAndGet();
    }

    private void failed(IOException e) {
        failures.failed(Failure.DISK, "cannot force " + directory, e);
    }

    /** How often the directory was forced. */
    long forced() {
        return forced.get();
    }
}
