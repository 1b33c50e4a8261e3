package dev.raftsman.store;

import dev.raftsman.catalog.CatalogImage;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * A state at one index, to be made durable while entries go on being applied: rows are immutable, so that taking it copies
 * references only. From {@link ReplicatedState#capture}; one that is never written costs nothing. Any one thread.
 */
public final class CapturedSnapshot {
    private final ReplicatedState state;
    private final long term;
    private final long index;
    private final CatalogImage image;
    private final Map<Integer, String> activeSha256;
    private final Future<?> forced;

    /**
     * @param activeSha256 of the active segments' bytes so far, by stream
     * @param forced done once all that was applied before is on the disk, or could not be put there
     */
    CapturedSnapshot(
            ReplicatedState state,
            long term,
            long index,
            CatalogImage image,
            Map<Integer, String> activeSha256,
            Future<?> forced) {
        this.state = state;
        this.term = term;
        this.index = index;
        this.image = image;
        this.activeSha256 = activeSha256;
        this.forced = forced;
    }

    /** Raft index that it shows. */
    public long index() {
        return index;
    }

    public long term() {
        return term;
    }

    /**
     * Waits for the segments' force, then writes the manifest beside, renamed. Deletes the files of segments that this
     * snapshot does not need. Those of the same state must be written in the order in which they were taken.
     *
     * @param file the manifest, replaced if there; whole and durable on return
     * @throws StorageFullException if there is no space for the manifest: nothing is lost, the log must be kept until a later
     *     snapshot succeeds
     * @throws StoreFailedException if the disk fails: the process must end
     */
    public void write(Path file) throws IOException {
        try {
            state.awaitForce(forced, index);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("while segments were forced");
        }
        try {
            manifest().write(file);
            state.mark(index);
        } catch (IOException e) {
            throw StorageFullException.explains(e, file.toAbsolutePath().getParent())
                    ? new StorageFullException(file, e)
                    : e;
        }
        state.discardIncoming(index);
        state.deleteCold(image.segments().stream()
                .filter(segment -> !segment.state().hot())
                .map(SegmentView::id)
                .toList());
    }

    private SnapshotManifest manifest() {
        List<SnapshotManifest.FileState> files = new ArrayList<>();
        for (SegmentView segment : image.segments()) {
            if (segment.state().hot()) {
                files.add(new SnapshotManifest.FileState(segment.id(), segment.bytes(), sha256(segment)));
            }
        }
        return new SnapshotManifest(term, index, image, files);
    }

    private String sha256(SegmentView segment) {
        return segment.state() == SegmentState.OPEN ? activeSha256.get(segment.streamNumber()) : segment.sha256();
    }
}
