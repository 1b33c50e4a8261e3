package dev.raftsman.query;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.search.WordFile;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.store.ReplicatedState;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Optional;

/** What the pages show. Any thread. */
public interface QuerySource {
    NodeStatus status();

    /** The agents that are connected to this node. */
    AgentsStatus agents();

    /** The tables as applied on this node. */
    CatalogView view();

    /** The state that the log drives now; null as long as the log was not opened. Another one after a catch-up. */
    ReplicatedState state();

    /** The segment as it is now; empty if this node has none, or none any more. The caller closes it. */
    Optional<SegmentFile> segment(SegmentId id) throws IOException;

    /**
     * Which spans of a segment may hold some words, all of them; empty if this node does not know.
     *
     * @throws IOException if what it knows is damaged
     */
    default Optional<WordFile> words(SegmentId id, List<byte[]> of) throws IOException {
        return Optional.empty();
    }

    /** Whether the log runs. */
    boolean alive();

    void writeMetrics(OutputStream out) throws IOException;
}
