package dev.raftsman.collector;

import dev.raftsman.catalog.CatalogJson;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;

/**
 * What a leader tells a node about its membership, as JSON. It is for one directory: whoever has come to be at the address
 * meanwhile does not take it for its own.
 */
record Errand(String cluster, String node, UUID directory) {
    /** The node is to take the log: it will be a member. */
    static final String JOIN = "join";

    /** The node was removed. */
    static final String LEAVE = "leave";

    byte[] json() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        CatalogJson.write(out, this);
        return out.toByteArray();
    }

    static Errand read(ByteBuffer json) throws IOException {
        byte[] bytes = new byte[json.remaining()];
        json.duplicate().get(bytes);
        return CatalogJson.read(new ByteArrayInputStream(bytes), Errand.class);
    }
}
