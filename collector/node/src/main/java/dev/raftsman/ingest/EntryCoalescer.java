package dev.raftsman.ingest;

import dev.raftsman.catalog.Command;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Gathers the blocks of all connections into entries of the log, in the order of their coming. An entry costs the nodes
 * about 4 ms of CPU whatever its size, so small ones must be rare; a block that waits delays its acknowledgement, so
 * waiting must be short. Hence:
 *
 * <ul>
 *   <li>an entry that is full ({@link #ENTRY_BYTES}) goes at once;
 *   <li>with at most one entry in flight, what is there goes after {@code linger};
 *   <li>with more in flight, it waits for them or for becoming full: under load entries fill up while others travel;
 *   <li>nothing goes that would bring the bytes in flight above {@link RaftLimits#MAX_IN_FLIGHT_BYTES}.
 * </ul>
 *
 * Commands are entries of their own and keep their place among the blocks. One thread; the clock is an argument.
 */
final class EntryCoalescer {
    /** Blocks of an entry together, with their framing. A larger block goes alone. */
    static final int ENTRY_BYTES = (1 << 20) - 1024;

    /** More than any command of a sidecar takes. */
    private static final int COMMAND_BYTES = 4 << 10;

    /** Stands for "not before something else happens". */
    static final long NEVER = Long.MAX_VALUE;

    /** What is still to be known of a block on its way: who waits for its answer, and how long it is. */
    record Appended(IngestSession session, long epoch, int blockBytes) {}

    /** Blocks that travel together, or one command. */
    static final class Batch {
        final List<Appended> blocks = new ArrayList<>();
        final CommandAsked command;
        final long sinceNanos;
        int bytes;

        /** Null once they are in an entry. */
        private List<EpochBlock> contents = new ArrayList<>();

        private Batch(CommandAsked command, long sinceNanos) {
            this.command = command;
            this.sinceNanos = sinceNanos;
        }

        /**
         * The entry that carries it. Once only: the blocks are let go of, for the engine keeps the entry until it is answered,
         * and under load all that is on its way would be in the heap twice.
         */
        byte[] encode(long stampMillis) {
            if (contents == null) {
                throw new IllegalStateException("already in an entry");
            }
            byte[] entry = command == null
                    ? new Entry.Append(stampMillis, contents).encode()
                    : new Entry.Change(stampMillis, command.command()).encode();
            contents = null;
            return entry;
        }

        /** Everybody who waits for its answer, once. */
        Set<IngestSession> sessions() {
            Set<IngestSession> sessions = new LinkedHashSet<>();
            blocks.forEach(block -> sessions.add(block.session()));
            if (command != null) {
                sessions.add(command.session());
            }
            return sessions;
        }

        private boolean takes(int more) {
            return command == null && bytes + more <= ENTRY_BYTES;
        }
    }

    /** A command and who waits for its answer. */
    record CommandAsked(IngestSession session, int request, Command command) {}

    private final long lingerNanos;
    private final Deque<Batch> waiting = new ArrayDeque<>();
    private int entriesInFlight;
    private long bytesInFlight;
    private long blockBytes;

    EntryCoalescer(long lingerNanos) {
        this.lingerNanos = lingerNanos;
    }

    void append(IngestSession session, EpochBlock block, long nowNanos) {
        int bytes = block.encodedBytes();
        Batch last = waiting.peekLast();
        if (last == null || !last.takes(bytes)) {
            last = new Batch(null, nowNanos);
            waiting.add(last);
        }
        last.blocks.add(new Appended(session, block.epoch(), block.block().remaining()));
        last.contents.add(block);
        last.bytes += bytes;
        blockBytes += bytes;
    }

    void command(CommandAsked command, long nowNanos) {
        Batch batch = new Batch(command, nowNanos);
        batch.bytes = COMMAND_BYTES;
        waiting.add(batch);
    }

    /** Takes the next batch that should go now, and counts it as in flight; null if there is none. */
    Batch poll(long nowNanos) {
        Batch head = waiting.peekFirst();
        if (head == null
                || nowNanos - dueNanos(head) < 0
                || bytesInFlight + RaftLimits.charged(head.bytes) > RaftLimits.MAX_IN_FLIGHT_BYTES) {
            return null;
        }
        waiting.remove();
        entriesInFlight++;
        bytesInFlight += RaftLimits.charged(head.bytes);
        return head;
    }

    /** A batch from {@link #poll} was answered in whatever way. */
    void done(Batch batch) {
        entriesInFlight--;
        bytesInFlight -= RaftLimits.charged(batch.bytes);
        blockBytes -= batch.command == null ? batch.bytes : 0;
    }

    /** In how long {@link #poll} may have something without anything else happening; {@link #NEVER} if not. */
    long nanosToNext(long nowNanos) {
        Batch head = waiting.peekFirst();
        if (head == null || bytesInFlight + RaftLimits.charged(head.bytes) > RaftLimits.MAX_IN_FLIGHT_BYTES) {
            return NEVER;
        }
        if (!complete(head) && entriesInFlight > 1) {
            return NEVER;
        }
        return Math.max(0, dueNanos(head) - nowNanos);
    }

    private long dueNanos(Batch head) {
        if (complete(head)) {
            return head.sinceNanos;
        }
        return entriesInFlight > 1 ? head.sinceNanos + (NEVER >> 1) : head.sinceNanos + lingerNanos;
    }

    private boolean complete(Batch head) {
        return head.command != null || waiting.size() > 1 || head.bytes >= ENTRY_BYTES;
    }

    /** Blocks waiting and in flight, with their framing. */
    long blockBytes() {
        return blockBytes;
    }

    int entriesInFlight() {
        return entriesInFlight;
    }
}
