package dev.raftsman.catalog;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.Names;
import java.util.List;
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
    @JsonSubTypes.Type(value = Command.Invite.class, name = "invite"),
    @JsonSubTypes.Type(value = Command.Enlist.class, name = "enlist"),
    @JsonSubTypes.Type(value = Command.Retire.class, name = "retire"),
    @JsonSubTypes.Type(value = Command.Attest.class, name = "attest"),
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
     */
    record Commit(String owner, UUID token, String sha256, long bytes, String snapshotId) implements Command {
        public Commit {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(token, "token");
            Objects.requireNonNull(sha256, "sha256");
        }
    }

    /** Gives an upload up: its segments are free again, its token and its key are never used again. */
    record Abort(String owner, UUID token) implements Command {
        public Abort {
            Objects.requireNonNull(owner, "owner");
            Objects.requireNonNull(token, "token");
        }
    }

    /** Gives the data of sealed, unprepared segments up. All of them or none. */
    record Truncate(String owner, List<SegmentRef> segments, String policy, String reason, String policyHash)
            implements Command {
        public Truncate {
            Objects.requireNonNull(owner, "owner");
            segments = SegmentRef.distinct(segments);
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

    /** A recorded snapshot is no longer kept. */
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
}
