package dev.raftsman.restore;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What running collectors hold, at one moment of the Raft log: a segment is fetched to a file, read, and deleted. */
public final class HotCluster implements SegmentSource {
    private final Cluster cluster;
    private final Path cache;

    /**
     * @param cluster stays the caller's
     * @param cache a directory of this reader's own, made if missing; has room for one segment
     */
    public HotCluster(Cluster cluster, Path cache) {
        this.cluster = cluster;
        this.cache = cache;
    }

    @Override
    public Contents look() throws IOException {
        CatalogView catalog = cluster.catalog();
        List<Copy> copies = new ArrayList<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.state().hot()) {
                copies.add(new Copy(
                        segment.id(),
                        segment.tenant(),
                        segment.stream(),
                        "segment " + segment.id() + " of the cluster",
                        1,
                        () -> open(segment)));
            }
        }
        return new Contents(copies, catalog.segments(), catalog.epochs());
    }

    private SegmentBlocks open(SegmentView segment) throws IOException {
        Durable.createDirectories(cache);
        Path file = Files.createTempFile(cache, segment.id().toString(), ".seg");
        try {
            cluster.read(segment, file);
            return SegmentBlocks.open(file);
        } finally {
            Files.delete(file);
        }
    }

    @Override
    public void close() {
        // The cluster is the caller's.
    }
}
