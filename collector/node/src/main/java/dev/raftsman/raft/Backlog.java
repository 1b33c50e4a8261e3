package dev.raftsman.raft;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What a follower was sent, is committed and was not applied yet. The engine keeps these entries in memory however many
 * they are, and a leader does not wait for a follower that writes its log faster than it applies it: with a heap of 256 MiB
 * that ended one within half a minute at full speed. So while this is large, the {@link EntryGate} is shut.
 *
 * <p>Only what is committed counts. Applying it needs nothing more from a leader, so a gate that is shut opens again by
 * itself; entries that nobody has committed are no more than leaders have in flight.
 *
 * <p>Any thread.
 */
final class Backlog {
    /** Half a second of work under full load; several times what a leader sends in one round trip. */
    static final long MOST_BYTES = 16L << 20;

    /** How far the engine is, by index. */
    interface Progress {
        long committed();

        long applied();
    }

    private record Taken(long lastIndex, long bytes) {}

    private final Progress progress;

    /** In the order they came; after a refusal the same indices come again, and count twice until they are applied. */
    private final Deque<Taken> taken = new ArrayDeque<>();

    Backlog(Progress progress) {
        this.progress = progress;
    }

    /** Entries were given to the engine. */
    synchronized void took(long lastIndex, long bytes) {
        taken.addLast(new Taken(lastIndex, bytes));
    }

    /** Whether no more should be given to the engine for now. */
    synchronized boolean isLarge() {
        if (taken.isEmpty()) {
            return false;
        }
        long applied = progress.applied();
        taken.removeIf(entries -> entries.lastIndex() <= applied);
        long committed = progress.committed();
        return taken.stream()
                        .filter(entries -> entries.lastIndex() <= committed)
                        .mapToLong(Taken::bytes)
                        .sum()
                > MOST_BYTES;
    }
}
