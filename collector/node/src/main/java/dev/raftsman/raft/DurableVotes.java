package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
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
 * A vote in term T that elected a leader is so on the disks of a majority; a forgotten one elected nobody. Beside the
 * engine's file, which has no checksum, a {@link VoteRecord} is kept: a node whose promise was damaged does not start.
 */
final class DurableVotes implements ServerInterceptor {
    private static final String METHOD = "/requestVote";

    private final Path directory;
    private final VoteRecord record;
    private final FailureListener failures;
    private final AtomicLong forced = new AtomicLong();

    /** @param directory where the engine keeps term and vote */
    DurableVotes(Path directory, FailureListener failures) {
        this.directory = directory;
        this.record = new VoteRecord(directory);
        this.failures = failures;
    }

    /**
     * To be asked before the engine starts: without its file it would begin at term 0, with a log of votes it forgot.
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
        record.check();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        return next.startCall(
                call.getMethodDescriptor().getFullMethodName().endsWith(METHOD)
                        ? new VoteCall<>(call)
                        : new WatchedCall<>(call),
                headers);
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
        try {
            if (record.isThere()) {
                record.keep();
            }
        } catch (IOException e) {
            // On a full disk the vote itself is durable; until the next one, damage is looked for in the one before.
            if (!String.valueOf(e.getMessage()).contains("No space left")) {
                throw e;
            }
        }
        forced.incrementAndGet();
    }

    private void failed(IOException e) {
        failures.failed(Failure.DISK, "cannot write or force term and vote in " + directory, e);
    }

    /** The term on the disk; the greatest there can be if that cannot be told. */
    long writtenTerm() {
        try {
            return record.ofEngine().term();
        } catch (IOException e) {
            return Long.MAX_VALUE;
        }
    }

    /** How often the directory was forced. */
    long forced() {
        return forced.get();
    }
}
