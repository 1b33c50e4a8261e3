package dev.raftsman.catalog;

import dev.raftsman.segment.SequenceRange;
import java.util.List;
import java.util.Objects;

/**
 * How this cluster was filled from the archive of one that is lost, or is being.
 *
 * @param archive names the archive for ever; a cluster is restored from one only
 * @param source where it is, for people
 * @param contents digest of the rows it began with: one that was cut short goes on with the same, or not at all. Null if a
 *     version that did not look at it began
 * @param firstPosition what is added to Raft indexes wherever segments are numbered by them: the log began anew, and new
 *     segments must come behind the old
 * @param firstEpoch the first number for a new epoch. Far behind those restored, because some were lost with the cluster,
 *     and a sidecar that resumes one by its number must find it unknown, never another producer's
 * @param declared sequences that were acknowledged and not archived, and that nobody else can declare
 * @param finishedAtMillis 0 while it is under way
 */
public record RestoreView(
        String archive,
        String source,
        String contents,
        long firstPosition,
        long firstEpoch,
        List<SequenceRange> declared,
        long begunAtMillis,
        long finishedAtMillis) {
    public RestoreView {
        Objects.requireNonNull(archive, "archive");
        declared = List.copyOf(declared);
    }

    RestoreView declared(List<SequenceRange> ranges) {
        return new RestoreView(
                archive, source, contents, firstPosition, firstEpoch, ranges, begunAtMillis, finishedAtMillis);
    }

    RestoreView finished(long atMillis) {
        return new RestoreView(archive, source, contents, firstPosition, firstEpoch, declared, begunAtMillis, atMillis);
    }

    /** Whether producers may come. */
    public boolean finished() {
        return finishedAtMillis != 0;
    }
}
