package dev.raftsman.restore;

import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills an empty cluster with the tables of a lost one. Bytes are not copied: segments are where they were, in the archive,
 * and readers find them there. May be killed anywhere and run again, as long as the archive is what it was. One thread.
 */
public final class ClusterRestore {
    /** A command is an entry of the log, which holds the others up; and rows of some segments are long. */
    private static final int MAX_ROWS_BYTES = 256 << 10;

    private final Cluster cluster;
    private final LostCluster lost;

    /** @param cluster stays the caller's */
    public ClusterRestore(Cluster cluster, LostCluster lost) {
        this.cluster = cluster;
        this.lost = lost;
    }

    /** The cluster cannot be restored from this archive, now or ever; the message says why. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        private RefusedException(String message) {
            super(message);
        }
    }

    /**
     * On return the cluster has everything and takes producers.
     *
     * @param nowMillis wall clock: numbers go on behind all that were given before it
     * @return false if it was restored from this very archive before
     * @throws RefusedException if it is not empty, restored from another one, or from this one as it was before
     */
    public boolean run(long nowMillis) throws IOException {
        RestoreView before = cluster.catalog().restored();
        if (before != null && before.finished() && before.archive().equals(lost.archive())) {
            return false;
        }
        execute(new Command.BeginRestore(
                lost.archive(),
                lost.source(),
                lost.contents(),
                lost.firstPosition(nowMillis),
                lost.firstEpoch(nowMillis)));
        Batch batch = new Batch();
        for (StreamView stream : lost.streams()) {
            batch.add(CatalogJson.bytesOf(stream), () -> batch.streams.add(stream));
        }
        for (EpochView epoch : lost.epochs()) {
            batch.add(CatalogJson.bytesOf(epoch), () -> batch.epochs.add(epoch));
        }
        for (SegmentView segment : lost.segments()) {
            batch.add(CatalogJson.bytesOf(segment), () -> batch.segments.add(segment));
        }
        batch.send();
        for (SequenceRange range : lost.lost()) {
            execute(new Command.DeclareLost(lost.archive(), range));
        }
        execute(new Command.EndRestore(lost.archive(), lost.segments().size()));
        return true;
    }

    private void execute(Command command) throws IOException {
        CommandResult result = cluster.execute(command);
        if (result instanceof CommandResult.Refused refused) {
            throw new RefusedException(
                    switch (refused.reason()) {
                        case NOT_EMPTY ->
                            "the cluster is not empty (" + refused.detail()
                                    + "): only an empty one is restored; was an agent faster? See awaitRestore";
                        case OTHER_RESTORE -> "the cluster is restored from another archive: " + refused.detail();
                        case OTHER_CONTENTS ->
                            "the archive is not what it was when this restore began, which cannot go on with other rows: stop"
                                    + " the collectors, empty their data directories, start them again, and restore anew";
                        default ->
                            "the cluster refuses " + command.getClass().getSimpleName() + ": " + refused.reason() + " "
                                    + refused.detail();
                    });
        }
    }

    private interface Addition {
        void run();
    }

    /** Rows of one command; streams come before what refers to them. */
    private final class Batch {
        private final List<StreamView> streams = new ArrayList<>();
        private final List<EpochView> epochs = new ArrayList<>();
        private final List<SegmentView> segments = new ArrayList<>();
        private int bytes;

        void add(int rowBytes, Addition addition) throws IOException {
            if (bytes > 0 && bytes + rowBytes > MAX_ROWS_BYTES) {
                send();
            }
            bytes += rowBytes;
            addition.run();
        }

        void send() throws IOException {
            if (bytes > 0) {
                execute(new Command.RestoreRows(lost.archive(), streams, epochs, segments));
            }
            streams.clear();
            epochs.clear();
            segments.clear();
            bytes = 0;
        }
    }
}
