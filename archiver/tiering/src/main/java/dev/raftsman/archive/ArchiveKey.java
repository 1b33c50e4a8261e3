package dev.raftsman.archive;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.segment.SegmentId;
import java.util.UUID;

/** The keys of objects. Whoever finds one knows no more of the object than its key says. */
public final class ArchiveKey {
    /** What the key of an upload's own object begins with. */
    public static final String FOLDER = "segments";

    /** What the key of a cold object ends with. */
    public static final String COLD_SUFFIX = ".cold";

    private static final int TOKEN_LENGTH = 8;

    private ArchiveKey() {}

    /** The content-addressed key: the same bytes of the same segment, whoever needs them. */
    public static ObjectKey ofContent(SegmentView segment) {
        return ObjectKey.of("cas", segment.sha256() + SegmentId.FILE_SUFFIX);
    }

    /**
     * The key of an upload's own object.
     *
     * @param first of the segments in it
     * @param cold whether they are recoded
     */
    static ObjectKey ofUpload(SegmentView first, UUID token, boolean cold) {
        String base = first.id().fileName().replace(SegmentId.FILE_SUFFIX, "");
        return ObjectKey.of(
                FOLDER,
                ObjectKey.component(first.tenant()),
                ObjectKey.component(first.stream()),
                base + "-" + token.toString().substring(0, TOKEN_LENGTH)
                        + (cold ? COLD_SUFFIX : SegmentId.FILE_SUFFIX));
    }

    /** Whether the object under a key holds recoded segments. */
    public static boolean isCold(String key) {
        return key.endsWith(COLD_SUFFIX);
    }
}
