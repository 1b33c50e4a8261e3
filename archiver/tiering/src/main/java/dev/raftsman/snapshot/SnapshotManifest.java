package dev.raftsman.snapshot;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * What {@code snapshots/<id>.json} says.
 *
 * @param index Raft index it shows: everything its streams held up to it
 * @param epochs producers of its streams, as they stood; their last sequence may be beyond the index
 * @param segments by stream, then in the order of the Raft log; truncated ones too, without an object
 */
public record SnapshotManifest(
        int format,
        String id,
        String policy,
        String reason,
        String policyHash,
        long index,
        long takenAtMillis,
        List<StreamView> streams,
        List<EpochView> epochs,
        List<Part> segments) {
    static final int FORMAT = 1;
    static final String FOLDER = "snapshots";

    private static final String SUFFIX = ".json";

    private static final int MAX_BYTES = 512 << 20;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    public SnapshotManifest {
        streams = List.copyOf(streams);
        epochs = List.copyOf(epochs);
        segments = List.copyOf(segments);
    }

    /**
     * One segment and where its bytes are.
     *
     * @param target null if it was truncated, like the next
     * @param key the object's
     */
    public record Part(SegmentView segment, String target, String key) {}

    static ObjectKey key(String id) {
        return ObjectKey.of(FOLDER, id + SUFFIX);
    }

    /** The reverse of {@link #key}. */
    static String idOf(ObjectKey key) {
        String name = key.name();
        return name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
    }

    byte[] encode() {
        try {
            return JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a manifest of plain records", e);
        }
    }

    /** @throws IOException if there is none, or it is not one */
    public static SnapshotManifest read(ObjectStore store, String id) throws IOException {
        byte[] bytes;
        ObjectKey key = key(id);
        try (InputStream in = store.open(key)) {
            bytes = in.readNBytes(MAX_BYTES);
        }
        try {
            SnapshotManifest manifest = JSON.readValue(bytes, SnapshotManifest.class);
            if (manifest == null
                    || manifest.format() != FORMAT
                    || !manifest.id().equals(id)) {
                throw new IOException(store.location() + key + " is no snapshot of format " + FORMAT);
            }
            return manifest;
        } catch (JsonProcessingException e) {
            throw new IOException(store.location() + key + " is no snapshot: " + e.getOriginalMessage(), e);
        }
    }
}
