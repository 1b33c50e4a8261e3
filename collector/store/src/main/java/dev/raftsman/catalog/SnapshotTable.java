package dev.raftsman.catalog;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Snapshots that are complete in the archive, and what is to become of them. Who may ask is asked before. */
final class SnapshotTable {
    private final Map<String, SnapshotView> snapshots = new LinkedHashMap<>();

    SnapshotTable(List<SnapshotView> snapshots) {
        snapshots.forEach(snapshot -> this.snapshots.put(snapshot.id(), snapshot));
    }

    /** In the order of recording. */
    List<SnapshotView> views() {
        return List.copyOf(snapshots.values());
    }

    /** One that shows the segment and is not given up; null if there is none. */
    SnapshotView referringTo(SegmentView segment) {
        return snapshots.values().stream()
                .filter(snapshot -> snapshot.kept() && snapshot.shows(segment))
                .findFirst()
                .orElse(null);
    }

    CommandResult record(Command.RecordSnapshot record, long nowMillis) {
        SnapshotView snapshot = new SnapshotView(
                record.id(), record.target(), record.key(), record.streams(), record.index(), nowMillis);
        SnapshotView before = snapshots.get(record.id());
        if (before == null) {
            snapshots.put(record.id(), snapshot);
            return new Done(1);
        }
        boolean same = before.key().equals(snapshot.key())
                && before.target().equals(snapshot.target())
                && before.streams().equals(snapshot.streams())
                && before.index() == snapshot.index();
        return same ? new Done(0) : new Refused(RefusalReason.USED_SNAPSHOT_ID, record.id());
    }

    private Refused unknown(String id) {
        return new Refused(RefusalReason.UNKNOWN_SNAPSHOT, id);
    }

    private Refused givenUp(String id) {
        return new Refused(RefusalReason.UNKNOWN_SNAPSHOT, id + " is given up");
    }

    private Refused held(SnapshotView row) {
        return new Refused(
                RefusalReason.HELD,
                row.id() + " by " + row.hold().by() + ": " + row.hold().reason());
    }

    CommandResult mark(Command.MarkSnapshot mark, long nowMillis) {
        SnapshotView row = snapshots.get(mark.id());
        if (row == null) {
            return unknown(mark.id());
        }
        if (!row.kept()) {
            return givenUp(mark.id());
        }
        if (row.hold() != null) {
            return held(row);
        }
        if (row.mark() != null) {
            return new Done(0);
        }
        long due = nowMillis + mark.graceMillis();
        snapshots.put(
                row.id(),
                row.marked(new MarkView(
                        mark.owner(),
                        mark.policy(),
                        mark.reason(),
                        mark.policyHash(),
                        nowMillis,
                        due < nowMillis ? Long.MAX_VALUE : due)));
        return new Done(1);
    }

    CommandResult unmark(Command.UnmarkSnapshot unmark, long nowMillis) {
        SnapshotView row = snapshots.get(unmark.id());
        if (row == null) {
            return unknown(unmark.id());
        }
        if (!row.kept()) {
            return givenUp(unmark.id());
        }
        HoldView hold = row.hold();
        if (unmark.hold() && hold == null) {
            hold = new HoldView(unmark.by(), unmark.reason(), nowMillis);
        }
        return replace(row, row.held(hold));
    }

    CommandResult release(Command.ReleaseSnapshot release) {
        SnapshotView row = snapshots.get(release.id());
        return row == null ? unknown(release.id()) : replace(row, row.hold() == null ? row : row.held(null));
    }

    private CommandResult replace(SnapshotView row, SnapshotView changed) {
        snapshots.put(row.id(), changed);
        return new Done(changed.equals(row) ? 0 : 1);
    }

    /** The row stays until {@link #drop}: a snapshot that is in the manifest and not here is recorded again. */
    CommandResult giveUp(Command.GiveUpSnapshot command, long nowMillis) {
        SnapshotView row = snapshots.get(command.id());
        if (row == null) {
            return unknown(command.id());
        }
        if (!row.kept()) {
            return new Done(0);
        }
        if (row.hold() != null) {
            return held(row);
        }
        if (command.marked() && row.mark() == null) {
            return new Refused(RefusalReason.NOT_DUE, row.id() + " is marked no more");
        }
        if (command.marked() && !Objects.equals(row.mark().policyHash(), command.policyHash())) {
            return new Refused(RefusalReason.NOT_DUE, row.id() + " was marked under other policies");
        }
        Refused early = early(row, nowMillis);
        if (early != null) {
            return early;
        }
        snapshots.put(
                row.id(),
                row.givenUp(new TruncationView(command.policy(), command.reason(), command.policyHash(), nowMillis)));
        return new Done(1);
    }

    CommandResult drop(Command.DropSnapshot drop, long nowMillis) {
        SnapshotView row = snapshots.get(drop.id());
        if (row == null) {
            return unknown(drop.id());
        }
        if (row.hold() != null) {
            return held(row);
        }
        Refused early = row.kept() ? early(row, nowMillis) : null;
        if (early != null) {
            return early;
        }
        snapshots.remove(drop.id());
        return new Done(1);
    }

    private static Refused early(SnapshotView row, long nowMillis) {
        return row.mark() == null || row.mark().dueMillis() <= nowMillis
                ? null
                : new Refused(
                        RefusalReason.NOT_DUE, row.id() + " until " + row.mark().dueMillis() + ", now " + nowMillis);
    }
}
