package dev.raftsman.policy;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** What shall happen to one segment, or to a set of streams, and why. Prints as one line. */
public sealed interface Decision {
    /** @return name of the policy that decided; "-" if none matched */
    String policy();

    Reason reason();

    /** @return {@code keep}, {@code spare}, {@code truncate}, {@code archive}, {@code expire} or {@code snapshot} */
    String verb();

    /** @return the segment it is about; empty for a set of streams */
    Optional<SegmentView> subject();

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
        SegmentView segment();

        /** @return from the mark until it is done, if it is not marked yet; in milliseconds */
        long graceMillis();

        @Override
        default Optional<SegmentView> subject() {
            return Optional.of(segment());
        }

        /** @return what is to be done about it at a time of the cluster */
        default Step step(long nowMillis) {
            if (segment().mark() != null) {
                return segment().mark().dueMillis() <= nowMillis ? Step.DELETE : Step.WAIT;
            }
            return graceMillis() == 0 ? Step.DELETE : Step.MARK;
        }
    }

    /** Where a deletion stands. */
    enum Step {
        MARK,
        WAIT,
        DELETE
    }

    /** The collectors drop the segment; nothing of its data is kept. */
    record Truncate(SegmentView segment, String policy, Reason reason, long graceMillis) implements Deletion {
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
    record Expire(SegmentView segment, String policy, Reason reason, long graceMillis) implements Deletion {
        @Override
        public String verb() {
            return "expire";
        }

        @Override
        public String toString() {
            return line(this, segment) + due(this);
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
     * @param keep how many of the policy's snapshots to keep with this one; 0 for all
     */
    record Snapshot(List<StreamView> streams, String policy, Reason reason, String target, int keep)
            implements Decision {
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

    private static String line(Decision decision, SegmentView segment) {
        return decision.verb() + " tenant=" + segment.tenant() + " stream=" + segment.stream() + " segment="
                + segment.id() + " policy=" + decision.policy() + " reason=" + decision.reason();
    }

    private static String due(Deletion deletion) {
        return deletion.segment().mark() == null
                ? " grace=" + Quantity.age(deletion.graceMillis())
                : " marked-until="
                        + Instant.ofEpochMilli(deletion.segment().mark().dueMillis());
    }
}
