package dev.raftsman.cluster;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What the archiver and the readers need of the collectors. Every call may be repeated after an IOException. */
public interface Cluster extends AutoCloseable {
    /** @return the catalog, not older than this call: whatever was committed before is in it */
    CatalogView catalog() throws IOException;

    /**
     * Commits a command and returns what it did. After an IOException it may or may not have been done, or still be done.
     */
    CommandResult execute(Command command) throws IOException;

    /**
     * Copies a segment to a local file, replacing what is there: as many bytes as the view says, and where it is sealed
     * with the digest the view says. Not durable.
     *
     * @throws SegmentUnavailableException if no collector sends it; any other failure is one of writing the file
     */
    void fetch(SegmentView segment, Path file) throws IOException;

    /** As {@link #fetch}, for somebody who reads: the nodes note that the segment is wanted. */
    default void read(SegmentView segment, Path file) throws IOException {
        fetch(segment, file);
    }

    /** Segments in ranges; empty if they are to be had as a whole only. */
    default Optional<SegmentRanges> ranges() {
        return Optional.empty();
    }

    /** Asks each node which segments somebody read from it, and how long ago; what a node forgot, or all did, is left out. */
    default Map<SegmentId, Long> readsAgoMillis() {
        return Map.of();
    }

    /**
     * Asks each node for its disk.
     *
     * @return the one with the least room; empty if none answers
     */
    default Optional<NodeDisk> tightestDisk() {
        return Optional.empty();
    }

    @Override
    void close();
}
