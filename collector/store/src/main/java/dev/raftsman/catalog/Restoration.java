package dev.raftsman.catalog;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import dev.raftsman.segment.SequenceRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Takes the rows of a lost cluster into empty tables, in as many commands as they need:
 *
 * <pre>
 *  BEGIN    the tables must be empty                 sets where numbers go on
 *  ROWS     streams, epochs, segments as they were   a row that is there already, the same, is passed over
 *  DECLARE  a gap that no producer can declare       a range declared already is passed over
 *  END                                               producers may open epochs from here on
 *  ABANDON  afterwards: an epoch that nobody ends    a gap up to what the archive knows of it; blocks may still come
 * </pre>
 *
 * Each may be sent again, so whoever restores may die anywhere and begin again from the front; with the same rows, as what
 * was taken and declared already is true of those only.
 */
final class Restoration {
    private final EpochTable epochs;
    private final SegmentTable segments;
    private final TierTable tiers;
    private RestoreView state;

    /** @param state null if this cluster was never restored */
    Restoration(EpochTable epochs, SegmentTable segments, TierTable tiers, RestoreView state) {
        this.epochs = epochs;
        this.segments = segments;
        this.tiers = tiers;
        this.state = state;
        if (state != null) {
            epochs.goOnAt(state.firstEpoch());
        }
    }

    /** Null if this cluster was never restored. */
    RestoreView view() {
        return state;
    }

    boolean isUnderWay() {
        return state != null && !state.finished();
    }

    /** Why the command must wait: rows that are half there are no ground for producers, nor for an archiver. */
    Optional<Refused> inTheWayOf(Command command) {
        boolean waits = command instanceof Command.Open
                || command instanceof Command.Close
                || command instanceof Command.Forget
                || command instanceof Command.AcquireLease
                || command instanceof Command.Prepare
                || command instanceof Command.Commit
                || command instanceof Command.Abort
                || command instanceof Command.Truncate
                || command instanceof Command.Mark
                || command instanceof Command.Unmark
                || command instanceof Command.Release
                || command instanceof Command.Expire
                || command instanceof Command.Throttle
                || command instanceof Command.RecordSnapshot
                || command instanceof Command.MarkSnapshot
                || command instanceof Command.UnmarkSnapshot
                || command instanceof Command.ReleaseSnapshot
                || command instanceof Command.GiveUpSnapshot
                || command instanceof Command.Adopt
                || command instanceof Command.ReportOutages
                || command instanceof Command.DropSnapshot;
        return waits && isUnderWay()
                ? Optional.of(new Refused(RefusalReason.RESTORING, "from " + state.source()))
                : Optional.empty();
    }

    /** What Raft indexes are raised by where segments are numbered. */
    long firstPosition() {
        return state == null ? 0 : state.firstPosition();
    }

    CommandResult begin(Command.BeginRestore begin, long nowMillis) {
        if (state != null) {
            if (!state.archive().equals(begin.archive())) {
                return new Refused(RefusalReason.OTHER_RESTORE, "from " + state.source());
            }
            return state.finished()
                            || state.contents() == null
                            || state.contents().equals(begin.contents())
                    ? new Done(0)
                    : new Refused(
                            RefusalReason.OTHER_CONTENTS,
                            state.contents() + " of " + state.source() + "; found " + begin.contents());
        }
        if (!epochs.streams().isEmpty() || !segments.views().isEmpty()) {
            return new Refused(
                    RefusalReason.NOT_EMPTY,
                    epochs.streams().size() + " streams, " + epochs.views().size() + " epochs, "
                            + segments.views().size() + " segments");
        }
        state = new RestoreView(
                begin.archive(),
                begin.source(),
                begin.contents(),
                begin.firstPosition(),
                begin.firstEpoch(),
                List.of(),
                nowMillis,
                0);
        epochs.goOnAt(begin.firstEpoch());
        return new Done(1);
    }

    private Refused notUnderWay(String archive) {
        if (state == null || !state.archive().equals(archive)) {
            return new Refused(RefusalReason.OTHER_RESTORE, state == null ? "none is under way" : state.source());
        }
        return null;
    }

    CommandResult rows(Command.RestoreRows rows) {
        Refused refused = notUnderWay(rows.archive());
        if (refused != null) {
            return refused;
        }
        if (state.finished()) {
            return new Done(0);
        }
        int changed = 0;
        for (StreamView stream : rows.streams()) {
            if (!epochs.fits(stream)) {
                return new Refused(RefusalReason.INVALID, stream + " beside another of its number or name");
            }
            changed += epochs.restore(stream) ? 1 : 0;
        }
        for (EpochView epoch : rows.epochs()) {
            if (epoch.epoch() < 1 || epoch.epoch() >= state.firstEpoch() || !epochs.fits(epoch)) {
                return new Refused(
                        RefusalReason.INVALID,
                        "epoch " + epoch.epoch() + "; expected one below " + state.firstEpoch()
                                + " of a known stream, and none other of its number or incarnation");
            }
            changed += epochs.restore(epoch) ? 1 : 0;
        }
        for (SegmentView segment : rows.segments()) {
            if (!fits(segment)) {
                return new Refused(
                        RefusalReason.INVALID,
                        "segment " + segment.id() + ", " + segment.state()
                                + "; expected one of a known stream, archived or"
                                + " truncated, before position " + state.firstPosition()
                                + ", and none other of its name");
            }
            if (segments.restore(segment)) {
                tiers.restored(segment);
                changed++;
            }
        }
        return new Done(changed);
    }

    private boolean fits(SegmentView segment) {
        boolean cold = segment.state() == SegmentState.ARCHIVED && segment.archive() != null
                || segment.state() == SegmentState.TRUNCATED && segment.truncation() != null;
        SegmentView there = segments.segment(segment.id());
        return cold
                && segment.sha256() != null
                && segment.prepared() == null
                && segment.id().base() < state.firstPosition()
                && epochs.fits(new StreamView(segment.streamNumber(), segment.tenant(), segment.stream(), 0))
                && (there == null || there.equals(segment));
    }

    /** Whether a gap is to be written; a result if not. */
    Optional<CommandResult> declare(Command.DeclareLost declare) {
        Refused refused = notUnderWay(declare.archive());
        if (refused != null) {
            return Optional.of(refused);
        }
        if (state.finished() || state.declared().contains(declare.range())) {
            return Optional.of(new Done(0));
        }
        Epoch epoch = epochs.epoch(declare.range().epoch());
        if (epoch == null || declare.range().last() > epoch.last()) {
            return Optional.of(new Refused(
                    RefusalReason.UNKNOWN_EPOCH,
                    "sequences up to " + declare.range().last() + " of epoch "
                            + declare.range().epoch() + ", whose last is "
                            + (epoch == null ? "unknown" : Long.toString(epoch.last()))));
        }
        return Optional.empty();
    }

    /** The gap is in its segment. */
    void declared(SequenceRange range) {
        List<SequenceRange> all = new ArrayList<>(state.declared());
        all.add(range);
        state = state.declared(all);
        epochs.epoch(range.epoch()).lost(range.count());
    }

    CommandResult end(Command.EndRestore end, long nowMillis) {
        Refused refused = notUnderWay(end.archive());
        if (refused != null) {
            return refused;
        }
        if (state.finished()) {
            return new Done(0);
        }
        if (end.segments() != segments.coldRows()) {
            return new Refused(
                    RefusalReason.INVALID, segments.coldRows() + " segments are here; expected " + end.segments());
        }
        state = state.finished(Math.max(1, nowMillis));
        return new Done(1);
    }

    /** Whether a gap is to be written, {@link #abandoned} to follow; a result if not. */
    Optional<CommandResult> abandon(Command.Abandon abandon) {
        if (state == null || !state.finished()) {
            return Optional.of(
                    state == null
                            ? new Refused(RefusalReason.OTHER_RESTORE, "this cluster was never restored")
                            : new Refused(RefusalReason.RESTORING, "from " + state.source()));
        }
        Epoch epoch = epochs.epoch(abandon.epoch());
        if (epoch == null || abandon.epoch() >= state.firstEpoch()) {
            return Optional.of(new Refused(
                    RefusalReason.UNKNOWN_EPOCH,
                    "epoch " + abandon.epoch() + "; expected a restored one, below " + state.firstEpoch()));
        }
        if (epoch.state() == EpochState.ABANDONED && epoch.last() == abandon.through()) {
            return Optional.of(new Done(0));
        }
        if (!epoch.state().takesBlocks()) {
            return Optional.of(new Refused(
                    epoch.state() == EpochState.CLOSED ? RefusalReason.CLOSED_EPOCH : RefusalReason.FORGOTTEN_EPOCH,
                    "epoch " + abandon.epoch()));
        }
        return epoch.last() == abandon.last()
                ? Optional.empty()
                : Optional.of(
                        new Refused(RefusalReason.EXPECTED, "last " + epoch.last() + "; found " + abandon.last()));
    }

    /** Its gap is in its segment. */
    void abandoned(long epoch) {
        epochs.epoch(epoch).abandon();
    }
}
