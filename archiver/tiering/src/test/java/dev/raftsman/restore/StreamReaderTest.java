package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.block.BlockReader;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.SequenceRange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StreamReaderTest {
    @TempDir
    Path temporary;

    private TestState cluster;

    @BeforeEach
    void begin() throws IOException {
        cluster = new TestState(temporary.resolve("node-1"), 1_000_000);
    }

    @AfterEach
    void end() {
        cluster.close();
    }

    /** Three segments, the last still open. */
    private void fill() {
        long epoch = cluster.open("shop", "orders");
        cluster.append(epoch, "one", "two");
        cluster.append(epoch, "three");
        cluster.seal("orders");
        cluster.append(epoch, "four");
        cluster.seal("orders");
        cluster.append(epoch, "five");
    }

    private static String text(StreamReader reader, String stream) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BlockReader blocks = new BlockReader()) {
            reader.readStream(TestState.TENANT, stream, (segment, epoch, index, block) -> blocks.writeRaw(block, out));
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private Path copyOfNode(String name) throws IOException {
        Path copy = temporary.resolve(name);
        try (var walk = Files.walk(cluster.directory())) {
            for (Path file : walk.toList()) {
                Path to = copy.resolve(cluster.directory().relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(file, to);
                }
            }
        }
        return copy;
    }

    private static Path file(Path node, SegmentView segment) {
        return segment.id().in(node.resolve("segments"));
    }

    @Test
    void readsAStreamOnceHoweverManyNodesAndTheClusterHoldIt() throws Exception {
        fill();
        Path other = copyOfNode("node-2");
        try (StreamReader reader = StreamReader.open(List.of(
                new NodeDirectories(List.of(cluster.directory(), other)),
                new HotCluster(cluster, temporary.resolve("cache"))))) {
            assertThat(text(reader, "orders")).isEqualTo("one\ntwo\nthree\nfour\nfive\n");
            assertThat(reader.audit().duplicated()).isZero();
        }
        assertThat(temporary.resolve("cache")).isEmptyDirectory();
    }

    @Test
    void goesOnInAnotherCopyWhereOneIsDamagedOrCut() throws Exception {
        fill();
        Path other = copyOfNode("node-2");
        List<SegmentView> segments = cluster.catalog().segments();
        Path damaged = file(cluster.directory(), segments.get(0));
        byte[] bytes = Files.readAllBytes(damaged);
        bytes[bytes.length - 100 - (int) (segments.get(0).bytes() / 4)] ^= 1; // in its second half
        Files.write(damaged, bytes);
        Path cut = file(other, segments.get(1));
        Files.write(
                cut,
                Arrays.copyOf(Files.readAllBytes(cut), (int) segments.get(1).bytes() - 9));
        Path behind = file(other, segments.get(2));
        Files.write(behind, Arrays.copyOf(Files.readAllBytes(behind), 80));

        try (StreamReader reader =
                StreamReader.open(List.of(new NodeDirectories(List.of(cluster.directory(), other))))) {
            assertThat(text(reader, "orders")).isEqualTo("one\ntwo\nthree\nfour\nfive\n");
        }
    }

    @Test
    void neverTakesAFinishedSegmentThatIsWholeNowhereForAGap() throws Exception {
        fill();
        SegmentView first = cluster.catalog().segments().get(0);
        Path file = file(cluster.directory(), first);
        Files.write(file, Arrays.copyOf(Files.readAllBytes(file), (int) first.bytes() - 1));
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(cluster.directory()))))) {
            assertThatThrownBy(() -> text(reader, "orders"))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(first.id().toString())
                    .hasMessageContaining("whole nowhere")
                    .hasMessageContaining(file.toString());
        }
        Files.delete(file);
        try (StreamReader reader = StreamReader.open(List.of(
                new NodeDirectories(List.of(cluster.directory())),
                known(cluster.catalog().segments())))) {
            assertThatThrownBy(() -> text(reader, "orders")).hasMessageContaining("no source has a copy");
        }
    }

    private static SegmentSource known(List<SegmentView> segments) {
        return new SegmentSource() {
            @Override
            public Contents look() {
                return new Contents(List.of(), segments, List.of());
            }

            @Override
            public void close() {}
        };
    }

    @Test
    void passesOnTheSinksFailureInsteadOfTryingOtherCopies() throws Exception {
        fill();
        Path other = copyOfNode("node-2");
        IOException full = new IOException("disk full");
        int[] calls = {0};
        try (StreamReader reader =
                StreamReader.open(List.of(new NodeDirectories(List.of(cluster.directory(), other))))) {
            assertThatThrownBy(() -> reader.readStream(TestState.TENANT, "orders", (s, e, i, b) -> {
                        calls[0]++;
                        throw full;
                    }))
                    .isSameAs(full);
        }
        assertThat(calls[0]).isOne();
    }

    @Test
    void accountsForGapsDeclaredLossesAndWhatIsMissingWithItsRange() throws Exception {
        long epoch = cluster.open("shop", "orders");
        cluster.append(epoch, "a", "b");
        cluster.seal("orders");
        cluster.append(epoch, "c", "d", "e");
        cluster.seal("orders");
        cluster.appendBlock(epoch, GapBlock.encode(5, 4, LossReason.PROCESS_DIED, 1), 4);
        ByteBuffer line = ByteBuffer.allocateDirect(2)
                .put("z\n".getBytes(StandardCharsets.UTF_8))
                .flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            cluster.appendBlock(epoch, builder.build(line, 9, 1, new Loss(LossReason.RING_FULL, 7), 1, 1), 1);
        }
        cluster.seal("orders");
        try (StreamReader reader = StreamReader.open(List.of(new HotCluster(cluster, temporary.resolve("cache"))))) {
            Audit.Row row = reader.audit().rows().get(0);
            assertThat(row.events()).isEqualTo(6);
            assertThat(row.gapReasons()).isEqualTo(Map.of(LossReason.PROCESS_DIED, 4L));
            assertThat(row.lossReasons()).isEqualTo(Map.of(LossReason.RING_FULL, 7L));
            assertThat(row.missing()).isZero();
            assertThat(row.lost()).isEqualTo(11);
        }

        Files.delete(file(cluster.directory(), cluster.catalog().segments().get(1)));
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(cluster.directory()))))) {
            Audit.Row row = reader.audit().rows().get(0);
            assertThat(row.missing()).isEqualTo(3);
            assertThat(row.holes()).containsExactly(new SequenceRange(epoch, 2, 3));
            assertThat(reader.audit().text()).contains("missing=3 (2..4)").contains("gaps=4 (PROCESS_DIED=4)");
            assertThat(reader.audit().json()).contains("\"missing\":3");
        }
    }

    @Test
    void saysWhichStreamsThereAre() throws Exception {
        fill();
        try (StreamReader reader = StreamReader.open(List.of(new NodeDirectories(List.of(cluster.directory()))))) {
            assertThat(reader.streams()).containsExactly(new StreamReader.StreamName(TestState.TENANT, "orders"));
            assertThatThrownBy(() -> text(reader, "odrers"))
                    .hasMessageContaining("odrers")
                    .hasMessageContaining("orders");
        }
    }
}
