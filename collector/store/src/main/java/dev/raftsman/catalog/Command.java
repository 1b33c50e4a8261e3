package dev.raftsman.catalog;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.Names;
import dev.raftsman.segment.SequenceRange;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * A change of the replicated tables, other than appending blocks. Travels through the Raft log and over HTTP as JSON, with
 * the kind in the field {@code command}: {@code {"command":"forget","epoch":7}}. Each is safe to send again: one that
 * was applied before is answered as it was then, or refused, and never applied twice.
 *
 * <p>The commands of tiers carry their {@code owner}; they are refused unless that owner holds the lease when the entry is
 * applied ({@link AcquireLease}).
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "command")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Command.Open.class, name = "open"),
    @JsonSubTypes.Type(value = Command.Close.class, name = "close"),
    @JsonSubTypes.Type(value = Command.Forget.class, name = "forget"),
    @JsonSubTypes.Type(value = Command.Configure.class, name = "configure"),
    @JsonSubTypes.Type(value = Command.Seal.class, name = "seal"),
    @JsonSubTypes.Type(value = Command.AcquireLease.class, name = "acquire-lease"),
    @JsonSubTypes.Type(value = Command.Prepare.class, name = "prepare"),
    @JsonSubTypes.Type(value = Command.Commit.class, name = "commit"),
    @JsonSubTypes.Type(value = Command.Abort.class, name = "abort"),
    @JsonSubTypes.Type(value = Command.Truncate.class, name = "truncate"),
    @JsonSubTypes.Type(value = Command.RecordSnapshot.class, name = "record-snapshot"),
    @JsonSubTypes.Type(value = Command.DropSnapshot.class, name = "drop-snapshot"),
    @JsonSubTypes.Type(value = Command.MarkSnapshot.class, name = "mark-snapshot"),
    @JsonSubTypes.Type(value = Command.UnmarkSnapshot.class, name = "unmark-snapshot"),
    @JsonSubTypes.Type(value = Command.ReleaseSnapshot.class, name = "release-snapshot"),
    @JsonSubTypes.Type(value = Command.GiveUpSnapshot.class, name = "give-up-snapshot"),
    @JsonSubTypes.Type(value = Command.Adopt.class, name = "adopt"),
    @JsonSubTypes.Type(value = Command.ReportOutages.class, name = "report-outages"),
    @JsonSubTypes.Type(value = Command.Mark.class, name = "mark"),
    @JsonSubTypes.Type(value = Command.Unmark.class, name = "unmark"),
    @JsonSubTypes.Type(value = Command.Release.class, name = "release"),
    @JsonSubTypes.Type(value = Command.Expire.class, name = "expire"),
    @JsonSubTypes.Type(value = Command.Freeze.class, name = "freeze"),
    @JsonSubTypes.Type(value = Command.Thaw.class, name = "thaw"),
    @JsonSubTypes.Type(value = Command.Throttle.class, name = "throttle"),
    @JsonSubTypes.Type(value = Command.Invite.class, name = "invite"),
    @JsonSubTypes.Type(value = Command.Enlist.class, name = "enlist"),
    @JsonSubTypes.Type(value = Command.Retire.class, name = "retire"),
    @JsonSubTypes.Type(value = Command.Attest.class, name = "attest"),
    @JsonSubTypes.Type(value = Command.BeginRestore.class, name = "begin-restore"),
    @JsonSubTypes.Type(value = Command.RestoreRows.class, name = "restore-rows"),
    @JsonSubTypes.Type(value = Command.DeclareLost.class, name = "declare-lost"),
    @JsonSubTypes.Type(value = Command.EndRestore.class, name = "end-restore"),
    @JsonSubTypes.Type(value = Command.Abandon.class, name = "abandon"),
})
public sealed interface Command {
    /** {@link Seal#stream()} that means every stream. */
    String EVERY_STREAM = "*";

    /**
     * Asks for the epoch of one incarnation of a producer of a stream; the first asking makes it. Answered {@link
     * CommandResult.Opened}, also when the epoch is closed or forgotten: its state says so.
     */
    record Open(String tenant, String producer, UUID incarnation, String stream) implements Command {
        public Open {
            Names.tenant(tenant);
            Names.name(producer);
            Objects.requireNonNull(incarnation, "incarnation");
            Names.name(stream);
        }
    }

    /**
     * Ends an epoch.
     *
     * @param last its last sequence, stored or declared by a gap block; -1 if it never had one
     * @param lossReason why events after the last block never claimed a sequence; NONE if there were none
     * @param lossCount how many
     */
    record Close(long epoch, long last, LossReason lossReason, long lossCount) implements Command {
        public Close {
            Objects.requireNonNull(lossReason, "lossReason");
            if (lossCount < 0 || (lossCount == 0) != (lossReason == LossReason.NONE)) {
                throw new IllegalArgumentException("loss of " + lossCount + " events with reason " + lossReason);
            }
        }
    }

    /** The write-ahead log of a closed epoch is durably deleted. */
    record Forget(long epoch) implements Command {}

    /**
     * Sets what all nodes must do alike. The leader sends it when its configuration differs from the tables.
     *
     * @param segmentBytes a segment is sealed by the entry that brings it to this length
     */
    record Configure(long segmentBytes) implements Command {
        public Configure {
            if (segmentBytes < 1) {
                throw new IllegalArgumentException("segmentBytes " + segmentBytes);
            }
        }
    }

    /**
     * Seals the active segment of a stream, or of every stream of the tenant.
     *
     * @param tenant null for every tenant
     * @param stream exact, or {@link #EVERY_STREAM}
     * @param olderThanMillis only segments begun at least so long ago, by the stamps of entries; 0 for any
     */
    record Seal(String tenant, String stream, long olderThanMillis) implements Command {
        public Seal {
            Objects.requireNonNull(stream, "stream");
            if (olderThanMillis < 0) {
                throw new IllegalArgumentException("olderThanMillis " + olderThanMillis);
            }
        }
    }

    /**
     * Takes or renews the right to send the commands of tiers.
     *
     * @param ttlMillis how long, from the entry's stamp; 0 gives it back
     */
    record AcquireLease(String owner, long ttlMillis) implements Command {
        public AcquireLease {
            Objects.requireNonNull(owner, "owner");
            if (ttlMillis < 0) {
                throw new IllegalArgumentException("ttlMillis " + ttlMillis);
            }
        }
    }

    /**
     * Announces one object before it is uploaded. Marks its segments, all of which must be sealed, unmarked, and have the
     * digests named.
     *
     * @param token new for each attempt; COMMIT must quote it
     * @param key where the object will be, never used before
     */
    record Prepare(
            String owner,
            UUID token,
            List<SegmentRef> segments,
            String target,
            String key,
            String policy,
            String reason,
            String policyHash)
            implements Command {
        public Prepare {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(token, "token");
            Objects.requireNonNull(target, "target");
            Objects.requireNonNull(key, "key");
            segments = SegmentRef.distinct(segments);
        }
    }

    /**
     * The object was uploaded, read back and found whole: its segments are archived.
     *
     * @param sha256 of the object as read back
     * @param snapshotId the snapshot that needed it; null for an archive
     * @param lock how the store guards the object; null if it does not
     */
    record Commit(String owner, UUID token, String sha256, long bytes, String snapshotId, LockView lock)
            implements Command {
        public Commit {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(token, "token");
            Objects.requireNonNull(sha256, "sha256");
        }

        public Commit(String owner, UUID token, String sha256, long bytes, String snapshotId) {
            this(owner, token, sha256, bytes, snapshotId, null);
        }
    }

    /** Gives an upload up: its segments are free again, its token and its key are never used again. */
    record Abort(String owner, UUID token) implements Command {
        public Abort {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(token, "token");
        }
    }

    /**
     * Gives the data of sealed, unprepared segments up. All of them or none; refused while one of them is held, or marked
     * and not yet due, and while deletion is frozen.
     *
     * @param marked whether it was decided about marked segments: then each must be marked still, under the same policies
     * @param decidedAtMillis stamp of the catalog it was decided by, 0 if not known: an hour later, or before, time jumped
     */
    record Truncate(
            String owner,
            List<SegmentRef> segments,
            String policy,
            String reason,
            String policyHash,
            boolean marked,
            long decidedAtMillis)
            implements Command {
        public Truncate {
            Objects.requireNonNull(owner, "owner");
            segments = SegmentRef.distinct(segments);
        }

        public Truncate(String owner, List<SegmentRef> segments, String policy, String reason, String policyHash) {
            this(owner, segments, policy, reason, policyHash, false, 0);
        }
    }

    /**
     * Announces that segments will be deleted: sealed ones by {@link Truncate}, archived ones by {@link Expire}. They stay
     * readable. One that is marked already keeps its mark. All of them or none.
     *
     * @param graceMillis from the entry's stamp until they may be deleted
     */
    record Mark(
            String owner, List<SegmentRef> segments, String policy, String reason, String policyHash, long graceMillis)
            implements Command {
        public Mark {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(policy, "policy");
            segments = SegmentRef.distinct(segments);
            if (graceMillis < 0) {
                throw new IllegalArgumentException("graceMillis " + graceMillis);
            }
        }
    }

    /**
     * Takes marks away; of an unmarked segment nothing but the hold changes. Needs no lease: keeping data is always
     * allowed. All of them or none.
     *
     * @param by who wants it
     * @param hold whether they may not be marked or deleted again before a {@link Release}
     */
    record Unmark(String by, List<SegmentRef> segments, String reason, boolean hold) implements Command {
        public Unmark {
            Objects.requireNonNull(by, "by");
            Objects.requireNonNull(reason, "reason");
            segments = SegmentRef.distinct(segments);
        }
    }

    /** Takes holds away: the policies decide again. All of them or none. */
    record Release(String by, List<SegmentRef> segments) implements Command {
        public Release {
            Objects.requireNonNull(by, "by");
            segments = SegmentRef.distinct(segments);
        }
    }

    /**
     * Gives the data of archived segments up: their objects may be deleted once each segment in them has expired. Refused as
     * {@link Truncate} is. All of them or none.
     *
     * @param marked whether it was decided about marked segments: then each must be marked still, under the same policies
     * @param decidedAtMillis stamp of the catalog it was decided by, 0 if not known: an hour later, or before, time jumped
     */
    record Expire(
            String owner,
            List<SegmentRef> segments,
            String policy,
            String reason,
            String policyHash,
            boolean marked,
            long decidedAtMillis)
            implements Command {
        public Expire {
            Objects.requireNonNull(owner, "owner");
            segments = SegmentRef.distinct(segments);
        }

        public Expire(String owner, List<SegmentRef> segments, String policy, String reason, String policyHash) {
            this(owner, segments, policy, reason, policyHash, false, 0);
        }
    }

    /**
     * Forbids every deletion until {@link Thaw}; the first reason stays. Needs no lease: the archiver that notices that
     * time jumped may have lost its lease by just that.
     */
    record Freeze(String by, String reason) implements Command {
        public Freeze {
            Objects.requireNonNull(by, "by");
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** A person has looked: deletion goes on. */
    record Thaw(String by) implements Command {
        public Thaw {
            Objects.requireNonNull(by, "by");
        }
    }

    /**
     * Has the collectors take no blocks of these streams for a while, in place of what an earlier one said.
     *
     * @param streams numbers; none to take everything again
     * @param ttlMillis from the entry's stamp
     */
    record Throttle(String owner, List<Integer> streams, String reason, long ttlMillis) implements Command {
        public Throttle {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(reason, "reason");
            streams = List.copyOf(streams);
            if (ttlMillis < 0) {
                throw new IllegalArgumentException("ttlMillis " + ttlMillis);
            }
        }
    }

    /**
     * A snapshot is complete in the archive.
     *
     * @param streams numbers of its streams
     * @param index Raft index it shows
     */
    record RecordSnapshot(String owner, String id, String target, String key, List<Integer> streams, long index)
            implements Command {
        public RecordSnapshot {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(target, "target");
            Objects.requireNonNull(key, "key");
            streams = List.copyOf(streams);
        }
    }

    /** Announces that a recorded snapshot will be given up; as {@link Mark}. */
    record MarkSnapshot(String owner, String id, String policy, String reason, String policyHash, long graceMillis)
            implements Command {
        public MarkSnapshot {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(policy, "policy");
            if (graceMillis < 0) {
                throw new IllegalArgumentException("graceMillis " + graceMillis);
            }
        }
    }

    /** Takes the mark of a snapshot away; as {@link Unmark}. Needs no lease. */
    record UnmarkSnapshot(String by, String id, String reason, boolean hold) implements Command {
        public UnmarkSnapshot {
            Objects.requireNonNull(by, "by");
            Objects.requireNonNull(id, "id");
            Objects.requireNonNull(reason, "reason");
        }
    }

    /** Takes the hold of a snapshot away: the policies decide again. */
    record ReleaseSnapshot(String by, String id) implements Command {
        public ReleaseSnapshot {
            Objects.requireNonNull(by, "by");
            Objects.requireNonNull(id, "id");
        }
    }

    /**
     * A recorded snapshot does not count any more; its row stays until {@link DropSnapshot}. Refused as {@link Truncate} is.
     *
     * @param marked whether it was decided about a marked one: then it must be marked still, under the same policies
     * @param decidedAtMillis stamp of the catalog it was decided by
     */
    record GiveUpSnapshot(
            String owner,
            String id,
            String policy,
            String reason,
            String policyHash,
            boolean marked,
            long decidedAtMillis)
            implements Command {
        public GiveUpSnapshot {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(id, "id");
        }
    }

    /**
     * Declares the version of the policies that decisions are made by. From then on {@link Prepare}, {@link Truncate},
     * {@link Expire}, {@link Mark} and their like are refused unless they quote it.
     *
     * @param by an archiver that holds the lease, if it {@code acts}; else whoever wants it
     * @param policyHash what the policies mean
     * @param replaces the version that counts until now, as its hash; null if there is none
     * @param acts whether an archiver declares what it acts by
     */
    record Adopt(String by, String policyHash, String replaces, boolean acts) implements Command {
        public Adopt {
            Objects.requireNonNull(by, "by");
            Objects.requireNonNull(policyHash, "policyHash");
        }
    }

    /**
     * Which targets cannot be reached, in place of what an earlier one said; for those who want to know what would be
     * decided.
     *
     * @param sinceMillis by target, when the first round began that failed
     * @param ttlMillis from the entry's stamp
     */
    record ReportOutages(String owner, Map<String, Long> sinceMillis, long ttlMillis) implements Command {
        public ReportOutages {
            Objects.requireNonNull(owner, "owner");
            sinceMillis = Map.copyOf(sinceMillis);
            if (ttlMillis < 0) {
                throw new IllegalArgumentException("ttlMillis " + ttlMillis);
            }
        }
    }

    /** A recorded snapshot is gone from the archive's manifest, or was given up and is on its way there. */
    record DropSnapshot(String owner, String id) implements Command {
        public DropSnapshot {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(id, "id");
        }
    }

    /**
     * Binds a node's id to a data directory, for ever, before the node may become a member. Refused for an id that has
     * another directory, and for one that is retired.
     */
    record Invite(String node, UUID directory) implements Command {
        public Invite {
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(directory, "directory");
        }
    }

    /** Notes that a node votes; binds its id as {@link Invite} does. */
    record Enlist(String node, UUID directory) implements Command {
        public Enlist {
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(directory, "directory");
        }
    }

    /** A node does not vote any more. Its id is never taken again. */
    record Retire(String node) implements Command {
        public Retire {
            Objects.requireNonNull(node, "node");
        }
    }

    /**
     * A majority of the members computed these digests, each by itself from what it wrote. From then on they are what every
     * copy is held against: a node that computed another takes its copy for damaged. Sent by the leader, for segments sealed
     * since; one that has been attested is not changed again.
     *
     * @param nodes who computed them
     * @param members how many there are
     */
    record Attest(List<SegmentRef> segments, List<String> nodes, int members) implements Command {
        public Attest {
            segments = SegmentRef.distinct(segments);
            nodes = List.copyOf(nodes);
            if (nodes.stream().distinct().count() != nodes.size() || nodes.size() <= members / 2) {
                throw new IllegalArgumentException(nodes + " are no majority of " + members);
            }
        }
    }

    /**
     * Begins to fill an empty cluster from the archive of one that is lost; see {@link RestoreView} for the values. Until
     * {@link EndRestore} no producer may come. Refused unless there is no stream and no segment, or the same restore is under
     * way.
     *
     * @param contents digest of all rows that will come
     */
    record BeginRestore(String archive, String source, String contents, long firstPosition, long firstEpoch)
            implements Command {
        public BeginRestore {
            Objects.requireNonNull(archive, "archive");
            Objects.requireNonNull(source, "source");
            Objects.requireNonNull(contents, "contents");
            if (firstPosition < 1 || firstEpoch < 1) {
                throw new IllegalArgumentException("firstPosition " + firstPosition + ", firstEpoch " + firstEpoch);
            }
        }
    }

    /**
     * Rows of the lost cluster, as many as fit into an entry. A row that is there already is passed over; one that
     * contradicts another is refused, and those behind it are not taken.
     *
     * @param epochs each with the last sequence that counts as stored here
     * @param segments archived, or truncated
     */
    record RestoreRows(String archive, List<StreamView> streams, List<EpochView> epochs, List<SegmentView> segments)
            implements Command {
        public RestoreRows {
            Objects.requireNonNull(archive, "archive");
            streams = List.copyOf(streams);
            epochs = List.copyOf(epochs);
            segments = List.copyOf(segments);
        }
    }

    /**
     * Sequences that were acknowledged and not archived, and that no producer will ever send again: stored as a gap. Once for
     * a range.
     */
    record DeclareLost(String archive, SequenceRange range) implements Command {
        public DeclareLost {
            Objects.requireNonNull(archive, "archive");
            if (range.first() < 0 || range.count() < 1 || range.count() > Integer.MAX_VALUE) {
                throw new IllegalArgumentException(range.toString());
            }
        }
    }

    /**
     * All rows are there.
     *
     * @param segments how many that must be
     */
    record EndRestore(String archive, long segments) implements Command {
        public EndRestore {
            Objects.requireNonNull(archive, "archive");
        }
    }
    /**
     * The producer of a restored epoch is not waited for any more: what the archive knows to have been acknowledged of it is
     * declared as a gap, and it is {@link EpochState#ABANDONED}. A producer that comes after all goes on behind the gap.
     *
     * @param last the last sequence that is stored, so that a producer who came in between is not passed over
     * @param through the last that is known; {@code last} if nothing is missing. No further than one gap can declare: more is
     *     for the next command
     */
    record Abandon(long epoch, long last, long through) implements Command {
        public Abandon {
            if (last < -1 || through < last || through - last > Integer.MAX_VALUE) {
                throw new IllegalArgumentException("last " + last + ", through " + through);
            }
        }
    }
}
