package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.MemberState;
import dev.raftsman.catalog.MemberView;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * What a node tells another one of itself and of the nodes it knows, as JSON.
 *
 * @param self as its own configuration has it
 * @param peers of its configuration
 * @param entered it has part in the cluster's log, or had: it founded, or was added
 * @param founders null if it did not found, or not yet
 * @param known the nodes that the cluster knows, as far as this one has applied the log
 */
record Introduction(
        String cluster,
        CollectorConfig.Peer self,
        UUID directory,
        List<CollectorConfig.Peer> peers,
        boolean entered,
        Founders founders,
        List<MemberView> known) {
    /** Under which a node is asked for it. */
    static final String VERB = "who";

    Introduction {
        peers = List.copyOf(peers);
        known = List.copyOf(known);
    }

    /** What it knows of a node: from the tables, or while these are behind, from the founding. */
    Optional<MemberView> knownAs(String node) {
        Optional<MemberView> row =
                known.stream().filter(k -> k.node().equals(node)).findFirst();
        return row.isPresent() || founders == null
                ? row
                : founders.directoryOf(node).map(directory -> new MemberView(node, directory, MemberState.MEMBER));
    }

    byte[] json() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CatalogJson.write(out, this);
        return out.toByteArray();
    }

    static Introduction read(ByteBuffer json) throws IOException {
        byte[] bytes = new byte[json.remaining()];
        json.duplicate().get(bytes);
        return CatalogJson.read(new ByteArrayInputStream(bytes), Introduction.class);
    }
}
