package dev.raftsman.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.raftsman.catalog.Command;
import dev.raftsman.event.Loss;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EntryCoalescerTest {
    private static final long LINGER = 5_000_000;
    private static final int BLOCK = 100 << 10;

    private final EntryCoalescer coalescer = new EntryCoalescer(LINGER);

    private static BlockContents contents(int bytes) {
        return new BlockContents(bytes, 1, Loss.NONE, Loss.NONE);
    }

    private void append(int bytes, long now) {
        coalescer.append(null, new EpochBlock(1, ByteBuffer.allocate(bytes)), contents(bytes), now);
    }

    private List<EntryCoalescer.Batch> drain(long now) {
        List<EntryCoalescer.Batch> batches = new ArrayList<>();
        for (EntryCoalescer.Batch b = coalescer.poll(now); b != null; b = coalescer.poll(now)) {
            batches.add(b);
        }
        return batches;
    }

    @Test
    void letsALoneBlockWaitForOthersNoLongerThanTheLinger() {
        append(BLOCK, 0);
        assertThat(coalescer.poll(LINGER - 1)).isNull();
        assertThat(coalescer.nanosToNext(1_000_000)).isEqualTo(4_000_000);
        append(BLOCK, LINGER - 1);
        assertThat(drain(LINGER))
                .singleElement()
                .satisfies(b -> assertThat(b.blocks).hasSize(2));
    }

    @Test
    void sendsAFullEntryAtOnceAndKeepsTheOrder() {
        for (int i = 0; i < 50; i++) {
            append(BLOCK + i, 0);
        }
        List<EntryCoalescer.Batch> batches = drain(0);
        assertThat(batches).hasSize(2);
        assertThat(batches).allSatisfy(b -> assertThat(b.bytes).isBetween(1900 << 10, EntryCoalescer.ENTRY_BYTES));
        List<Integer> sizes = new ArrayList<>();
        batches.forEach(b -> b.blocks.forEach(a -> sizes.add(a.contents().bytes() - BLOCK)));
        assertThat(sizes).isSorted().hasSize(40);
    }

    @Test
    void fillsEntriesWhileOthersTravel() {
        append(BLOCK, 0);
        EntryCoalescer.Batch first = drain(LINGER).get(0);
        append(BLOCK, LINGER);
        EntryCoalescer.Batch second = drain(3 * LINGER).get(0);
        append(BLOCK, 3 * LINGER);
        assertThat(drain(100 * LINGER)).isEmpty();
        assertThat(coalescer.nanosToNext(100 * LINGER)).isEqualTo(EntryCoalescer.NEVER);
        coalescer.done(first);
        assertThat(coalescer.nanosToNext(100 * LINGER)).isZero();
        assertThat(drain(100 * LINGER)).hasSize(1);
        coalescer.done(second);
    }

    @Test
    void neverHasMoreInFlightThanTheLogAllows() {
        for (int i = 0; i < 500; i++) {
            append(BLOCK, 0);
        }
        List<EntryCoalescer.Batch> batches = drain(LINGER);
        long charged =
                batches.stream().mapToLong(b -> RaftLimits.charged(b.bytes)).sum();
        assertThat(charged).isEqualTo(RaftLimits.MAX_IN_FLIGHT_BYTES);
        assertThat(coalescer.nanosToNext(LINGER)).isEqualTo(EntryCoalescer.NEVER);
        coalescer.done(batches.get(0));
        assertThat(drain(LINGER)).hasSize(1);
    }

    @Test
    void countsWaitingAndTravellingBlocksUntilTheyAreAnswered() {
        append(BLOCK, 0);
        append(BLOCK, 0);
        long both = 2L * (BLOCK + 12);
        assertThat(coalescer.blockBytes()).isEqualTo(both);
        EntryCoalescer.Batch batch = drain(LINGER).get(0);
        assertThat(coalescer.blockBytes()).isEqualTo(both);
        coalescer.done(batch);
        assertThat(coalescer.blockBytes()).isZero();
        assertThat(coalescer.entriesInFlight()).isZero();
    }

    @Test
    void letsGoOfBlocksOnceTheyAreInAnEntry() {
        append(BLOCK, 0);
        append(BLOCK + 1, 0);
        EntryCoalescer.Batch batch = drain(LINGER).get(0);

        Entry entry = Entry.decode(ByteBuffer.wrap(batch.encode(7)));

        assertThat(entry)
                .isInstanceOfSatisfying(
                        Entry.Append.class,
                        append -> assertThat(append.blocks())
                                .extracting(block -> block.block().remaining())
                                .containsExactly(BLOCK, BLOCK + 1));
        assertThatThrownBy(() -> batch.encode(7)).isInstanceOf(IllegalStateException.class);
        coalescer.done(batch);
        assertThat(coalescer.blockBytes()).isZero();
    }

    @Test
    void keepsACommandBehindTheBlocksBeforeIt() {
        append(BLOCK, 0);
        coalescer.command(new EntryCoalescer.CommandAsked(null, 7, new Command.Forget(1)), 0);
        append(BLOCK, 0);
        List<EntryCoalescer.Batch> batches = drain(0);
        assertThat(batches).hasSize(2);
        assertThat(batches.get(0).blocks).hasSize(1);
        assertThat(batches.get(1).command.request()).isEqualTo(7);
        assertThat(coalescer.blockBytes()).isEqualTo(2L * (BLOCK + 12));
    }

    @Test
    void takesABlockOfEachConnectionInTurn() {
        IngestSession[] sessions = {null, new IngestSession("n1", 1, null, null), new IngestSession("n1", 1, null, null)
        };
        for (int i = 0; i < 40; i++) {
            coalescer.append(sessions[0], new EpochBlock(100 + i, ByteBuffer.allocate(BLOCK)), contents(BLOCK), 0);
        }
        coalescer.append(sessions[1], new EpochBlock(1, ByteBuffer.allocate(BLOCK)), contents(BLOCK), 0);
        coalescer.append(sessions[1], new EpochBlock(2, ByteBuffer.allocate(BLOCK)), contents(BLOCK), 0);
        coalescer.command(new EntryCoalescer.CommandAsked(sessions[2], 7, new Command.Forget(1)), 0);

        List<EntryCoalescer.Batch> batches = drain(0);

        List<Long> epochs = new ArrayList<>();
        batches.subList(0, 3).forEach(batch -> batch.blocks.forEach(block -> epochs.add(block.epoch())));
        assertThat(epochs).startsWith(100L, 1L, 101L, 2L, 102L).containsSubsequence(102L, 103L, 104L);
        assertThat(batches.get(1).command).isNotNull();
    }

    @Test
    void givesABlockLargerThanAnEntryOneOfItsOwn() {
        append(2 << 20, 0);
        append(BLOCK, 0);
        List<EntryCoalescer.Batch> batches = drain(0);
        assertThat(batches).singleElement().satisfies(b -> assertThat(b.bytes).isLessThan(RaftLimits.MAX_ENTRY_BYTES));
    }
}
