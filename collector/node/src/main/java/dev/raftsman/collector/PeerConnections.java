package dev.raftsman.collector;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.PeerAnswer;
import dev.raftsman.store.Chunks;
import dev.raftsman.store.PeerFailedException;
import dev.raftsman.store.PeerFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** Other nodes' files, over the log's port. Any thread. */
final class PeerConnections implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** For digests, which are computed already. */
    private static final Duration SHORT_PATIENCE = Duration.ofSeconds(5);

    /** What one question is about at most, as the store asks. */
    private static final long ASKED_BYTES = 64L << 20;

    private final PeerClients clients;
    private final Duration timeout;

    /**
     * @param tls null for plain text
     * @param bytesPerSecond how fast answers are taken at most
     */
    PeerConnections(LogTls tls, long bytesPerSecond) {
        this.clients = new PeerClients(tls);
        this.timeout = PATIENCE.plusSeconds(2 * ASKED_BYTES / bytesPerSecond);
    }

    PeerFiles files(HostPort peer) {
        return (verb, question) -> {
            PeerAnswer answer =
                    clients.of(peer).ask(verb, question, verb.equals(PeerFiles.DIGESTS) ? SHORT_PATIENCE : timeout);
            return new Chunks() {
                @Override
                public ByteBuffer next() throws PeerFailedException {
                    try {
                        return answer.next();
                    } catch (IOException e) {
                        throw new PeerFailedException(e.getMessage(), e);
                    }
                }

                @Override
                public void close() throws IOException {
                    answer.close();
                }
            };
        };
    }

    /** What the store offers, as an answer of the log's port. */
    static PeerAnswer answer(Chunks chunks) {
        return new PeerAnswer() {
            @Override
            public ByteBuffer next() throws IOException {
                return chunks.next();
            }

            @Override
            public void close() throws IOException {
                chunks.close();
            }
        };
    }

    @Override
    public void close() {
        clients.close();
    }
}
