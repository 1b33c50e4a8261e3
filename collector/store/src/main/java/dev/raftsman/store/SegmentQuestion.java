package dev.raftsman.store;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.segment.SegmentId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * What a node asks for of a segment; JSON.
 *
 * @param from first byte wanted
 * @param to behind the last
 * @param sha256 of the bytes below {@code from} as the one who asks has them: if they are others, the answer begins at 0;
 *     null to go on with an answer that broke off
 */
record SegmentQuestion(SegmentId segment, long from, long to, String sha256) {
    SegmentQuestion {
        Objects.requireNonNull(segment, "segment");
        if (from < 0 || to < from) {
            throw new IllegalArgumentException("bytes " + from + " to " + to);
        }
    }

    ByteBuffer encode() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            CatalogJson.write(out, this);
        } catch (IOException e) {
            throw new IllegalStateException("memory does not fail", e);
        }
        return ByteBuffer.wrap(out.toByteArray());
    }

    /** @throws dev.raftsman.catalog.MalformedJsonException if the bytes are no such question */
    static SegmentQuestion decode(ByteBuffer encoded) throws IOException {
        byte[] bytes = new byte[encoded.remaining()];
        encoded.duplicate().get(bytes);
        return CatalogJson.read(new ByteArrayInputStream(bytes), SegmentQuestion.class);
    }
}
