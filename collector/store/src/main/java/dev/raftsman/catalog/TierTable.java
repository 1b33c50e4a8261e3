package dev.raftsman.catalog;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import dev.raftsman.segment.SegmentId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * Who may move data and by which policies, uploads announced and given up, snapshots. An object store cannot fence an archiver that slept, so
 * every object is announced under a key of its own before it is uploaded, and only what quotes a live token counts.
 */
final class TierTable {
    /** From a decision to its command; a round fetches the catalog anew before it deletes. */
    private static final long DECISION_MILLIS = 3_600_000;

    /**
     * An upload that must never come to count.
     *
     * @param target null if the upload was given up before it was announced, as the key
     */
    record Aborted(UUID token, String target, String key) {}

    private record Key(String target, String key) {}

    private record Upload(PreparedView prepared, List<SegmentRef> segments) {}

    private final SegmentTable segments;
    private LeaseView lease;
    private final Map<UUID, Upload> live = new HashMap<>();
    private final Map<UUID, String> committedSha256 = new HashMap<>();
    private final Map<UUID, Aborted> aborted = new LinkedHashMap<>();
    private final Set<Key> usedKeys = new HashSet<>();
    private final SnapshotTable snapshots;
    private final PolicyTable policies;
    private FreezeView freeze;
    private List<ThrottleView> throttles = List.of();
    private List<OutageView> outages = List.of();

    TierTable(SegmentTable segments) {
        this.segments = segments;
        this.snapshots = new SnapshotTable(List.of());
        this.policies = new PolicyTable(List.of());
    }

    TierTable(SegmentTable segments, CatalogImage image) {
        this.segments = segments;
        this.lease = image.lease();
        this.freeze = image.freeze();
        this.throttles = image.throttles() == null ? List.of() : image.throttles();
        this.outages = image.outages() == null ? List.of() : image.outages();
        this.snapshots = new SnapshotTable(image.snapshots());
        this.policies = new PolicyTable(image.policies());
        Map<PreparedView, List<SegmentRef>> uploads = new HashMap<>();
        for (SegmentView segment : segments.views()) {
            if (segment.prepared() != null) {
                uploads.computeIfAbsent(segment.prepared(), prepared -> new ArrayList<>())
                        .add(segment.ref());
            }
            restored(segment);
        }
        uploads.forEach((prepared, refs) -> {
            live.put(prepared.token(), new Upload(prepared, refs));
            usedKeys.add(new Key(prepared.target(), prepared.key()));
        });
        for (Aborted upload : image.aborted()) {
            aborted.put(upload.token(), upload);
            usedKeys.add(new Key(upload.target(), upload.key()));
        }
    }

    /** A row came from elsewhere: what it says of uploads counts here. */
    void restored(SegmentView segment) {
        ArchiveView archive = segment.archive();
        if (archive != null) {
            committedSha256.put(archive.token(), archive.sha256());
            usedKeys.add(new Key(archive.target(), archive.key()));
        }
    }

    LeaseView lease() {
        return lease;
    }

    List<Aborted> aborted() {
        return List.copyOf(aborted.values());
    }

    List<SnapshotView> snapshots() {
        return snapshots.views();
    }

    /** Null if deletion is free. */
    FreezeView freeze() {
        return freeze;
    }

    List<ThrottleView> throttles() {
        return throttles;
    }

    List<OutageView> outages() {
        return outages;
    }

    List<PoliciesView> policies() {
        return policies.versions();
    }

    CommandResult acquire(Command.AcquireLease acquire, long nowMillis) {
        boolean free = lease == null || lease.expiresAtMillis() <= nowMillis;
        if (!free && !lease.owner().equals(acquire.owner())) {
            return new Refused(RefusalReason.LEASE_HELD, "by " + lease.owner() + " until " + lease.expiresAtMillis());
        }
        long until = nowMillis + acquire.ttlMillis();
        lease = new LeaseView(acquire.owner(), until < nowMillis ? Long.MAX_VALUE : until);
        return new Done(1);
    }

    /** @return null if the owner holds the lease */
    private Refused fence(String owner, long nowMillis) {
        if (lease != null && lease.owner().equals(owner) && lease.expiresAtMillis() > nowMillis) {
            return null;
        }
        String holder = lease == null ? "nobody" : lease.owner() + " until " + lease.expiresAtMillis();
        return new Refused(RefusalReason.NOT_LEASE_HOLDER, owner + " at " + nowMillis + "; held by " + holder);
    }

    /** @return null if the owner holds the lease, and decides by the policies that count */
    private Refused fence(String owner, String policyHash, long nowMillis) {
        Refused refused = fence(owner, nowMillis);
        return refused != null ? refused : policies.other(policyHash);
    }

    CommandResult prepare(Command.Prepare prepare, long nowMillis) {
        Refused refused = fence(prepare.owner(), nowMillis);
        if (refused != null) {
            return refused;
        }
        Upload same = live.get(prepare.token());
        if (same != null
                && same.prepared.key().equals(prepare.key())
                && same.prepared.target().equals(prepare.target())
                && Set.copyOf(same.segments).equals(Set.copyOf(prepare.segments()))) {
            return new Done(0);
        }
        if (same != null || committedSha256.containsKey(prepare.token()) || aborted.containsKey(prepare.token())) {
            return new Refused(RefusalReason.USED_TOKEN, prepare.token().toString());
        }
        Key key = new Key(prepare.target(), prepare.key());
        if (usedKeys.contains(key)) {
            return new Refused(RefusalReason.USED_KEY, prepare.target() + " " + prepare.key());
        }
        refused = policies.other(prepare.policyHash());
        if (refused == null) {
            refused = free(prepare.segments());
        }
        if (refused != null) {
            return refused;
        }
        PreparedView prepared = new PreparedView(
                prepare.token(),
                prepare.owner(),
                prepare.target(),
                prepare.key(),
                prepare.policy(),
                prepare.reason(),
                prepare.policyHash(),
                nowMillis);
        for (SegmentRef ref : prepare.segments()) {
            segments.replace(segments.finished(ref.segment()).prepared(prepared));
        }
        usedKeys.add(key);
        live.put(prepare.token(), new Upload(prepared, prepare.segments()));
        return new Done(prepare.segments().size());
    }

    /** @return null if all are sealed, unprepared and hold the bytes named */
    private Refused free(List<SegmentRef> refs) {
        for (SegmentRef ref : refs) {
            SegmentId id = ref.segment();
            SegmentView segment = segments.segment(id);
            if (segment == null) {
                return new Refused(RefusalReason.UNKNOWN_SEGMENT, id.toString());
            }
            if (segment.state() != SegmentState.SEALED) {
                return new Refused(RefusalReason.WRONG_SEGMENT_STATE, id + " is " + segment.state());
            }
            if (segment.prepared() != null) {
                return new Refused(
                        RefusalReason.WRONG_SEGMENT_STATE,
                        id + " is prepared by " + segment.prepared().token());
            }
            if (!segment.sha256().equals(ref.sha256())) {
                return new Refused(
                        RefusalReason.WRONG_SEGMENT_STATE,
                        id + " has SHA-256 " + segment.sha256() + "; found " + ref.sha256());
            }
        }
        return null;
    }

    CommandResult commit(Command.Commit commit, long nowMillis) {
        Refused refused = fence(commit.owner(), nowMillis);
        if (refused != null) {
            return refused;
        }
        Upload upload = live.get(commit.token());
        if (upload == null) {
            return commit.sha256().equals(committedSha256.get(commit.token()))
                    ? new Done(0)
                    : new Refused(RefusalReason.UNKNOWN_TOKEN, commit.token().toString());
        }
        PreparedView prepared = upload.prepared;
        ArchiveView archive = new ArchiveView(
                prepared.target(),
                prepared.key(),
                commit.sha256(),
                commit.bytes(),
                prepared.policy(),
                prepared.reason(),
                prepared.policyHash(),
                prepared.token(),
                commit.snapshotId(),
                nowMillis,
                commit.lock());
        for (SegmentRef ref : upload.segments) {
            segments.replace(segments.finished(ref.segment()).archived(archive));
        }
        live.remove(commit.token());
        committedSha256.put(commit.token(), commit.sha256());
        return new Done(upload.segments.size());
    }

    CommandResult abort(Command.Abort abort, long nowMillis) {
        Refused refused = fence(abort.owner(), nowMillis);
        if (refused != null) {
            return refused;
        }
        if (committedSha256.containsKey(abort.token())) {
            return new Refused(RefusalReason.USED_TOKEN, abort.token() + " is committed");
        }
        if (aborted.containsKey(abort.token())) {
            return new Done(0);
        }
        Upload upload = live.remove(abort.token());
        if (upload == null) {
            aborted.put(abort.token(), new Aborted(abort.token(), null, null));
            return new Done(0);
        }
        for (SegmentRef ref : upload.segments) {
            segments.replace(segments.finished(ref.segment()).prepared(null));
        }
        PreparedView prepared = upload.prepared;
        aborted.put(abort.token(), new Aborted(abort.token(), prepared.target(), prepared.key()));
        return new Done(upload.segments.size());
    }

    CommandResult truncate(Command.Truncate truncate, long nowMillis) {
        Refused refused = fence(truncate.owner(), truncate.policyHash(), nowMillis);
        if (refused == null) {
            refused = free(truncate.segments());
        }
        if (refused == null) {
            refused = timely(truncate.decidedAtMillis(), nowMillis);
        }
        if (refused == null) {
            refused = deletable(truncate.segments(), truncate.marked(), truncate.policyHash(), nowMillis);
        }
        if (refused != null) {
            return refused;
        }
        TruncationView why = new TruncationView(truncate.policy(), truncate.reason(), truncate.policyHash(), nowMillis);
        for (SegmentRef ref : truncate.segments()) {
            segments.replace(segments.finished(ref.segment()).truncated(why));
        }
        return new Done(truncate.segments().size());
    }

    /** @return null if no time to speak of has passed since it was decided, nor has it jumped */
    private static Refused timely(long decidedAtMillis, long nowMillis) {
        return decidedAtMillis == 0 || Math.abs(nowMillis - decidedAtMillis) <= DECISION_MILLIS
                ? null
                : new Refused(RefusalReason.NOT_DUE, "decided at " + decidedAtMillis + ", now it is " + nowMillis);
    }

    /** @return null if nothing forbids to delete them */
    private Refused deletable(List<SegmentRef> refs, boolean marked, String policyHash, long nowMillis) {
        Refused frozen = frozen();
        if (frozen != null) {
            return frozen;
        }
        for (SegmentRef ref : refs) {
            SegmentView row = segments.finished(ref.segment());
            if (row.hold() != null) {
                return new Refused(
                        RefusalReason.HELD,
                        ref.segment() + " by " + row.hold().by() + ": "
                                + row.hold().reason());
            }
            if (marked && row.mark() == null) {
                return new Refused(RefusalReason.NOT_DUE, ref.segment() + " is marked no more");
            }
            if (marked && !Objects.equals(row.mark().policyHash(), policyHash)) {
                return new Refused(RefusalReason.NOT_DUE, ref.segment() + " was marked under other policies");
            }
            if (row.mark() != null && row.mark().dueMillis() > nowMillis) {
                return new Refused(
                        RefusalReason.NOT_DUE,
                        ref.segment() + " until " + row.mark().dueMillis() + ", now " + nowMillis);
            }
        }
        return null;
    }

    /** @return null if each of them is kept somewhere with this digest, and not on its way to an archive */
    private Refused kept(List<SegmentRef> refs) {
        for (SegmentRef ref : refs) {
            SegmentView row = segments.finished(ref.segment());
            if (row == null) {
                return new Refused(RefusalReason.UNKNOWN_SEGMENT, ref.segment() + " is none, or still active");
            }
            if (row.state() == SegmentState.TRUNCATED) {
                return new Refused(RefusalReason.WRONG_SEGMENT_STATE, ref.segment() + " is TRUNCATED");
            }
            if (!row.sha256().equals(ref.sha256())) {
                return new Refused(
                        RefusalReason.WRONG_SEGMENT_STATE,
                        ref.segment() + " has SHA-256 " + row.sha256() + "; found " + ref.sha256());
            }
        }
        return null;
    }

    CommandResult mark(Command.Mark mark, long nowMillis) {
        Refused refused = fence(mark.owner(), mark.policyHash(), nowMillis);
        if (refused == null) {
            refused = kept(mark.segments());
        }
        if (refused == null) {
            refused = frozen();
        }
        if (refused != null) {
            return refused;
        }
        for (SegmentRef ref : mark.segments()) {
            SegmentView row = segments.finished(ref.segment());
            if (row.hold() != null) {
                return new Refused(
                        RefusalReason.HELD, ref.segment() + " by " + row.hold().by());
            }
            if (row.prepared() != null) {
                return new Refused(RefusalReason.WRONG_SEGMENT_STATE, ref.segment() + " is prepared");
            }
        }
        long due = nowMillis + mark.graceMillis();
        MarkView view = new MarkView(
                mark.owner(),
                mark.policy(),
                mark.reason(),
                mark.policyHash(),
                nowMillis,
                due < nowMillis ? Long.MAX_VALUE : due);
        int changed = 0;
        for (SegmentRef ref : mark.segments()) {
            SegmentView row = segments.finished(ref.segment());
            if (row.mark() == null) {
                segments.replace(row.marked(view));
                changed++;
            }
        }
        return new Done(changed);
    }

    CommandResult unmark(Command.Unmark unmark, long nowMillis) {
        Refused refused = kept(unmark.segments());
        if (refused != null) {
            return refused;
        }
        int changed = 0;
        for (SegmentRef ref : unmark.segments()) {
            SegmentView row = segments.finished(ref.segment());
            HoldView hold = row.hold();
            if (unmark.hold() && hold == null) {
                hold = new HoldView(unmark.by(), unmark.reason(), nowMillis);
            }
            SegmentView kept = row.held(hold);
            if (!kept.equals(row)) {
                segments.replace(kept);
                changed++;
            }
        }
        return new Done(changed);
    }

    CommandResult release(Command.Release release) {
        Refused refused = kept(release.segments());
        if (refused != null) {
            return refused;
        }
        int changed = 0;
        for (SegmentRef ref : release.segments()) {
            SegmentView row = segments.finished(ref.segment());
            if (row.hold() != null) {
                segments.replace(row.held(null));
                changed++;
            }
        }
        return new Done(changed);
    }

    CommandResult expire(Command.Expire expire, long nowMillis) {
        Refused refused = fence(expire.owner(), expire.policyHash(), nowMillis);
        if (refused == null) {
            refused = kept(expire.segments());
        }
        if (refused == null) {
            refused = timely(expire.decidedAtMillis(), nowMillis);
        }
        if (refused == null) {
            refused = deletable(expire.segments(), expire.marked(), expire.policyHash(), nowMillis);
        }
        if (refused != null) {
            return refused;
        }
        for (SegmentRef ref : expire.segments()) {
            SegmentView row = segments.finished(ref.segment());
            if (row.state() != SegmentState.ARCHIVED) {
                return new Refused(RefusalReason.WRONG_SEGMENT_STATE, ref.segment() + " is " + row.state());
            }
            SnapshotView snapshot = snapshots.referringTo(row);
            if (snapshot != null) {
                return new Refused(
                        RefusalReason.WRONG_SEGMENT_STATE,
                        ref.segment() + " is referred to by snapshot " + snapshot.id());
            }
        }
        TruncationView why = new TruncationView(expire.policy(), expire.reason(), expire.policyHash(), nowMillis);
        for (SegmentRef ref : expire.segments()) {
            segments.replace(segments.finished(ref.segment()).truncated(why));
        }
        return new Done(expire.segments().size());
    }

    CommandResult freeze(Command.Freeze command, long nowMillis) {
        if (freeze != null) {
            return new Done(0);
        }
        freeze = new FreezeView(command.by(), command.reason(), nowMillis);
        return new Done(1);
    }

    CommandResult thaw() {
        int changed = freeze == null ? 0 : 1;
        freeze = null;
        return new Done(changed);
    }

    CommandResult throttle(Command.Throttle throttle, long nowMillis) {
        Refused refused = fence(throttle.owner(), nowMillis);
        if (refused != null) {
            return refused;
        }
        long until = nowMillis + throttle.ttlMillis();
        long untilMillis = until < nowMillis ? Long.MAX_VALUE : until;
        throttles = throttle.streams().stream()
                .distinct()
                .sorted()
                .map(stream -> new ThrottleView(stream, throttle.reason(), untilMillis))
                .toList();
        return new Done(throttles.size());
    }

    CommandResult report(Command.ReportOutages report, long nowMillis) {
        Refused refused = fence(report.owner(), nowMillis);
        if (refused != null) {
            return refused;
        }
        long until = nowMillis + report.ttlMillis();
        long untilMillis = until < nowMillis ? Long.MAX_VALUE : until;
        outages = report.sinceMillis().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(outage -> new OutageView(outage.getKey(), outage.getValue(), untilMillis))
                .toList();
        return new Done(outages.size());
    }

    CommandResult adopt(Command.Adopt adopt, long nowMillis) {
        Refused refused = adopt.acts() ? fence(adopt.by(), nowMillis) : null;
        return refused != null ? refused : policies.adopt(adopt, nowMillis);
    }

    CommandResult record(Command.RecordSnapshot record, long nowMillis) {
        Refused refused = fence(record.owner(), nowMillis);
        return refused != null ? refused : snapshots.record(record, nowMillis);
    }

    CommandResult mark(Command.MarkSnapshot mark, long nowMillis) {
        Refused refused = fence(mark.owner(), mark.policyHash(), nowMillis);
        if (refused == null) {
            refused = frozen();
        }
        return refused != null ? refused : snapshots.mark(mark, nowMillis);
    }

    CommandResult unmark(Command.UnmarkSnapshot unmark, long nowMillis) {
        return snapshots.unmark(unmark, nowMillis);
    }

    CommandResult release(Command.ReleaseSnapshot release) {
        return snapshots.release(release);
    }

    CommandResult giveUp(Command.GiveUpSnapshot command, long nowMillis) {
        Refused refused = fence(command.owner(), command.policyHash(), nowMillis);
        if (refused == null) {
            refused = timely(command.decidedAtMillis(), nowMillis);
        }
        if (refused == null) {
            refused = frozen();
        }
        return refused != null ? refused : snapshots.giveUp(command, nowMillis);
    }

    CommandResult drop(Command.DropSnapshot drop, long nowMillis) {
        Refused refused = fence(drop.owner(), nowMillis);
        return refused != null ? refused : snapshots.drop(drop, nowMillis);
    }

    /** @return null if deletion is free */
    private Refused frozen() {
        return freeze == null ? null : new Refused(RefusalReason.FROZEN, freeze.reason());
    }
}
