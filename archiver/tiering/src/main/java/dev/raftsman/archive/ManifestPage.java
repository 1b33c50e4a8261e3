package dev.raftsman.archive;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.objects.ObjectKey;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Objects;

/**
 * One page of a manifest; written once, never changed.
 *
 * @param page from 1, without holes
 * @param writer the archiver's owner name
 * @param nonce makes the bytes of any two tries differ, so that a store can tell one's own page from another's
 */
record ManifestPage(
        int format, long page, String writer, String nonce, long writtenAtMillis, List<ManifestEntry> entries) {
    static final int FORMAT = 1;

    /** A page of {@link Upload#BATCH_SEGMENTS} segments, each of a thousand producers, is a tenth of this. */
    private static final int MAX_BYTES = 64 << 20;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    ManifestPage {
        Objects.requireNonNull(entries, "entries");
        entries = List.copyOf(entries);
    }

    static ObjectKey key(long page) {
        return ObjectKey.of("manifest", String.format("%08d.json", page));
    }

    byte[] encode() {
        try {
            byte[] bytes = JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this);
            if (bytes.length >= MAX_BYTES) {
                throw new IllegalStateException("a page of " + bytes.length + " bytes; expected less than " + MAX_BYTES
                        + ": nobody could read it");
            }
            return bytes;
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a page of plain records", e);
        }
    }

    static ManifestPage decode(InputStream in, String name, long page) throws IOException {
        byte[] bytes = in.readNBytes(MAX_BYTES);
        ManifestPage decoded;
        try {
            decoded = JSON.readValue(bytes, ManifestPage.class);
        } catch (JsonProcessingException e) {
            throw new IOException(name + " is no manifest page: " + e.getOriginalMessage(), e);
        }
        if (decoded == null || decoded.format() != FORMAT || decoded.page() != page) {
            throw new IOException(name + " is no manifest page " + page + " of format " + FORMAT);
        }
        return decoded;
    }
}
