package dev.raftsman.restore;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.ZstdDecompressCtx;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.TestState;
import dev.raftsman.cold.ColdObjectWriter;
import dev.raftsman.cold.ColdSettings;
import dev.raftsman.objects.CountedObjectStore;
import dev.raftsman.objects.DirectoryObjectStore;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.search.Query;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How an object is asked for by a search: a store bills, and takes its time, by requests. */
class ColdSearchTest {
    private static final ObjectKey KEY = new ObjectKey("orders.cold");
    private static final int BLOCKS = 8;
    private static final int LINES = 4_000;

    private static final Query ONE = new Query(
            List.of(new Query.Text("needle5", false, false, true)),
            false,
            null,
            Query.ALL.fromNanos(),
            Query.ALL.toNanos(),
            List.of());

    @TempDir
    private Path temporary;

    private int gets;

    @Test
    void neighboursAreFetchedAtOnceAndOneThatIsWantedAloneIsFetchedAlone() throws Exception {
        Path root = temporary.resolve("archive");
        SegmentView segment = archived(root);
        assertThat(linesFound(root, segment, Query.ALL)).isEqualTo(BLOCKS * LINES);
        assertThat(gets).as("the index, and all cold blocks").isEqualTo(2);

        assertThat(linesFound(root, segment, ONE)).isLessThan(BLOCKS * LINES / 2);
        assertThat(gets).isBetween(2, 3);
    }

    @Test
    void anIndexThatWasReadAheadIsNotAskedForAgain() throws Exception {
        Path root = temporary.resolve("archive");
        SegmentView segment = archived(root);
        try (ReadCache cache = ReadCache.inMemory(ReadCache.DEFAULT_MEMORY_BYTES);
                CountedObjectStore store = counted(root);
                ColdObjects objects = new ColdObjects(store, cache)) {
            objects.knowLength(KEY, Files.size(root.resolve(KEY.value())));
            objects.indexAhead(KEY).run();
            assertThat(gets).isOne();
            assertThat(linesFound(objects, segment, new SearchScope(Query.ALL, false, false)))
                    .isEqualTo(BLOCKS * LINES);
            assertThat(gets).as("the index, and all cold blocks").isEqualTo(2);
        }
    }

    /** Lines of the blocks that are handed on. */
    private long linesFound(Path root, SegmentView segment, Query query) throws IOException {
        gets = 0;
        try (ReadCache cache = ReadCache.inMemory(ReadCache.DEFAULT_MEMORY_BYTES);
                CountedObjectStore store = counted(root);
                ColdObjects objects = new ColdObjects(store, cache)) {
            return linesFound(objects, segment, new SearchScope(query, false, false));
        }
    }

    private CountedObjectStore counted(Path root) throws IOException {
        return new CountedObjectStore(
                DirectoryObjectStore.openExisting(root), operation -> gets += operation.equals("get") ? 1 : 0);
    }

    private static long linesFound(ColdObjects objects, SegmentView segment, SearchScope scope) throws IOException {
        long lines = 0;
        try (ZstdDecompressCtx zstd = new ZstdDecompressCtx();
                SegmentPieces pieces = objects.pieces(KEY, segment.id(), scope)) {
            for (SegmentPieces.Piece piece = pieces.next(); piece != null; piece = pieces.next()) {
                for (BlockRecord record : piece.records(zstd)) {
                    lines += record.block().count();
                }
            }
            assertThat(pieces.isWhole()).isTrue();
        }
        return lines;
    }

    /** A segment in cold blocks of a MiB, each of which has a word of its own. */
    private SegmentView archived(Path root) throws Exception {
        Path object = temporary.resolve("object");
        SegmentView segment;
        try (TestState state = new TestState(temporary.resolve("node"), 1_000_000)) {
            long epoch = state.open("shop", "orders");
            Random random = new Random(5);
            byte[] bytes = new byte[120];
            for (int block = 0; block < BLOCKS; block++) {
                String[] lines = new String[LINES];
                for (int i = 0; i < LINES; i++) {
                    random.nextBytes(bytes);
                    lines[i] = HexFormat.of().formatHex(bytes);
                }
                lines[17] = "a needle" + block + " lies here";
                state.append(epoch, lines);
            }
            state.seal("orders");
            segment = state.catalog().segments().get(0);
            Path file = temporary.resolve("segment");
            state.fetch(segment, file);
            try (OutputStream out = Files.newOutputStream(object);
                    ColdObjectWriter writer = new ColdObjectWriter(out, new ColdSettings(1 << 20, 3, true));
                    SegmentReader reader = SegmentReader.open(file)) {
                writer.add(reader, segment.bytes(), segment.sha256());
                writer.finish();
            }
        }
        try (DirectoryObjectStore store = DirectoryObjectStore.open(root)) {
            store.putIfAbsent(KEY, Files.readAllBytes(object));
        }
        return segment;
    }
}
