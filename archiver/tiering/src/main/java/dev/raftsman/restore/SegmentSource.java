package dev.raftsman.restore;

import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.util.List;

/** Somewhere segments can be read from. One thread. */
public interface SegmentSource extends AutoCloseable {
    /** Looks what is there now. */
    Contents look() throws IOException;

    @Override
    void close();

    /**
     * What a source holds and what it knows of the rest.
     *
     * @param copies readable here, nearest first where there are several of a segment
     * @param known rows of the catalog or a manifest, also of segments that are not readable here
     * @param epochs producers as far as they are known, perhaps several rows of one: the greatest last counts
     */
    record Contents(List<Copy> copies, List<SegmentView> known, List<EpochView> epochs) {
        public Contents {
            copies = List.copyOf(copies);
            known = List.copyOf(known);
            epochs = List.copyOf(epochs);
        }
    }

    /**
     * A copy of a segment.
     *
     * @param where for messages
     * @param distance 0 for a local file of a collector, more for what costs more
     */
    record Copy(SegmentId id, String tenant, String stream, String where, int distance, Opener opener) {
        boolean isArchived() {
            return distance == ColdArchive.DISTANCE;
        }
    }

    /** Opens a copy for one reading; the caller closes. */
    interface Opener {
        SegmentBlocks open() throws IOException;

        /** Opens what of the copy may hold what is looked for. */
        default SegmentPieces search(SearchScope scope) throws IOException {
            return new WholePieces(open(), scope);
        }

        /**
         * What fetches that with which {@link #search} begins, so that this need not wait for it as long. Must be run once, by
         * any thread, and does not fail. What is not searched afterwards was fetched in vain.
         */
        default Runnable ahead(SearchScope scope) {
            return () -> {};
        }
    }
}
