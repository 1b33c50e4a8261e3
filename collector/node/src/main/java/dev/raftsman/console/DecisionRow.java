package dev.raftsman.console;

import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.TruncationView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/**
 * A decision about data with the reason given for it, as the tables have it; what does not apply is null.
 *
 * @param atMillis when it was taken; of one that is announced, when it is due, or was announced
 * @param what archived, truncated, expired, held, snapshot, dropped, frozen, policies; announced: upload, delete, drop; or
 *     undecided
 * @param version of the policies that it was taken by
 */
record DecisionRow(
        long atMillis,
        String what,
        String segment,
        String stream,
        Long events,
        Long bytes,
        String policy,
        String reason,
        String version,
        String place) {
    static final Map<String, Comparator<DecisionRow>> COLUMNS = Map.of(
            "at", Comparator.comparingLong(DecisionRow::atMillis),
            "what", Comparator.comparing(DecisionRow::what),
            "stream", Comparator.comparing(row -> row.stream == null ? "" : row.stream),
            "bytes", Comparator.comparingLong(row -> row.bytes == null ? 0 : row.bytes));

    private static final int VERSION_CHARS = 12;

    String text() {
        return what + " " + stream + " " + segment + " " + policy + " " + reason + " " + place;
    }

    /** Those that were taken, newest first. */
    static List<DecisionRow> taken(CatalogView view) {
        List<DecisionRow> rows = new ArrayList<>();
        view.segments().forEach(segment -> addTaken(rows, segment));
        for (SnapshotView snapshot : view.snapshots()) {
            rows.add(of(snapshot, snapshot.recordedAtMillis(), "snapshot", null, null, null));
            hold(rows, snapshot.hold(), null, snapshot);
            TruncationView gone = snapshot.givenUp();
            if (gone != null) {
                rows.add(of(snapshot, gone.atMillis(), "dropped", gone.policy(), gone.reason(), gone.policyHash()));
            }
        }
        for (PoliciesView version : view.policies() == null ? List.<PoliciesView>of() : view.policies()) {
            String by = "declared by " + version.by()
                    + (version.actor() == null ? "" : ", acted on last by " + version.actor());
            rows.add(general(version.atMillis(), "policies", by, version(version.hash())));
        }
        if (view.freeze() != null) {
            String by = view.freeze().by() + ": " + view.freeze().reason();
            rows.add(general(view.freeze().atMillis(), "frozen", by, null));
        }
        rows.sort(Comparator.comparingLong(DecisionRow::atMillis).reversed());
        return rows;
    }

    private static void addTaken(List<DecisionRow> rows, SegmentView segment) {
        ArchiveView archive = segment.archive();
        if (archive != null) {
            rows.add(of(
                    segment,
                    archive.committedAtMillis(),
                    "archived",
                    archive.policy(),
                    archive.reason(),
                    archive.policyHash(),
                    archive.target() + ":" + archive.key()));
        }
        hold(rows, segment.hold(), segment, null);
        TruncationView gone = segment.truncation();
        if (gone != null) {
            String what = archive == null ? "truncated" : "expired";
            rows.add(of(segment, gone.atMillis(), what, gone.policy(), gone.reason(), gone.policyHash(), null));
        }
    }

    private static void hold(List<DecisionRow> rows, HoldView hold, SegmentView segment, SnapshotView snapshot) {
        if (hold != null) {
            String by = hold.by() + ": " + hold.reason();
            rows.add(
                    segment == null
                            ? of(snapshot, hold.atMillis(), "held", null, by, null)
                            : of(segment, hold.atMillis(), "held", null, by, null, null));
        }
    }

    /** Those that are announced, soonest first; then, oldest first, the finished segments of which nothing is said yet. */
    static List<DecisionRow> announced(CatalogView view) {
        List<DecisionRow> rows = new ArrayList<>();
        List<DecisionRow> undecided = new ArrayList<>();
        for (SegmentView segment : view.segments()) {
            PreparedView upload = segment.prepared();
            MarkView mark = segment.mark();
            if (upload != null) {
                rows.add(of(
                        segment,
                        upload.preparedAtMillis(),
                        "upload",
                        upload.policy(),
                        upload.reason(),
                        upload.policyHash(),
                        upload.target() + ":" + upload.key()));
            }
            if (mark != null) {
                rows.add(
                        of(segment, mark.dueMillis(), "delete", mark.policy(), mark.reason(), mark.policyHash(), null));
            }
            if (upload == null && mark == null && segment.state() == SegmentState.SEALED) {
                undecided.add(of(segment, segment.sealedAtMillis(), "undecided", null, null, null, null));
            }
        }
        for (SnapshotView snapshot : view.snapshots()) {
            MarkView mark = snapshot.mark();
            if (mark != null) {
                rows.add(of(snapshot, mark.dueMillis(), "drop", mark.policy(), mark.reason(), mark.policyHash()));
            }
        }
        rows.sort(Comparator.comparingLong(DecisionRow::atMillis));
        undecided.sort(Comparator.comparingLong(DecisionRow::atMillis));
        rows.addAll(undecided);
        return rows;
    }

    private static DecisionRow of(
            SegmentView segment,
            long atMillis,
            String what,
            String policy,
            String reason,
            String policyHash,
            String place) {
        return new DecisionRow(
                atMillis,
                what,
                segment.id().toString(),
                segment.tenant() + "/" + segment.stream(),
                segment.events(),
                segment.bytes(),
                policy,
                reason,
                version(policyHash),
                place);
    }

    private static DecisionRow of(
            SnapshotView snapshot, long atMillis, String what, String policy, String reason, String policyHash) {
        return new DecisionRow(
                atMillis,
                what,
                null,
                null,
                null,
                null,
                policy,
                reason,
                version(policyHash),
                snapshot.target() + ":" + snapshot.key());
    }

    private static DecisionRow general(long atMillis, String what, String reason, String version) {
        return new DecisionRow(atMillis, what, null, null, null, null, null, reason, version, null);
    }

    private static String version(String hash) {
        return hash == null || hash.length() <= VERSION_CHARS ? hash : hash.substring(0, VERSION_CHARS);
    }
}
