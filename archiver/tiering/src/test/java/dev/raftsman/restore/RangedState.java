package dev.raftsman.restore;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.SegmentRanges;
import dev.raftsman.cluster.TestState;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** A cluster whose segments can be had in ranges, too. */
record RangedState(TestState state, SegmentRanges segmentRanges) implements Cluster {
    @Override
    public CatalogView catalog() {
        return state.catalog();
    }

    @Override
    public CommandResult execute(Command command) {
        return state.execute(command);
    }

    @Override
    public void fetch(SegmentView segment, Path file) throws IOException {
        state.fetch(segment, file);
    }

    @Override
    public Optional<SegmentRanges> ranges() {
        return Optional.of(segmentRanges);
    }

    @Override
    public void close() {
        // The state is the test's.
    }
}
