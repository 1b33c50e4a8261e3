package dev.raftsman.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store must do; each kind of store runs it against a real file system or a real server. */
public abstract class ObjectStoreContract {
    private static final int RACERS = 16;

    @TempDir
    Path temporary;

    private ObjectStore store;

    protected abstract ObjectStore openEmpty() throws Exception;

    @BeforeEach
    void open() throws Exception {
        store = openEmpty();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void givesBackWholeAndRangeOfWhatWasPut() throws Exception {
        byte[] bytes = random(3_000_000, 7);
        ObjectKey key = ObjectKey.of("segments", "acme", ObjectKey.component("/var/log/a=b.log"), "00ff-1.seg");
        assertThat(store.putIfAbsent(key, file(bytes), Sha256.of(bytes))).isIn(createdOutcomes());

        try (InputStream in = store.open(key)) {
            assertThat(in.readAllBytes()).isEqualTo(bytes);
        }
        try (InputStream in = store.open(key, 1_000_001, 99)) {
            assertThat(in.readAllBytes()).isEqualTo(java.util.Arrays.copyOfRange(bytes, 1_000_001, 1_000_100));
        }
        try (InputStream in = store.open(key)) {
            assertThat(in.read()).isEqualTo(bytes[0] & 0xff); // and closed with most of it unread
        }
        assertThat(store.head(key)).contains(new ObjectInfo(key, bytes.length));
    }

    @Test
    void keepsTheFirstOfTwoAndTellsSameFromOther() throws Exception {
        ObjectKey key = ObjectKey.of("manifest", "00000001.json");
        byte[] first = "{\"page\":1}".getBytes(StandardCharsets.UTF_8);
        assertThat(store.putIfAbsent(key, first)).isIn(createdOutcomes());
        assertThat(store.putIfAbsent(key, first)).isEqualTo(PutOutcome.SAME);
        assertThat(store.putIfAbsent(key, new byte[] {1})).isEqualTo(PutOutcome.OCCUPIED);
        try (InputStream in = store.open(key)) {
            assertThat(in.readAllBytes()).isEqualTo(first);
        }
    }

    @Test
    void letsExactlyOneOfManyRacingWritersWin() throws Exception {
        ExecutorService racers = Executors.newFixedThreadPool(RACERS);
        try {
            for (int round = 0; round < 5; round++) {
                ObjectKey key = ObjectKey.of("race", "r" + round);
                CyclicBarrier start = new CyclicBarrier(RACERS);
                List<Callable<PutOutcome>> tries = new ArrayList<>();
                List<byte[]> contents = new ArrayList<>();
                for (int i = 0; i < RACERS; i++) {
                    byte[] mine = random(20_000, round * 100 + i);
                    contents.add(mine);
                    Path file = file(mine);
                    tries.add(() -> {
                        start.await();
                        return store.putIfAbsent(key, file, Sha256.of(mine));
                    });
                }
                int winner = -1;
                List<Future<PutOutcome>> outcomes = racers.invokeAll(tries);
                for (int i = 0; i < RACERS; i++) {
                    // SAME is an answer that was lost and asked for again: contents differ, so what is there is this
                    // one's.
                    if (outcomes.get(i).get() != PutOutcome.OCCUPIED) {
                        assertThat(winner)
                                .as("second winner in round %d", round)
                                .isNegative();
                        winner = i;
                    }
                }
                assertThat(winner).isNotNegative();
                try (InputStream in = store.open(key)) {
                    assertThat(in.readAllBytes()).isEqualTo(contents.get(winner));
                }
            }
        } finally {
            racers.shutdownNow();
        }
    }

    @Test
    void listsInOrderBelowAPrefixAndForgetsWhatIsDeleted() throws Exception {
        List<String> keys = List.of("a/1", "a-b/1", "a/2", "b", "a/c/d");
        for (String key : keys) {
            store.putIfAbsent(new ObjectKey(key), new byte[] {1, 2});
        }
        assertThat(listed("")).containsExactly("a-b/1", "a/1", "a/2", "a/c/d", "b");
        assertThat(listed("a/")).containsExactly("a/1", "a/2", "a/c/d");
        assertThat(listed("a/c")).containsExactly("a/c/d");
        assertThat(listed("zz")).isEmpty();

        store.delete(new ObjectKey("a/2"));
        store.delete(new ObjectKey("a/2"));
        assertThat(listed("a/")).containsExactly("a/1", "a/c/d");
        assertThat(store.head(new ObjectKey("a/2"))).isEmpty();
    }

    @Test
    void saysWhichObjectIsMissing() {
        assertThatThrownBy(() -> store.open(new ObjectKey("nowhere/x")).close())
                .isInstanceOf(NoSuchObjectException.class)
                .hasMessageContaining("nowhere/x")
                .hasMessageContaining(store.location());
    }

    private List<String> listed(String prefix) throws Exception {
        List<String> keys = new ArrayList<>();
        store.list(prefix, info -> keys.add(info.key().value()));
        return keys;
    }

    private Path file(byte[] bytes) throws Exception {
        return Files.write(Files.createTempFile(temporary, "put", ".seg"), bytes);
    }

    private static byte[] random(int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** What the first put of an object may answer; more than one where a lost answer makes the client ask again. */
    protected Set<PutOutcome> createdOutcomes() {
        return Set.of(PutOutcome.CREATED);
    }
}
