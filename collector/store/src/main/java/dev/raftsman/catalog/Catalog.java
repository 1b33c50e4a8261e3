package dev.raftsman.catalog;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.Labels;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTotals;
import java.util.List;
import java.util.Optional;

/**
 * The replicated tables. Every change is a pure function of what was before and of the entry: no clock but the entry's
 * stamp, made monotone here, so that a leader with a slow clock cannot turn time back. Not thread-safe: the applying
 * thread's, or under its lock.
 */
public final class Catalog {
    /** Until {@link Command.Configure} says otherwise. */
    public static final long DEFAULT_SEGMENT_BYTES = 64L << 20;

    private final EpochTable epochs;
    private final SegmentTable segments;
    private final TierTable tiers;
    private final LabelTable labels;
    private final MemberTable members;
    private final Restoration restoration;
    private long stampMillis;
    private long segmentBytes;

    /** Empty tables. */
    public Catalog() {
        epochs = new EpochTable();
        segments = new SegmentTable();
        tiers = new TierTable(segments);
        labels = new LabelTable(null);
        members = new MemberTable(List.of());
        restoration = new Restoration(epochs, segments, tiers, null);
        segmentBytes = DEFAULT_SEGMENT_BYTES;
    }

    /**
     * Tables as they were.
     *
     * @throws IllegalArgumentException if the image contradicts itself
     */
    public Catalog(CatalogImage image) {
        epochs = new EpochTable(image.streams(), image.epochs());
        segments = new SegmentTable(image.segments(), image.unattested());
        tiers = new TierTable(segments, image);
        labels = new LabelTable(image.labels());
        members = new MemberTable(image.members());
        restoration = new Restoration(epochs, segments, tiers, image.restored());
        stampMillis = image.stampMillis();
        segmentBytes = image.segmentBytes();
    }

    public CatalogImage image() {
        return new CatalogImage(
                stampMillis,
                segmentBytes,
                tiers.lease(),
                epochs.streams(),
                epochs.images(),
                segments.views(),
                segments.unattested(),
                tiers.aborted(),
                tiers.snapshots(),
                members.views(),
                tiers.freeze(),
                tiers.throttles(),
                tiers.outages(),
                tiers.policies(),
                labels.views(),
                restoration.view());
    }

    public CatalogView view(long appliedIndex, long term) {
        return new CatalogView(
                appliedIndex,
                term,
                stampMillis,
                segmentBytes,
                tiers.lease(),
                epochs.streams(),
                epochs.views(),
                segments.views(),
                tiers.snapshots(),
                tiers.freeze(),
                tiers.throttles(),
                tiers.outages(),
                tiers.policies(),
                labels.views(),
                restoration.view());
    }

    /** Takes an entry's stamp, unless it is older than the one before. */
    public void stamp(long entryStampMillis) {
        stampMillis = Math.max(stampMillis, entryStampMillis);
    }

    public long stampMillis() {
        return stampMillis;
    }

    public long segmentBytes() {
        return segmentBytes;
    }

    /**
     * Applies any command but those that need the files: SEAL, ATTEST, DECLARE-LOST, ABANDON; see {@link #matching}, {@link
     * #attest}, {@link #declare}, {@link #abandon}.
     */
    public CommandResult apply(Command command) {
        Optional<CommandResult.Refused> inTheWay = restoration.inTheWayOf(command);
        if (inTheWay.isPresent()) {
            return inTheWay.get();
        }
        if (command instanceof Command.Open open) {
            return epochs.open(open, stampMillis);
        } else if (command instanceof Command.Close close) {
            return epochs.close(close, stampMillis);
        } else if (command instanceof Command.Forget forget) {
            return epochs.forget(forget);
        } else if (command instanceof Command.Configure configure) {
            boolean same = segmentBytes == configure.segmentBytes();
            segmentBytes = configure.segmentBytes();
            return new CommandResult.Done(same ? 0 : 1);
        } else if (command instanceof Command.AcquireLease acquire) {
            return tiers.acquire(acquire, stampMillis);
        } else if (command instanceof Command.Prepare prepare) {
            return tiers.prepare(prepare, stampMillis);
        } else if (command instanceof Command.Commit commit) {
            return tiers.commit(commit, stampMillis);
        } else if (command instanceof Command.Abort abort) {
            return tiers.abort(abort, stampMillis);
        } else if (command instanceof Command.Truncate truncate) {
            return tiers.truncate(truncate, stampMillis);
        } else if (command instanceof Command.RecordSnapshot record) {
            return tiers.record(record, stampMillis);
        } else if (command instanceof Command.DropSnapshot drop) {
            return tiers.drop(drop, stampMillis);
        } else if (command instanceof Command.MarkSnapshot mark) {
            return tiers.mark(mark, stampMillis);
        } else if (command instanceof Command.UnmarkSnapshot unmark) {
            return tiers.unmark(unmark, stampMillis);
        } else if (command instanceof Command.ReleaseSnapshot release) {
            return tiers.release(release);
        } else if (command instanceof Command.GiveUpSnapshot giveUp) {
            return tiers.giveUp(giveUp, stampMillis);
        } else if (command instanceof Command.Adopt adopt) {
            return tiers.adopt(adopt, stampMillis);
        } else if (command instanceof Command.ReportOutages report) {
            return tiers.report(report, stampMillis);
        } else if (command instanceof Command.Mark mark) {
            return tiers.mark(mark, stampMillis);
        } else if (command instanceof Command.Unmark unmark) {
            return tiers.unmark(unmark, stampMillis);
        } else if (command instanceof Command.Release release) {
            return tiers.release(release);
        } else if (command instanceof Command.Expire expire) {
            return tiers.expire(expire, stampMillis);
        } else if (command instanceof Command.Freeze freeze) {
            return tiers.freeze(freeze, stampMillis);
        } else if (command instanceof Command.Thaw) {
            return tiers.thaw();
        } else if (command instanceof Command.Throttle throttle) {
            return tiers.throttle(throttle, stampMillis);
        } else if (command instanceof Command.Invite invite) {
            return members.invite(invite);
        } else if (command instanceof Command.Enlist enlist) {
            return members.enlist(enlist);
        } else if (command instanceof Command.Retire retire) {
            return members.retire(retire);
        } else if (command instanceof Command.BeginRestore begin) {
            return restoration.begin(begin, stampMillis);
        } else if (command instanceof Command.RestoreRows rows) {
            return restoration.rows(rows);
        } else if (command instanceof Command.EndRestore end) {
            return restoration.end(end, stampMillis);
        }
        throw new IllegalArgumentException("not for the tables alone: " + command);
    }

    /** A Raft index as segments are numbered; see {@link RestoreView#firstPosition()}. */
    public long position(long raftIndex) {
        return raftIndex + restoration.firstPosition();
    }

    /** What to answer; empty if a gap is to be written, and {@link #declared} must follow. */
    public Optional<CommandResult> declare(Command.DeclareLost declare) {
        return restoration.declare(declare);
    }

    /** The gap is in its segment's file. */
    public void declared(Command.DeclareLost declare, Block gap, long bytes) {
        long epoch = declare.range().epoch();
        segments.appended(epochs.epoch(epoch).stream(), epoch, gap, bytes);
        restoration.declared(declare.range());
    }

    /** What to answer; empty if the epoch is to get its gap, and {@link #abandoned} must follow. */
    public Optional<CommandResult> abandon(Command.Abandon abandon) {
        return restoration.abandon(abandon);
    }

    /** The gap is appended. */
    public void abandoned(Command.Abandon abandon) {
        restoration.abandoned(abandon.epoch());
    }

    /** How this cluster was restored, or is being; empty if it never was. */
    public Optional<RestoreView> restored() {
        return Optional.ofNullable(restoration.view());
    }

    /** What is to become of a block. Changes nothing; {@link #appended} or {@link #refused} must follow. */
    public Verdict judge(long epoch, Block block) {
        Epoch row = restoration.isUnderWay() ? null : epochs.epoch(epoch);
        return row == null ? new Verdict(Verdict.Kind.UNKNOWN, 0) : row.judge(block);
    }

    /** Counts a block that was not accepted. */
    public void refused(long epoch, Verdict verdict) {
        Epoch row = epochs.epoch(epoch);
        if (row != null) {
            row.refused(verdict);
        }
    }

    /**
     * An accepted block is in its segment's file.
     *
     * @param read what the block says of all its events
     * @param bytes of the file now
     */
    public void appended(long epoch, Block block, Labels read, long bytes) {
        Epoch row = epochs.epoch(epoch);
        segments.appended(row.stream(), epoch, block, bytes);
        if (block.kind() != BlockKind.GAP) {
            labels.appended(row.stream(), read);
        }
        row.accepted(block);
    }

    /** The number of the epoch's stream. The epoch must exist, as for {@link #epochInfo}. */
    public int streamOf(long epoch) {
        return epochs.epoch(epoch).stream();
    }

    public EpochInfo epochInfo(long epoch) {
        return epochs.epoch(epoch).info();
    }

    public boolean hasActive(int stream) {
        return segments.hasActive(stream);
    }

    /** How a new active segment of the stream begins. */
    public SegmentHeader headerFor(int stream, long raftIndex) {
        StreamView row = epochs.stream(stream);
        return new SegmentHeader(new SegmentId(stream, raftIndex), row.tenant(), row.stream(), stampMillis);
    }

    /** A new active segment is there. */
    public void begun(SegmentHeader header, long bytes) {
        segments.begin(header, bytes);
        labels.begun(header.id().stream());
    }

    /** Streams whose active segment the command means, in order of their numbers. */
    public List<Integer> matching(Command.Seal seal) {
        return segments.matching(seal, stampMillis);
    }

    /**
     * Takes the digests of a majority for those of all nodes.
     *
     * @return segments of which this node computed another one
     */
    public List<SegmentId> attest(Command.Attest attest) {
        return segments.attest(attest);
    }

    /** Sealed segments whose digests no majority has attested yet, as this node computed them: the first so many. */
    public List<SegmentRef> unattested(int limit) {
        return segments.unattested(limit);
    }

    /** The next sealed segment by id; null to begin. */
    public Optional<SegmentView> sealedAfter(SegmentId id) {
        return segments.sealedAfter(id);
    }

    public SegmentTotals activeTotals(int stream) {
        return segments.activeTotals(stream);
    }

    /** The stream's active segment has its footer. */
    public void sealed(int stream, long bytes, String sha256) {
        segments.seal(stream, bytes, sha256, stampMillis);
        labels.sealed(stream);
    }

    public Optional<EpochView> epoch(long epoch) {
        return Optional.ofNullable(epochs.epoch(epoch)).map(Epoch::view);
    }

    public Optional<SegmentView> segment(SegmentId id) {
        return Optional.ofNullable(segments.segment(id));
    }

    public Optional<StreamView> stream(String tenant, String stream) {
        return Optional.ofNullable(epochs.stream(tenant, stream));
    }

    /** The last segment of the id's stream that is not behind the id, else the stream's first. */
    public Optional<SegmentView> segmentAround(SegmentId id) {
        return Optional.ofNullable(segments.around(id));
    }

    /** The stream's next segment, active or finished. */
    public Optional<SegmentView> segmentAfter(SegmentId id) {
        return Optional.ofNullable(segments.after(id));
    }

    /** The stream's segment before. */
    public Optional<SegmentView> segmentBefore(SegmentId id) {
        return Optional.ofNullable(segments.before(id));
    }

    /** Streams of which no blocks are to be taken for now. */
    public List<ThrottleView> throttles() {
        return tiers.throttles();
    }

    /** The nodes that the cluster knows, by id; apart from the view, as no reader of segments needs them. */
    public List<MemberView> members() {
        return members.views();
    }
}
