package dev.raftsman.policy;

import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What shall happen to one segment, to a set of streams, or to a snapshot, and why. Prints as one line. */
public sealed interface Decision {
    /** @return name of the policy that decided; "-" if none matched */
    String policy();

    Reason reason();

    /**
     * @return {@code keep}, {@code spare}, {@code truncate}, {@code archive}, {@code expire}, {@code snapshot} or {@code
     *     drop}
     */
    String verb();

    /** @return the segment it is about; empty for a set of streams, or a snapshot */
    Optional<SegmentView> subject();

    /** @return what it is about, in words that name nothing else in the same plan */
    default String about() {
        return subject().map(segment -> segment.id().toString()).orElseGet(() -> "policy " + policy());
    }

    /** @return whether doing it changes anything */
    default boolean acts() {
        return true;
    }

    /** The segment stays where it is. */
    record Keep(SegmentView segment, String policy, Reason reason) implements Decision {
        @Override
        public String verb() {
            return "keep";
        }

        @Override
        public Optional<SegmentView> subject() {
            return Optional.of(segment);
        }

        @Override
        public boolean acts() {
            return false;
        }

        @Override
        public String toString() {
            return line(this, segment);
        }
    }

    /** It was marked for deletion, and the policies as they are now would not delete it: the mark goes. */
    record Spare(SegmentView segment, String policy, Reason reason) implements Decision {
        @Override
        public String verb() {
            return "spare";
        }

        @Override
        public Optional<SegmentView> subject() {
            return Optional.of(segment);
        }

        @Override
        public String toString() {
            return line(this, segment);
        }
    }

    /** Data goes for good; its time of grace comes first. */
    sealed interface Deletion extends Decision {
        /** @return null if it is not marked yet */
        MarkView mark();

        /** @return from the mark until it is done, if it is not marked yet; in milliseconds */
        long graceMillis();

        /** @return what is to be done about it at a time of the cluster */
        default Step step(long nowMillis) {
            if (mark() != null) {
                return mark().dueMillis() <= nowMillis ? Step.DELETE : Step.WAIT;
            }
            return graceMillis() == 0 ? Step.DELETE : Step.MARK;
        }

        /** @return whether it was marked under other policies, whose grace may have been less */
        default boolean isOfOthers(String policyHash) {
            return mark() != null && !policyHash.equals(mark().policyHash());
        }
    }

    /** The data of one segment goes. */
    sealed interface SegmentDeletion extends Deletion {
        SegmentView segment();

        @Override
        default MarkView mark() {
            return segment().mark();
        }

        @Override
        default Optional<SegmentView> subject() {
            return Optional.of(segment());
        }
    }

    /** What is decided about a snapshot that is there. */
    sealed interface OfSnapshot extends Decision {
        SnapshotView snapshot();

        @Override
        default Optional<SegmentView> subject() {
            return Optional.empty();
        }

        @Override
        default String about() {
            return "snapshot " + snapshot().id();
        }
    }

    /** Where a deletion stands. */
    enum Step {
        MARK,
        WAIT,
        DELETE
    }

    /** The collectors drop the segment; nothing of its data is kept. */
    record Truncate(SegmentView segment, String policy, Reason reason, long graceMillis) implements SegmentDeletion {
        @Override
        public String verb() {
            return "truncate";
        }

        @Override
        public String toString() {
            return line(this, segment) + due(this);
        }
    }

    /** The archived copy goes, and the object once all segments in it have. */
    record Expire(SegmentView segment, String policy, Reason reason, long graceMillis) implements SegmentDeletion {
        @Override
        public String verb() {
            return "expire";
        }

        /** What was put under a hold expires once the store says that the hold was lifted; the catalog does not know. */
        @Override
        public String toString() {
            boolean held = segment.archive() != null
                    && segment.archive().lock() != null
                    && segment.archive().lock().legalHold();
            return line(this, segment) + due(this) + (held ? " once-lifted=legal-hold" : "");
        }
    }

    /**
     * The segment goes to cold storage, then the collectors drop it.
     *
     * @param target name of the place
     * @param snapshotId the snapshot that already holds its bytes, so that nothing is uploaded; empty for an own object
     */
    record Archive(SegmentView segment, String policy, Reason reason, String target, Optional<String> snapshotId)
            implements Decision {
        @Override
        public String verb() {
            return "archive";
        }

        @Override
        public Optional<SegmentView> subject() {
            return Optional.of(segment);
        }

        @Override
        public String toString() {
            return line(this, segment)
                    + snapshotId.map(id -> " in-snapshot=" + id).orElse("");
        }
    }

    /**
     * The streams are copied as they are at one Raft index.
     *
     * @param streams all of them that the policy matches, by number
     */
    record Snapshot(List<StreamView> streams, String policy, Reason reason, String target) implements Decision {
        public Snapshot {
            streams = List.copyOf(streams);
        }

        @Override
        public String verb() {
            return "snapshot";
        }

        @Override
        public Optional<SegmentView> subject() {
            return Optional.empty();
        }

        @Override
        public String toString() {
            String names = streams.stream().map(StreamView::stream).collect(Collectors.joining(","));
            return "snapshot streams=" + names + " policy=" + policy + " reason=" + reason;
        }
    }

    /** It would go, if nothing forbade it. */
    record KeepSnapshot(SnapshotView snapshot, String policy, Reason reason) implements OfSnapshot {
        @Override
        public String verb() {
            return "keep";
        }

        @Override
        public boolean acts() {
            return false;
        }

        @Override
        public String toString() {
            return line(this, snapshot);
        }
    }

    /** It was marked, and the policies as they are now would keep it: the mark goes. */
    record SpareSnapshot(SnapshotView snapshot, String policy, Reason reason) implements OfSnapshot {
        @Override
        public String verb() {
            return "spare";
        }

        @Override
        public String toString() {
            return line(this, snapshot);
        }
    }

    /** It cannot be restored from any more; objects that others refer to stay. */
    record DropSnapshot(SnapshotView snapshot, String policy, Reason reason, long graceMillis)
            implements OfSnapshot, Deletion {
        @Override
        public MarkView mark() {
            return snapshot.mark();
        }

        @Override
        public String verb() {
            return "drop";
        }

        @Override
        public String toString() {
            return line(this, snapshot) + due(this);
        }
    }

    private static String line(Decision decision, SnapshotView snapshot) {
        return decision.verb() + " snapshot=" + snapshot.id() + " policy=" + decision.policy() + " reason="
                + decision.reason();
    }

    private static String line(Decision decision, SegmentView segment) {
        return decision.verb() + " tenant=" + segment.tenant() + " stream=" + segment.stream() + " segment="
                + segment.id() + " policy=" + decision.policy() + " reason=" + decision.reason();
    }

    private static String due(Deletion deletion) {
        return deletion.mark() == null
                ? " grace=" + Quantity.age(deletion.graceMillis())
                : " marked-until=" + Instant.ofEpochMilli(deletion.mark().dueMillis());
    }
}
