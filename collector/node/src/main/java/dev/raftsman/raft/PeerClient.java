package dev.raftsman.raft;

import dev.raftsman.config.HostPort;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.thirdparty.io.grpc.CallOptions;
import org.apache.ratis.thirdparty.io.grpc.ClientCall;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;
import org.apache.ratis.thirdparty.io.grpc.stub.ClientCalls;

/** Asks one other node of the cluster. Any thread; each answer is one thread's. */
public final class PeerClient implements AutoCloseable {
    private static final int MAX_MESSAGE_BYTES = PeerAnswer.MAX_CHUNK_BYTES + 1024;

    /** What may be on its way of one answer. */
    private static final int WINDOW_BYTES = 4 << 20;

    private final HostPort peer;
    private final ManagedChannel channel;

    private PeerClient(HostPort peer, ManagedChannel channel) {
        this.peer = peer;
        this.channel = channel;
    }

    /**
     * Connects when first asked for something, and again when it is needed.
     *
     * @param peer the node's address of the log
     * @param tls null for plain text
     */
    public static PeerClient to(HostPort peer, LogTls tls) {
        NettyChannelBuilder builder = NettyChannelBuilder.forAddress(peer.host(), peer.port())
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .flowControlWindow(WINDOW_BYTES);
        if (tls == null) {
            builder.usePlaintext();
        } else {
            builder.sslContext(tls.clientContext());
        }
        return new PeerClient(peer, builder.build());
    }

    /**
     * Asks; the answer comes as it is taken.
     *
     * @param timeout for the whole answer
     */
    public PeerAnswer ask(String verb, ByteBuffer question, Duration timeout) {
        // A peer that did not listen a moment ago may do so now; how often to ask is for the caller to say.
        channel.resetConnectBackoff();
        // A chunk is put together by the thread that read it, not handed to another for that.
        ClientCall<ByteBuffer, ByteBuffer> call = channel.newCall(
                PeerService.ASK,
                CallOptions.DEFAULT
                        .withExecutor(Runnable::run)
                        .withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS));
        Iterator<ByteBuffer> chunks =
                ClientCalls.blockingServerStreamingCall(call, PeerService.question(verb, question));
        return new PeerAnswer() {
            @Override
            public ByteBuffer next() throws PeerException {
                try {
                    return chunks.hasNext() ? chunks.next() : null;
                } catch (StatusRuntimeException e) {
                    throw failure(verb, e);
                }
            }

            @Override
            public void close() {
                call.cancel("given up", null);
            }
        };
    }

    /** Asks for an answer of one chunk, or none. */
    public ByteBuffer askShort(String verb, ByteBuffer question, Duration timeout) throws PeerException {
        try {
            ByteBuffer chunk = ask(verb, question, timeout).next();
            return chunk == null ? ByteBuffer.allocate(0) : chunk;
        } catch (PeerException e) {
            throw e;
        } catch (java.io.IOException e) {
            throw new PeerException(e.getMessage(), false, e);
        }
    }

    private PeerException failure(String verb, StatusRuntimeException e) {
        Status status = e.getStatus();
        boolean refused = status.getCode() == Status.Code.FAILED_PRECONDITION;
        String reason = refused ? status.getDescription() : reason(e);
        return new PeerException(peer + " does not answer '" + verb + "': " + reason, refused, e);
    }

    private static String reason(StatusRuntimeException e) {
        if (e.getCause() == null) {
            return e.getStatus().getCode() + " " + e.getStatus().getDescription();
        }
        Throwable root = e.getCause();
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root.getMessage();
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
