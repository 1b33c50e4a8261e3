package dev.raftsman.restore;

import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * What an audit is about, and how deep it goes.
 *
 * @param streams those that count
 * @param producers those that count, by name
 * @param sinceMillis where to begin: of each stream with the first segment that has an event of this time or later, was
 *     sealed then, or of which no table says; only epochs that have a part in these segments, or were opened or closed
 *     since, are listed. {@link #EVER} for all
 * @param reads whether every block is read and its checksum compared, or only the tables are; these know epochs as a whole,
 *     so that {@code sinceMillis} then chooses epochs and nothing else
 */
public record AuditScope(
        Predicate<StreamReader.StreamName> streams, Predicate<String> producers, long sinceMillis, boolean reads) {
    public static final long EVER = Long.MIN_VALUE;

    /** Everything there is, read. */
    public static final AuditScope ALL = new AuditScope(stream -> true, producer -> true, EVER, true);

    /** Whether epochs are accounted for from their first sequence on. */
    boolean isWhole() {
        return sinceMillis == EVER || !reads;
    }

    boolean begins(SegmentView segment) {
        return segment == null
                || sinceMillis == EVER
                || segment.state() == SegmentState.OPEN
                || segment.sealedAtMillis() >= sinceMillis
                || segment.maxTimeNanos() >= TimeUnit.MILLISECONDS.toNanos(sinceMillis);
    }

    boolean begins(EpochView epoch) {
        return sinceMillis == EVER || epoch.openedAtMillis() >= sinceMillis || epoch.closedAtMillis() >= sinceMillis;
    }
}
