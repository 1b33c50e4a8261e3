package dev.raftsman.raft;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.ratis.thirdparty.io.grpc.Drainable;
import org.apache.ratis.thirdparty.io.grpc.KnownLength;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerServiceDefinition;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCallStreamObserver;
import org.apache.ratis.thirdparty.io.grpc.stub.ServerCalls;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What nodes ask each other beside the log, on the log's own port and under its TLS: a verb and bytes, answered by chunks.
 *
 * <pre>
 * question   u8 length of the verb, the verb in ASCII, the question's bytes
 * answer     any number of messages, a chunk each
 * </pre>
 *
 * A few threads make all answers; one that a slow peer does not take occupies none of them.
 */
final class PeerService implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PeerService.class);
    private static final String NAME = "raftsman.Peer";
    private static final int THREADS = 3;
    private static final int MAX_VERB_BYTES = 32;

    /** Chunks that lie ready while the network takes one: on a busy machine a thread that is to make the next comes late. */
    private static final int READY_BYTES = 2 * PeerAnswer.MAX_CHUNK_BYTES;

    static final MethodDescriptor<ByteBuffer, ByteBuffer> ASK = MethodDescriptor.<ByteBuffer, ByteBuffer>newBuilder()
            .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
            .setFullMethodName(MethodDescriptor.generateFullMethodName(NAME, "ask"))
            .setRequestMarshaller(new Bytes())
            .setResponseMarshaller(new Bytes())
            .build();

    private final Map<String, PeerHandler> handlers;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS, task -> {
        Thread thread = new Thread(task, "peer-answers");
        thread.setDaemon(true);
        return thread;
    });

    /** @param handlers by verb */
    PeerService(Map<String, PeerHandler> handlers) {
        this.handlers = Map.copyOf(handlers);
    }

    ServerServiceDefinition definition() {
        return ServerServiceDefinition.builder(NAME)
                .addMethod(
                        ASK,
                        ServerCalls.asyncServerStreamingCall(
                                (question, out) -> begin(question, (ServerCallStreamObserver<ByteBuffer>) out)))
                .build();
    }

    static ByteBuffer question(String verb, ByteBuffer question) {
        byte[] name = verb.getBytes(StandardCharsets.US_ASCII);
        if (name.length > MAX_VERB_BYTES) {
            throw new IllegalArgumentException(verb);
        }
        return ByteBuffer.allocate(1 + name.length + question.remaining())
                .put((byte) name.length)
                .put(name)
                .put(question.duplicate())
                .flip();
    }

    private void begin(ByteBuffer question, ServerCallStreamObserver<ByteBuffer> out) {
        Answering answering = new Answering(question, out);
        out.setOnReadyThreshold(READY_BYTES);
        out.setOnReadyHandler(() -> threads.execute(answering::pump));
        out.setOnCancelHandler(() -> threads.execute(answering::giveUp));
        // The engine may be ready before the handler is set, and does not say it twice.
        threads.execute(answering::pump);
    }

    /** One answer on its way. */
    private final class Answering {
        private final ByteBuffer question;
        private final ServerCallStreamObserver<ByteBuffer> out;
        private PeerAnswer answer;
        private boolean over;

        Answering(ByteBuffer question, ServerCallStreamObserver<ByteBuffer> out) {
            this.question = question;
            this.out = out;
        }

        synchronized void pump() {
            try {
                if (answer == null && !over) {
                    answer = ask();
                }
                while (!over && out.isReady()) {
                    ByteBuffer chunk = answer.next();
                    if (chunk == null) {
                        end();
                        out.onCompleted();
                    } else {
                        out.onNext(chunk);
                    }
                }
            } catch (IOException | RuntimeException e) {
                boolean told = !over && !out.isCancelled();
                end();
                if (told) {
                    LOG.debug("peer's question not answered", e);
                    out.onError(Status.FAILED_PRECONDITION
                            .withDescription(e instanceof IOException ? e.getMessage() : e.toString())
                            .asRuntimeException());
                }
            }
        }

        private PeerAnswer ask() throws IOException {
            int length = question.hasRemaining() ? question.get() & 0xff : 0;
            if (length == 0 || length > MAX_VERB_BYTES || length > question.remaining()) {
                throw new IOException("a question without a verb");
            }
            byte[] verb = new byte[length];
            question.get(verb);
            String name = new String(verb, StandardCharsets.US_ASCII);
            PeerHandler handler = handlers.get(name);
            if (handler == null) {
                throw new IOException("this node does not answer '" + name.replaceAll("[^\\x20-\\x7e]", "?") + "'");
            }
            return handler.answer(question.slice().asReadOnlyBuffer());
        }

        synchronized void giveUp() {
            end();
        }

        private void end() {
            over = true;
            if (answer != null) {
                try {
                    answer.close();
                } catch (IOException e) {
                    LOG.debug("answer not closed", e);
                }
                answer = null;
            }
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    /** Bytes as they are. */
    private static final class Bytes implements MethodDescriptor.Marshaller<ByteBuffer> {
        @Override
        public InputStream stream(ByteBuffer value) {
            if (value.hasArray()) {
                return new Known(value.array(), value.arrayOffset() + value.position(), value.remaining());
            }
            byte[] copy = new byte[value.remaining()];
            value.duplicate().get(copy);
            return new Known(copy, 0, copy.length);
        }

        @Override
        public ByteBuffer parse(InputStream stream) {
            try {
                // The transport knows the length, and then there is one copy; without it all is copied twice, in small
                // pieces.
                byte[] known = new byte[stream instanceof KnownLength ? stream.available() : 0];
                int read = stream.readNBytes(known, 0, known.length);
                byte[] rest = stream.readAllBytes();
                return rest.length == 0 && read == known.length
                        ? ByteBuffer.wrap(known)
                        : ByteBuffer.allocate(read + rest.length)
                                .put(known, 0, read)
                                .put(rest)
                                .flip();
            } catch (IOException e) {
                throw Status.INTERNAL.withCause(e).asRuntimeException();
            }
        }
    }

    /** Its length is known to the transport, which frames it by one copy, and not by many small ones through a buffer of its own. */
    private static final class Known extends ByteArrayInputStream implements KnownLength, Drainable {
        Known(byte[] bytes, int offset, int length) {
            super(bytes, offset, length);
        }

        @Override
        public int drainTo(OutputStream out) throws IOException {
            int bytes = count - pos;
            out.write(buf, pos, bytes);
            pos = count;
            return bytes;
        }
    }
}
