package dev.raftsman.shipper;

import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * How far each file was read, for an operator: as {@link Backlog} finds it, but nothing is forced or changed, so an agent may
 * run meanwhile. Then it is a picture that is a moment old.
 */
public final class Checkpoints {
    private static final UUID NO_WAL = new UUID(0, 0);

    private final Path cursorPath;
    private final List<Checkpoint> all;
    private final List<String> unreadable;

    /**
     * The newest of a file.
     *
     * @param acknowledgedOffset how far the cluster has it; 0 if nothing is known to be there
     * @param wal directory that holds what is read and not acknowledged; null if all is
     */
    public record Checkpoint(
            SourceCheckpoint read, long acknowledgedOffset, Path wal, long startMillis, long position) {
        public boolean isAcknowledged() {
            return wal == null;
        }
    }

    private record Key(long device, long inode) {
        static Key of(SourceCheckpoint checkpoint) {
            return new Key(checkpoint.device(), checkpoint.inode());
        }
    }

    /** A checkpoint in the place it was found in. */
    private record Found(Cursor.Source source, UUID incarnation, Path wal) {}

    private Checkpoints(Path cursorPath, List<Checkpoint> all, List<String> unreadable) {
        this.cursorPath = cursorPath;
        this.all = List.copyOf(all);
        this.unreadable = List.copyOf(unreadable);
    }

    /**
     * Logs first, then the cursor: what is acknowledged and deleted in between is in the cursor by then.
     *
     * @param walRoot the sidecar's own
     * @throws DamagedCursorException if the cursor cannot be trusted
     */
    public static Checkpoints read(Path cursorPath, Path walRoot) throws IOException {
        List<String> unreadable = new ArrayList<>();
        Map<Key, Found> newest = new HashMap<>();
        for (WalDirectory directory :
                WalDirectory.list(walRoot, (path, reason) -> unreadable.add(path + ": " + reason.getMessage()))) {
            scan(directory, newest);
        }
        Cursor cursor = CursorFile.open(cursorPath, 0, 0).cursor();
        Map<Key, Cursor.Source> acknowledged = new HashMap<>();
        for (Cursor.Source source : cursor.sources()) {
            acknowledged.merge(
                    Key.of(source.checkpoint()), source, (one, other) -> one.isNewerThan(other) ? one : other);
            newest.merge(
                    Key.of(source.checkpoint()),
                    new Found(source, NO_WAL, null),
                    (before, now) -> before.source.isNewerThan(now.source) ? before : now);
        }
        List<Checkpoint> all = new ArrayList<>();
        newest.forEach((key, found) -> {
            Cursor.Source source = found.source;
            boolean isAcknowledged = found.wal == null || cursor.position(found.incarnation) >= source.position();
            Cursor.Source known = acknowledged.get(key);
            long offset = isAcknowledged
                    ? source.checkpoint().offset()
                    : known == null ? 0 : known.checkpoint().offset();
            all.add(new Checkpoint(
                    source.checkpoint(),
                    offset,
                    isAcknowledged ? null : found.wal,
                    source.startMillis(),
                    source.position()));
        });
        all.sort(Comparator.comparing((Checkpoint each) -> each.read.path())
                .thenComparingLong(each -> each.startMillis)
                .thenComparingLong(each -> each.position));
        return new Checkpoints(cursorPath, all, unreadable);
    }

    private static void scan(WalDirectory directory, Map<Key, Found> newest) {
        Excerpt excerpt = new Excerpt();
        long due = directory.writtenPosition();
        try (WalReader reader = WalReader.open(directory)) {
            // Its writer may live and write faster than this reads.
            while ((due < 0 || reader.position() < due) && reader.next(excerpt)) {
                try {
                    for (SourceCheckpoint checkpoint : SourceCheckpoint.filesOf(excerpt)) {
                        Cursor.Source source =
                                new Cursor.Source(directory.identity().startMillis(), excerpt.position(), checkpoint);
                        newest.merge(
                                Key.of(checkpoint),
                                new Found(source, directory.identity().incarnation(), directory.path()),
                                (before, now) -> now.source.isNewerThan(before.source) ? now : before);
                    }
                } catch (IllegalArgumentException notOne) {
                    continue; // the shipper says so; it tells nothing of a file
                }
            }
        }
    }

    /** By path. */
    public List<Checkpoint> all() {
        return all;
    }

    /** Logs that cannot be read, and why: what they hold is not among {@link #all}. */
    public List<String> unreadable() {
        return unreadable;
    }

    /**
     * Has the next run of the agent go on elsewhere; durable on return. The caller holds the agent's lock.
     *
     * @param offsets where, for checkpoints that are acknowledged
     */
    public void move(Map<Checkpoint, Long> offsets) throws IOException {
        CursorFile file = CursorFile.open(cursorPath, 0, 0);
        Collection<Checkpoint> unacknowledged =
                offsets.keySet().stream().filter(each -> !each.isAcknowledged()).toList();
        if (!unacknowledged.isEmpty()) {
            throw new IllegalArgumentException("not acknowledged: " + unacknowledged);
        }
        offsets.forEach((checkpoint, offset) -> file.cursor()
                .source(new Cursor.Source(
                        checkpoint.startMillis(),
                        checkpoint.position() + 1, // newer than all there is, older than what the next run writes
                        checkpoint.read().at(offset))));
        file.write();
    }
}
