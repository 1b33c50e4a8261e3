package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeerClientTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final int CHUNKS = 200;
    private static final int REUSES = 40;

    private final AtomicInteger made = new AtomicInteger();
    private final AtomicInteger closed = new AtomicInteger();
    private PeerServer server;
    private PeerClient client;

    /** So many chunks of a whole MiB, each with its number in front. */
    private final class LongAnswer implements PeerAnswer {
        private int next;

        @Override
        public ByteBuffer next() throws IOException {
            if (next == CHUNKS) {
                return null;
            }
            made.incrementAndGet();
            return ByteBuffer.allocate(MAX_CHUNK_BYTES).putInt(0, next++);
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    /** Every chunk in the same bytes, not at their beginning. */
    private static final class SameBuffer implements PeerAnswer {
        private final ByteBuffer buffer =
                ByteBuffer.allocate(MAX_CHUNK_BYTES + 9).slice(9, MAX_CHUNK_BYTES);
        private int next;

        @Override
        public ByteBuffer next() {
            if (next == REUSES) {
                return null;
            }
            int bytes = buffer.capacity() - next;
            Arrays.fill(buffer.array(), buffer.arrayOffset(), buffer.arrayOffset() + bytes, (byte) next++);
            return buffer.clear().limit(bytes);
        }
    }

    @BeforeEach
    void start() throws IOException {
        server = PeerServer.start(
                new HostPort("127.0.0.1", 0),
                null,
                Map.of(
                        "echo",
                        question -> {
                            byte[] bytes = new byte[question.remaining()];
                            question.get(bytes);
                            return PeerAnswer.of(bytes);
                        },
                        "long",
                        question -> new LongAnswer(),
                        "same",
                        question -> new SameBuffer(),
                        "breaks",
                        question -> {
                            AtomicInteger chunks = new AtomicInteger();
                            return () -> {
                                if (chunks.getAndIncrement() == 1) {
                                    throw new IOException("no more of segment 7");
                                }
                                return ByteBuffer.allocate(1);
                            };
                        },
                        "bug",
                        question -> {
                            throw new IllegalStateException("a bug");
                        }));
        client = PeerClient.to(new HostPort("127.0.0.1", server.port()), null);
    }

    @AfterEach
    void stop() {
        client.close();
        server.close();
    }

    @Test
    void answersWhatWasAsked() throws Exception {
        ByteBuffer answer = client.askShort("echo", StandardCharsets.UTF_8.encode("who are you?"), LIMIT);
        assertThat(StandardCharsets.UTF_8.decode(answer).toString()).isEqualTo("who are you?");
        assertThat(client.askShort("echo", ByteBuffer.allocate(0), LIMIT).remaining())
                .isZero();
    }

    @Test
    void aLongAnswerIsMadeAsItIsTaken() throws Exception {
        try (PeerAnswer answer = client.ask("long", ByteBuffer.allocate(0), LIMIT)) {
            for (int i = 0; i < CHUNKS; i++) {
                ByteBuffer chunk = answer.next();
                assertThat(chunk.remaining()).isEqualTo(PeerAnswer.MAX_CHUNK_BYTES);
                assertThat(chunk.getInt(0)).isEqualTo(i);
                assertThat(made.get()).as("made after %d were taken", i + 1).isLessThan(i + 12);
            }
            assertThat(answer.next()).isNull();
        }
        await().untilAsserted(() -> assertThat(closed.get()).isEqualTo(1));
    }

    @Test
    void aChunkIsSentAsItWasWhenTheNextIsMadeInItsPlace() throws Exception {
        try (PeerAnswer answer = client.ask("same", ByteBuffer.allocate(0), LIMIT)) {
            for (int i = 0; i < REUSES; i++) {
                byte[] expected = new byte[PeerAnswer.MAX_CHUNK_BYTES - i];
                Arrays.fill(expected, (byte) i);
                assertThat(answer.next().equals(ByteBuffer.wrap(expected)))
                        .as("chunk %d", i)
                        .isTrue();
            }
            assertThat(answer.next()).isNull();
        }
    }

    @Test
    void anAnswerThatIsGivenUpIsLetGoOfByThePeer() throws Exception {
        try (PeerAnswer answer = client.ask("long", ByteBuffer.allocate(0), LIMIT)) {
            assertThat(answer.next()).isNotNull();
        }
        await().untilAsserted(() -> assertThat(closed.get()).isEqualTo(1));
        assertThat(made.get()).isLessThan(CHUNKS);
    }

    @Test
    void thePeersReasonArrives() throws Exception {
        PeerAnswer answer = client.ask("breaks", ByteBuffer.allocate(0), LIMIT);
        assertThat(answer.next()).isNotNull();
        assertThatThrownBy(answer::next).isInstanceOfSatisfying(PeerException.class, e -> {
            assertThat(e.refused()).isTrue();
            assertThat(e).hasMessageContaining("does not answer 'breaks': no more of segment 7");
        });
        assertThatThrownBy(() -> client.askShort("bug", ByteBuffer.allocate(0), LIMIT))
                .hasMessageContaining("a bug");
        assertThatThrownBy(() -> client.askShort("dance", ByteBuffer.allocate(0), LIMIT))
                .hasMessageContaining("this node does not answer 'dance'");
    }

    @Test
    void aPeerThatIsNotThereIsNoRefusal() {
        server.close();
        assertThatThrownBy(() -> client.askShort("echo", ByteBuffer.allocate(0), LIMIT))
                .isInstanceOfSatisfying(
                        PeerException.class, e -> assertThat(e.refused()).isFalse());
    }
}
