package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.config.HostPort;
import dev.raftsman.event.Loss;
import dev.raftsman.search.WordFile;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Many streams, producers and sealed segments on three nodes as they are started by default. Small unless told otherwise:
 *
 * <pre>
 * mvn verify -pl archiver/standalone -am -Dtest=NoUnitTest -Dsurefire.failIfNoSpecifiedTests=false -Dit.test=ScaleIT \
 *     -Draftsman.streams=1000 -Draftsman.segments=100000
 * </pre>
 *
 * Prints how long a start takes until all nodes are ready, and what each node then takes of memory and, idle, of CPU.
 */
@Tag("campaign")
class ScaleIT {
    private static final int STREAMS = Integer.getInteger("raftsman.streams", 20);
    private static final int SEGMENTS = Integer.getInteger("raftsman.segments", 100);
    private static final Duration LIMIT = Duration.ofSeconds(120);
    private static final int IDLE_SECONDS = SEGMENTS > 1_000 ? 30 : 1;
    private static final int LINES = 3;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private LocalCluster cluster;

    @Test
    void allOfItIsThereAfterARestart() throws Exception {
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        files.writeCollectors("64KiB", "10h");
        try (LocalCluster running = new LocalCluster(files)) {
            cluster = running;
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            fill();
            awaitWords();
            tell("full");
            CatalogView before = cluster.catalog();
            for (int node = 1; node <= 3; node++) {
                cluster.collector(node).terminate();
            }
            for (int node = 1; node <= 3; node++) {
                assertThat(cluster.collector(node).awaitExit(LIMIT)).isTrue();
            }
            long began = System.nanoTime();
            cluster.startCollectors();
            cluster.awaitCollectors(LIMIT);
            System.out.printf(
                    "scale: streams=%d, segments=%d, all ready after %.1f s%n",
                    STREAMS, SEGMENTS, (System.nanoTime() - began) / 1e9);
            CatalogView after = cluster.catalog();
            assertThat(after.segments()).isEqualTo(before.segments());
            assertThat(after.epochs()).isEqualTo(before.epochs());
            assertThat(after.segments().stream().filter(s -> s.state() == SegmentState.SEALED))
                    .hasSize(SEGMENTS / STREAMS * STREAMS);
            tell("restarted");
        }
    }

    /** Rounds of a block to each stream and a seal of all. */
    private void fill() throws IOException {
        HostPort leader = HostPort.parse(cluster.files().ingest(cluster.awaitLeader(LIMIT)));
        try (Connection connection = new Connection(leader)) {
            long[] epochs = new long[STREAMS];
            for (int i = 0; i < STREAMS; i++) {
                epochs[i] = connection.open("producer-" + i, "stream-" + i);
            }
            for (int round = 0; round < SEGMENTS / STREAMS; round++) {
                byte[] text = ("a line of round " + round + "\n").repeat(LINES).getBytes(StandardCharsets.UTF_8);
                connection.append(epochs, text, (long) round * LINES);
                assertThat(cluster.execute(new Command.Seal(null, Command.EVERY_STREAM, 0))
                                .ok())
                        .isTrue();
            }
        }
    }

    /** A node that collects the words of sealed segments is not idle. */
    private void awaitWords() {
        long began = System.nanoTime();
        await("words of all sealed segments")
                .atMost(LIMIT)
                .pollInterval(Duration.ofSeconds(2)) // Counting takes a node's time, too.
                .ignoreExceptionsInstanceOf(UncheckedIOException.class) // One was renamed meanwhile.
                .until(this::filesOfWords, files -> files == SEGMENTS / STREAMS * STREAMS);
        System.out.printf(
                "scale: words of all segments %.1f s after the last was sealed%n", (System.nanoTime() - began) / 1e9);
    }

    private long filesOfWords() throws IOException {
        try (Stream<Path> files = Files.walk(directory.path())) {
            return files.filter(file -> file.toString().endsWith(WordFile.FILE_SUFFIX))
                    .count();
        }
    }

    private void tell(String when) {
        double[] cpu = new double[4];
        for (int node = 1; node <= 3; node++) {
            cpu[node] = cpuSeconds(node);
        }
        long until = System.nanoTime() + Duration.ofSeconds(IDLE_SECONDS).toNanos();
        LocalCluster.await("quiet", Duration.ofSeconds(IDLE_SECONDS + 1), () -> System.nanoTime() > until);
        for (int node = 1; node <= 3; node++) {
            System.out.printf(
                    "scale: %s, collector %d: rss=%d MiB, idle=%.3f of a core over %d s%n",
                    when,
                    node,
                    MemoryFigures.of(cluster.collector(node).pid()).residentBytes() >> 20,
                    (cpuSeconds(node) - cpu[node]) / IDLE_SECONDS,
                    IDLE_SECONDS);
        }
    }

    private double cpuSeconds(int node) {
        ProcessFigures figures = ProcessFigures.of(cluster.collector(node).pid());
        return figures.cpuSeconds();
    }

    /** A sidecar that waits for each of its answers. */
    private static final class Connection implements AutoCloseable {
        private final Socket socket;
        private final DataInputStream in;
        private final OutputStream out;

        Connection(HostPort to) throws IOException {
            socket = new Socket(to.host(), to.port());
            socket.setTcpNoDelay(true);
            in = new DataInputStream(socket.getInputStream());
            out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
            send(new Frame.Hello(1, 1, ClusterFiles.TENANT, "scale"));
            assertThat(read()).isInstanceOf(Frame.Welcome.class);
        }

        long open(String producer, String stream) throws IOException {
            send(new Frame.Open(1, producer, UUID.randomUUID(), stream));
            Frame answer = read();
            assertThat(answer).isInstanceOf(Frame.Opened.class);
            return ((Frame.Opened) answer).epoch();
        }

        /** The same lines to every epoch; returns when all are acknowledged. */
        void append(long[] epochs, byte[] text, long first) throws IOException {
            ByteBuffer lines = ByteBuffer.allocateDirect(text.length).put(text).flip();
            try (LineBlockBuilder builder = new LineBlockBuilder()) {
                ByteBuffer block = builder.build(lines, first, LINES, Loss.NONE, 1, 2);
                for (long epoch : epochs) {
                    write(new Frame.Append(epoch, block.duplicate()));
                }
            }
            out.flush();
            for (int i = 0; i < epochs.length; i++) {
                Frame frame = read();
                assertThat(frame).isInstanceOf(Frame.Ack.class);
                assertThat(((Frame.Ack) frame).through()).isEqualTo(first + LINES - 1);
            }
        }

        private void send(Frame frame) throws IOException {
            write(frame);
            out.flush();
        }

        private void write(Frame frame) throws IOException {
            ByteBuffer bytes = FrameCodec.encode(frame);
            out.write(bytes.array(), 0, bytes.limit());
        }

        private Frame read() throws IOException {
            byte[] frame = new byte[Integer.reverseBytes(in.readInt())];
            in.readFully(frame);
            return FrameCodec.decode(ByteBuffer.wrap(frame));
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
