package dev.raftsman.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import io.netty.util.internal.PlatformDependent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many who mean no good, all at once: one who sends blocks meanwhile gets an answer to each, and nothing is left behind. */
@Tag("long")
class HostileCrowdTest {
    private static final int CROWD = Integer.getInteger("raftsman.crowd", 2_000);
    private static final long MIB = 1 << 20;

    /** Beyond this it is no use to send more: the rest of its credit would only fill the one queue that all share. */
    private static final long MOST_BYTES = 2 * MIB;

    @TempDir
    static Path root;

    private static NodesInOneJvm node;
    private static GoodClient good;

    @BeforeAll
    static void start() throws Exception {
        node = new NodesInOneJvm(root, 1, 64 * MIB, Duration.ofHours(1));
        node.connections = CROWD + 100;
        node.startAll();
        node.leader();
        good = new GoodClient(node.connectToLeader());
        good.answeredFurther(5);
    }

    @AfterAll
    static void stop() throws Exception {
        good.stop();
        node.close();
    }

    /** Sends a block, waits for its acknowledgement, and so on. Its own thread. */
    private static final class GoodClient {
        private final SidecarClient client;
        private final AtomicReference<Throwable> failure = new AtomicReference<>();
        private final Thread thread = new Thread(this::run, "good-client");
        private volatile boolean stopped;
        private volatile long answered;

        GoodClient(SidecarClient client) {
            this.client = client;
            thread.start();
        }

        private void run() {
            try (client) {
                long epoch = client.open("good", new UUID(4, 4), "good");
                byte[] text = "a line\nand another\n".repeat(50).getBytes(StandardCharsets.UTF_8);
                for (long first = 0; !stopped; first += 100) {
                    assertThat(client.ask(new Frame.Append(epoch, Blocks.ofLines(first, text))))
                            .isEqualTo(new Frame.Ack(epoch, first + 99));
                    answered++;
                }
            } catch (Throwable e) {
                failure.set(e);
            }
        }

        void answeredFurther(int blocks) {
            long until = answered + blocks;
            await().atMost(60, TimeUnit.SECONDS).until(() -> answered >= until || failure.get() != null);
            assertThat(failure.get()).isNull();
        }

        void stop() throws InterruptedException {
            stopped = true;
            thread.join();
            assertThat(failure.get()).isNull();
        }
    }

    /** What the JVM holds after a collection: heap and what Netty has taken beside it. */
    private static long memory() {
        System.gc();
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
                + PlatformDependent.usedDirectMemory();
    }

    private static UnixOperatingSystemMXBean system() {
        return (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    }

    private static double connections() throws Exception {
        return node.metric(0, "raftsman_collector_connections");
    }

    private static double refusals(String reason) throws Exception {
        return node.metric(0, "raftsman_collector_refused_total{reason=\"" + reason + "\"}");
    }

    private static void awaitConnections(int open) {
        await().atMost(30, TimeUnit.SECONDS).until(() -> connections() == open);
    }

    private static void awaitDescriptors(long most) {
        await().atMost(10, TimeUnit.SECONDS).until(() -> system().getOpenFileDescriptorCount() <= most);
    }

    private static SocketChannel connect() throws IOException {
        return SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), node.ingestPort(0)));
    }

    private static ByteBuffer frames(Frame... frames) {
        ByteBuffer all = ByteBuffer.allocate(1 << 16);
        for (Frame frame : frames) {
            all.put(FrameCodec.encode(frame));
        }
        return all.flip();
    }

    private static final Frame.Hello HELLO = new Frame.Hello(1, 1, "acme", "host-9");

    @Test
    void servesWhileTenThousandConnectionsAreIdle() throws Exception {
        assumeTrue(
                system().getMaxFileDescriptorCount() > CROWD + 500,
                "needs " + (CROWD + 500) + " descriptors; ulimit -n is " + system().getMaxFileDescriptorCount());
        long descriptors = system().getOpenFileDescriptorCount();
        long before = memory();
        try (Crowd crowd = new Crowd(node.ingestPort(0), CROWD)) {
            crowd.awaitComplete();
            awaitConnections(CROWD + 1);
            good.answeredFurther(5);
            long each = (memory() - before) / CROWD;
            System.out.println(CROWD + " idle connections: " + each + " bytes each");
            assertThat(each).isLessThan(8 << 10);
        }
        awaitConnections(1);
        good.answeredFurther(5);
        awaitDescriptors(descriptors + 20);
        assertThat(memory() - before).isLessThan(16 * MIB);
    }

    /** Endless frames whose answers nobody reads. */
    private static final class Flood {
        final SocketChannel client = connect();
        private final ByteBuffer again;
        private ByteBuffer next;
        long sentBytes;

        Flood(ByteBuffer once, ByteBuffer again) throws IOException {
            this.again = again;
            this.next = once;
            client.configureBlocking(false);
        }

        /** As much as the node takes now. */
        void step() {
            try {
                for (int sent = client.write(next); sent > 0 && sentBytes < MOST_BYTES; sent = client.write(next)) {
                    sentBytes += sent;
                    if (!next.hasRemaining()) {
                        next = again.rewind();
                    }
                }
            } catch (IOException closed) {
                // Nobody reads what it sends any more.
                assertThat(closed.getMessage()).isNotEmpty();
            }
        }
    }

    /** Sends one byte after the other, a second between them. */
    private static final class Slow {
        final SocketChannel client = connect();
        private final ByteBuffer hello = frames(HELLO);
        private final ByteBuffer answer = ByteBuffer.allocate(1 << 10);
        boolean ended;

        Slow() throws IOException {
            client.configureBlocking(false);
        }

        void step() {
            try {
                client.write(hello.slice(hello.position(), Math.min(1, hello.remaining())));
                hello.position(Math.min(hello.limit(), hello.position() + 1));
                ended = client.read(answer.clear()) < 0;
            } catch (IOException reset) {
                ended = true;
            }
        }
    }

    @Test
    void servesWhileOthersFloodItOrSendTooSlowlyAndHoldsLittleForThem() throws Exception {
        long descriptors = system().getOpenFileDescriptorCount();
        long before = memory();
        double refused = refusals("bad_frame");
        List<Flood> floods = new ArrayList<>();
        List<Slow> slow = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) {
                slow.add(new Slow());
            }
            floods.add(flood(new Frame.Ping(1)));
            floods.add(flood(new Frame.Resume(1, 9_000)));
            floods.add(flood(new Frame.Append(9_000, Blocks.ofLines(5, random(2_000)))));
            floods.add(new Flood(frames(HELLO), requests()));
            for (int i = 0; i < 5; i++) {
                ByteBuffer bad = ByteBuffer.wrap(new byte[] {0, 0, 0, (byte) 0x80, 4});
                floods.add(new Flood(bad, ByteBuffer.wrap(random(1 << 16))));
            }
            long served = good.answered;
            AtomicLong secondNanos = new AtomicLong(System.nanoTime());
            await().atMost(120, TimeUnit.SECONDS)
                    .pollInterval(10, TimeUnit.MILLISECONDS)
                    .until(() -> {
                        floods.forEach(Flood::step);
                        if (System.nanoTime() - secondNanos.get() > TimeUnit.SECONDS.toNanos(1)) {
                            secondNanos.set(System.nanoTime());
                            slow.stream().filter(client -> !client.ended).forEach(Slow::step);
                        }
                        assertThat(good.failure.get()).isNull();
                        return good.answered >= served + 5 && slow.stream().allMatch(client -> client.ended);
                    });
            long held = memory() - before;
            System.out.println("floods: " + held / MIB + " MiB held, sent MiB: "
                    + floods.stream().map(flood -> flood.sentBytes / MIB).toList() + ", blocks acknowledged meanwhile: "
                    + (good.answered - served));
            assertThat(held).isLessThan(2 * 48 * MIB);
        } finally {
            for (Flood flood : floods) {
                flood.client.close();
            }
            for (Slow client : slow) {
                client.client.close();
            }
        }
        awaitConnections(1);
        assertThat(refusals("bad_frame")).isGreaterThanOrEqualTo(refused + 55);
        good.answeredFurther(5);
        awaitDescriptors(descriptors + 20);
        // What stays is the engine's cache of its log, 32 MiB at most, and the transport's pools.
        assertThat(memory() - before).isLessThan((48 + 32) * MIB);
    }

    private static Flood flood(Frame frame) throws IOException {
        ByteBuffer once = FrameCodec.encode(frame);
        ByteBuffer many = ByteBuffer.allocate(1 << 16);
        while (many.remaining() >= once.limit()) {
            many.put(once.rewind());
        }
        return new Flood(frames(HELLO), many.flip());
    }

    /** Requests with numbers of their own, so that none is refused for having one that waits. */
    private static ByteBuffer requests() {
        ByteBuffer all = ByteBuffer.allocate(1 << 22);
        for (int i = 0; i < 60_000; i++) {
            all.put(FrameCodec.encode(new Frame.Forget(i, 9_000)));
        }
        return all.flip();
    }

    private static byte[] random(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(7).nextBytes(noise);
        for (int i = 0; i < bytes; i++) {
            noise[i] = (byte) (noise[i] == '\n' ? 'n' : noise[i]);
        }
        noise[bytes - 1] = '\n';
        return noise;
    }
}
