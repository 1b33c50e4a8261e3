package dev.raftsman.ingest;

import dev.raftsman.catalog.Command;
import dev.raftsman.raft.RaftLimits;
import dev.raftsman.store.Entry;
import dev.raftsman.store.EpochBlock;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gathers the blocks of all connections into entries of the log. An entry costs the nodes about 4 ms of CPU whatever its
 * size, so small ones must be rare; a block that waits delays its acknowledgement, so waiting must be short. Hence:
 *
 * <ul>
 *   <li>an entry that is full ({@link #ENTRY_BYTES}) goes at once;
 *   <li>with at most one entry in flight, what is there goes after {@code linger};
 *   <li>with more in flight, it waits for them or for becoming full: under load entries fill up while others travel;
 *   <li>nothing goes that would bring the bytes in flight above {@link RaftLimits#MAX_IN_FLIGHT_BYTES};
 *   <li>an entry takes a block of each connection in turn, so whoever sends much delays the others by one block of its own.
 * </ul>
 *
 * What one connection asked for keeps its order. Commands are entries of their own. One thread; the clock is an argument.
 */
final class EntryCoalescer {
    /** Blocks of an entry together, with their framing. A larger block goes alone. */
    static final int ENTRY_BYTES = (2 << 20) - 1024;

    /** More than any command of a sidecar takes. */
    private static final int COMMAND_BYTES = 4 << 10;

    /** Stands for "not before something else happens". */
    static final long NEVER = Long.MAX_VALUE;

    /** What is still to be known of a block on its way: who waits for its answer, and what is counted of it. */
    record Appended(IngestSession session, long epoch, BlockContents contents) {}

    /** Blocks that travel together, or one command. */
    static final class Batch {
        final List<Appended> blocks = new ArrayList<>();
        final CommandAsked command;

        /** When the first of what it carries came. */
        long sinceNanos = Long.MAX_VALUE;

        int bytes;

        /** Null once they are in an entry. */
        private List<EpochBlock> contents = new ArrayList<>();

        private Batch(CommandAsked command) {
            this.command = command;
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

        private boolean takes(Asked asked) {
            return blocks.isEmpty() || bytes + asked.bytes() <= ENTRY_BYTES;
        }

        private void take(IngestSession session, Asked asked) {
            bytes += asked.bytes();
            sinceNanos = Math.min(sinceNanos, asked.sinceNanos());
            if (asked.block() != null) {
                blocks.add(new Appended(session, asked.block().epoch(), asked.contents()));
                contents.add(asked.block());
            }
        }
    }

    /** A command and who waits for its answer. */
    record CommandAsked(IngestSession session, int request, Command command) {}

    /** One of block and command is given. */
    private record Asked(EpochBlock block, BlockContents contents, CommandAsked command, int bytes, long sinceNanos) {}

    /** What a connection asked for and is in no batch yet, in its order. */
    private record Lane(IngestSession session, Deque<Asked> asked) {}

    private final long lingerNanos;
    private final Map<IngestSession, Lane> lanes = new HashMap<>();
    private final Deque<Lane> turns = new ArrayDeque<>();
    private long waitingBytes;
    private int commandsWaiting;

    /** The oldest that waits came then, or later where a batch was taken from it. */
    private long waitingSinceNanos;

    /** The next to go, if only bytes in flight hold it back. */
    private Batch held;

    private int entriesInFlight;
    private long bytesInFlight;
    private long blockBytes;

    EntryCoalescer(long lingerNanos) {
        this.lingerNanos = lingerNanos;
    }

    void append(IngestSession session, EpochBlock block, BlockContents contents, long nowNanos) {
        int bytes = block.encodedBytes();
        add(session, new Asked(block, contents, null, bytes, nowNanos));
        blockBytes += bytes;
    }

    void command(CommandAsked command, long nowNanos) {
        add(command.session(), new Asked(null, null, command, COMMAND_BYTES, nowNanos));
        commandsWaiting++;
    }

    private void add(IngestSession session, Asked asked) {
        if (turns.isEmpty()) {
            waitingSinceNanos = asked.sinceNanos();
        }
        Lane lane = lanes.get(session);
        if (lane == null) {
            lane = new Lane(session, new ArrayDeque<>());
            lanes.put(session, lane);
            turns.add(lane);
        }
        lane.asked().add(asked);
        waitingBytes += asked.bytes();
    }

    /** Takes the next batch that should go now, and counts it as in flight; null if there is none. */
    Batch poll(long nowNanos) {
        if (held == null && !turns.isEmpty() && nowNanos - dueNanos() >= 0) {
            held = gather(nowNanos);
        }
        Batch next = held;
        if (next == null || bytesInFlight + RaftLimits.charged(next.bytes) > RaftLimits.MAX_IN_FLIGHT_BYTES) {
            return null;
        }
        held = null;
        entriesInFlight++;
        bytesInFlight += RaftLimits.charged(next.bytes);
        return next;
    }

    /** A command alone, or blocks of the lanes in turn until the next would not fit or a command has its turn. */
    private Batch gather(long nowNanos) {
        CommandAsked command = turns.element().asked().element().command();
        Batch batch = new Batch(command);
        while (!turns.isEmpty()) {
            Asked next = turns.element().asked().element();
            if ((next.command() == null) != (command == null) || !batch.takes(next)) {
                break;
            }
            Lane lane = turns.remove();
            lane.asked().remove();
            batch.take(lane.session(), next);
            waitingBytes -= next.bytes();
            if (lane.asked().isEmpty()) {
                lanes.remove(lane.session());
            } else {
                turns.add(lane);
            }
            if (command != null) {
                commandsWaiting--;
                break;
            }
        }
        waitingSinceNanos = nowNanos;
        return batch;
    }

    /** A batch from {@link #poll} was answered in whatever way. */
    void done(Batch batch) {
        entriesInFlight--;
        bytesInFlight -= RaftLimits.charged(batch.bytes);
        blockBytes -= batch.command == null ? batch.bytes : 0;
    }

    /** In how long {@link #poll} may have something without anything else happening; {@link #NEVER} if not. */
    long nanosToNext(long nowNanos) {
        if (held != null || turns.isEmpty() || !complete() && entriesInFlight > 1) {
            return NEVER;
        }
        return Math.max(0, dueNanos() - nowNanos);
    }

    private long dueNanos() {
        if (complete()) {
            return waitingSinceNanos;
        }
        return waitingSinceNanos + (entriesInFlight > 1 ? NEVER >> 1 : lingerNanos);
    }

    private boolean complete() {
        return commandsWaiting > 0 || waitingBytes >= ENTRY_BYTES;
    }

    /** Blocks waiting and in flight, with their framing. */
    long blockBytes() {
        return blockBytes;
    }

    int entriesInFlight() {
        return entriesInFlight;
    }
}
