package dev.raftsman.policy;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.Level;
import dev.raftsman.objects.Protection;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a policy's segments lie in the archive.
 *
 * @param keep from sealing until the archived copy expires; empty for ever
 * @param lock whether the store itself refuses to delete or overwrite them
 * @param lockFor from sealing until that lock ends; given exactly if there is one, never longer than {@code keep}
 * @param legalHold whether the store refuses until a person lifts the hold there, whatever the lock says
 * @param objectBytes segments are merged into objects of about this size
 * @param format of the object's bytes
 * @param delta whether the events are written to the Delta table as well
 * @param dropBelow segments all of whose levels are below it are given up instead of archived
 */
public record ArchiveRule(
        Optional<Duration> keep,
        Lock lock,
        Optional<Duration> lockFor,
        boolean legalHold,
        long objectBytes,
        Format format,
        boolean delta,
        Optional<Level> dropBelow) {
    public static final long DEFAULT_OBJECT_BYTES = 128L << 20;

    public ArchiveRule {
        if ((lock == Lock.NONE) != lockFor.isEmpty()) {
            throw new IllegalArgumentException("lock " + lock + " for " + lockFor);
        }
    }

    /** Of a policy that says nothing of it: whole segments, each in an object of its own or merged as the engine can. */
    public static ArchiveRule plain(Format format) {
        return new ArchiveRule(
                Optional.empty(),
                Lock.NONE,
                Optional.empty(),
                false,
                DEFAULT_OBJECT_BYTES,
                format,
                false,
                Optional.empty());
    }

    /**
     * @param segments of one stream, oldest first
     * @return how many objects they make
     */
    long objects(List<SegmentView> segments) {
        if (!Capabilities.HERE.merging() || format != Format.COLD) {
            return segments.size();
        }
        long objects = 0;
        long room = 0;
        for (SegmentView segment : segments) {
            if (segment.bytes() > room) {
                objects++;
                room = objectBytes;
            }
            room = Math.max(0, room - segment.bytes());
        }
        return objects;
    }

    /** Whether the store itself is to refuse deletions. */
    public boolean guards() {
        return lock != Lock.NONE || legalHold;
    }

    /**
     * How the store is to guard one object. Its lock ends with that of the segment sealed last; one that would be over by now
     * is none.
     *
     * @param segments those in the object
     * @param nowMillis the cluster's time, as the times of sealing are
     */
    public Protection protection(List<SegmentView> segments, long nowMillis) {
        long lockMillis = lockFor.map(Duration::toMillis).orElse(0L);
        long untilMillis =
                segments.stream().mapToLong(SegmentView::sealedAtMillis).max().orElse(0) + lockMillis;
        return lock == Lock.NONE || untilMillis <= nowMillis
                ? new Protection(Protection.Mode.NONE, 0, legalHold)
                : new Protection(Protection.Mode.valueOf(lock.name()), untilMillis, legalHold);
    }

    /** S3 Object Lock. */
    public enum Lock {
        NONE,
        /** Who has the right to bypass it may delete. */
        GOVERNANCE,
        /** Nobody may delete, not even the account's owner. */
        COMPLIANCE
    }

    /** What an object holds. */
    public enum Format {
        /** Segments as the collectors sealed them, byte for byte. */
        SEGMENT,
        /** Recoded once into columns. */
        COLD
    }
}
