package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import dev.raftsman.raft.VoteRecord.Vote;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCall;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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
 * A vote in term T that elected a leader is so on the disks of a majority; a forgotten one elected nobody. Beside the
 * engine's file, which has no checksum, a {@link VoteRecord} is kept: of it the engine's file is made again where the engine has lost
 * it for want of space, and a node whose promise was damaged does not start.
 */
final class DurableVotes implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(DurableVotes.class);
    private static final String METHOD = "/requestVote";

    private final Path directory;
    private final String self;
    private final VoteRecord record;
    private final FailureListener failures;
    private final AtomicLong forced = new AtomicLong();

    /**
     * @param directory where the engine keeps term and vote
     * @param self this node
     */
    DurableVotes(Path directory, String self, FailureListener failures) {
        this.directory = directory;
        this.self = self;
        this.record = new VoteRecord(directory);
        this.failures = failures;
    }

    /**
     * To be asked before the engine starts: without its file it would begin at term 0, with a log of votes it forgot. One that
     * tells less than is known is made again.
     *
     * @throws IOException if there is a log, but term and vote are missing, not to be read, or not what was promised; or
     *     if the file system does not let directories be forced
     */
    void check() throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        Durable.forceDirectory(directory);
        if (!record.isThere()) {
            try (DirectoryStream<Path> log = Files.newDirectoryStream(directory, "log_*")) {
                if (log.iterator().hasNext()) {
                    throw new DamagedLogException(
                            directory,
                            directory.resolve(VoteRecord.ENGINE_NAME)
                                    + " is missing beside a log: term and vote are not known",
                            null);
                }
            }
            return;
        }
        record.mend();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        if (!call.getMethodDescriptor().getFullMethodName().endsWith(METHOD)) {
            return next.startCall(new WatchedCall<>(call), headers);
        }
        VoteCall<Q, R> vote = new VoteCall<>(call);
        return new SimpleForwardingServerCallListener<>(next.startCall(vote, headers)) {
            @Override
            public void onMessage(Q request) {
                vote.asked(request);
                super.onMessage(request);
            }
        };
    }

    /**
     * Sees the engine answer that a new term could not be written, which it would go on from. For want of space nothing
     * is wrong: no vote was given, and the same bytes are written again before one is.
     */
    private class WatchedCall<Q, R> extends ForwardingServerCall.SimpleForwardingServerCall<Q, R> {
        WatchedCall(ServerCall<Q, R> call) {
            super(call);
        }

        @Override
        public void close(Status status, Metadata trailers) {
            for (Throwable cause = status.getCause(); cause != null; cause = cause.getCause()) {
                if (cause instanceof IOException e && isOfTheDisk(e)) {
                    failed(e);
                    break;
                }
            }
            super.close(status, trailers);
        }
    }

    private static boolean isOfTheDisk(IOException e) {
        String message = String.valueOf(e.getMessage());
        return message.contains("Input/output error") || message.contains("Read-only file system");
    }

    private final class VoteCall<Q, R> extends WatchedCall<Q, R> {
        private boolean withheld;
        private RequestVoteRequestProto request = RequestVoteRequestProto.getDefaultInstance();

        VoteCall(ServerCall<Q, R> call) {
            super(call);
        }

        void asked(Q message) {
            if (message instanceof RequestVoteRequestProto vote) {
                request = vote;
            }
        }

        /** A vote that is not on the disk is not given; whatever promises nothing may leave all the same. */
        @Override
        public void sendMessage(R answer) {
            try {
                withheld = !force().keeps(promiseOf(answer));
            } catch (DamagedLogException e) {
                // While it runs, the engine's file is no worse than its disk was full: it knows term and vote.
                withheld = !promiseOf(answer).equals(Vote.NONE);
                LOG.warn("not on the disk: withheld={}, promise={}", withheld, promiseOf(answer), e);
            } catch (IOException e) {
                if (isForWantOfSpace(e)) {
                    withheld = !promiseOf(answer).equals(Vote.NONE);
                } else {
                    withheld = true;
                    failed(e);
                }
            }
            if (!withheld) {
                super.sendMessage(answer);
            }
        }

        private Vote promiseOf(R answer) {
            boolean given = answer instanceof RequestVoteReplyProto reply
                    && reply.getServerReply().getSuccess()
                    && !request.getPreVote();
            return given
                    ? new Vote(
                            request.getCandidateTerm(),
                            request.getServerRequest().getRequestorId().toStringUtf8())
                    : Vote.NONE;
        }

        @Override
        public void close(Status status, Metadata trailers) {
            super.close(withheld ? Status.UNAVAILABLE.withDescription("vote not durable") : status, trailers);
        }
    }

    /** Forces this node's vote for itself; to be called before it acts as the leader that it elected. */
    void own() {
        try {
            Vote kept = force();
            if (record.isThere() && !kept.votedFor().equals(self)) {
                throw new DamagedLogException(directory, "there is " + kept + ", not its vote for itself", null);
            }
        } catch (IOException e) {
            if (e instanceof DamagedLogException || isForWantOfSpace(e)) {
                failures.failed(Failure.STOPPED, "its vote for itself is not on the disk", e);
            } else {
                failed(e);
            }
            throw new IllegalStateException("vote not durable", e);
        }
    }

    /** Returns what is on the disk now. */
    private Vote force() throws IOException {
        Vote kept = Vote.NONE;
        if (record.isThere()) {
            kept = record.keep();
        } else {
            Durable.forceDirectory(directory);
        }
        forced.incrementAndGet();
        return kept;
    }

    private static boolean isForWantOfSpace(IOException e) {
        return String.valueOf(e.getMessage()).contains("No space left");
    }

    private void failed(IOException e) {
        failures.failed(Failure.DISK, "cannot write or force term and vote in " + directory, e);
    }

    /** The term on the disk, 0 if there is none as there was no space for it; the greatest there can be if that cannot be told. */
    long writtenTerm() {
        try {
            return record.ofEngine().term();
        } catch (DamagedLogException e) {
            return 0;
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    /** How often the directory was forced. */
    long forced() {
        return forced.get();
    }
}
