package dev.raftsman.collector;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.LogTls;
import dev.raftsman.raft.PeerException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks other nodes over the log's port: who they are, and the little that membership needs beside. Any thread. */
final class Introductions implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Introductions.class);
    private static final long RECONNECT_NANOS = TimeUnit.SECONDS.toNanos(2);

    /** Its own: on the connection of a fetch that is throttled, an answer would wait. */
    private final PeerClients clients;

    private final ExecutorService threads = Executors.newCachedThreadPool(task -> {
        Thread thread = new Thread(task, "introductions");
        thread.setDaemon(true);
        return thread;
    });

    /** @param tls null for plain text */
    Introductions(LogTls tls) {
        this.clients = new PeerClients(tls);
    }

    /**
     * Asks all at once.
     *
     * @param nodes where they are, by the names that the answers shall have
     * @return those that answered within the limit
     */
    Map<String, Introduction> of(Map<String, HostPort> nodes, Duration limit) {
        Map<String, CompletableFuture<Introduction>> asked = new TreeMap<>();
        nodes.forEach((name, address) -> asked.put(
                name,
                CompletableFuture.supplyAsync(
                        () -> {
                            try {
                                return Introduction.read(once(address, Introduction.VERB, new byte[0], limit));
                            } catch (IOException e) {
                                LOG.debug("no introduction: peer={}", address, e);
                                return null;
                            }
                        },
                        threads)));
        Map<String, Introduction> answers = new TreeMap<>();
        asked.forEach((name, answer) -> {
            Introduction introduction = answer.join();
            if (introduction != null) {
                answers.put(name, introduction);
            }
        });
        return answers;
    }

    Introduction of(HostPort node, Duration limit) throws IOException {
        return Introduction.read(ask(node, Introduction.VERB, new byte[0], limit));
    }

    /** Asks once more, for some seconds, where a connection of before has ended meanwhile. */
    ByteBuffer ask(HostPort node, String verb, byte[] question, Duration limit) throws IOException {
        long deadline = System.nanoTime() + RECONNECT_NANOS;
        while (true) {
            try {
                return once(node, verb, question, limit);
            } catch (PeerException e) {
                if (e.refused()
                        || System.nanoTime() > deadline
                        || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LockSupport.parkNanos(RECONNECT_NANOS / 10);
            }
        }
    }

    private ByteBuffer once(HostPort node, String verb, byte[] question, Duration limit) throws PeerException {
        return clients.of(node).askShort(verb, ByteBuffer.wrap(question), limit);
    }

    @Override
    public void close() {
        threads.shutdownNow();
        clients.close();
    }
}
