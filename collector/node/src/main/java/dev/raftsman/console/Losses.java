package dev.raftsman.console;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.LossReason;
import dev.raftsman.query.QuerySource;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Why events of an epoch are missing: the tables count them, the blocks say why. Reads headers of blocks only, of those
 * segments that this node keeps and that declare anything.
 */
final class Losses {
    static final int MOST = 200;

    private Losses() {}

    /**
     * One declaration.
     *
     * @param kind gap: sequences that hold no event, from {@code sequence} on; lost: events that never had one, declared
     *     before {@code sequence}
     * @param atMillis stamp of the entry that brought it
     */
    record Loss(String kind, long sequence, long count, LossReason reason, long atMillis, String segment) {}

    /**
     * What was found.
     *
     * @param elsewhere segments that declare something and are not kept here any more, or cannot be read: their reasons are
     *     in the archive
     * @param cut there may be more than this: there was no more time or place
     */
    record Page(List<Loss> losses, int elsewhere, boolean cut) {}

    static Page of(QuerySource source, CatalogView view, long epoch, SegmentReads.Read read) {
        List<Loss> losses = new ArrayList<>();
        int elsewhere = 0;
        boolean cut = false;
        for (SegmentView segment : view.segments()) {
            boolean declares = segment.gapEvents() + segment.lostEvents() > 0
                    && segment.ranges().stream().anyMatch(range -> range.epoch() == epoch);
            if (!declares) {
                continue;
            }
            if (read.timeIsUp() || losses.size() >= MOST) {
                cut = true;
                break;
            }
            try {
                if (!segment.state().hot() || !add(losses, source, segment, epoch)) {
                    elsewhere++;
                }
            } catch (IOException | UncheckedIOException e) {
                elsewhere++;
            }
        }
        return new Page(List.copyOf(losses), elsewhere, cut);
    }

    /** @return false if this node does not keep the segment */
    private static boolean add(List<Loss> losses, QuerySource source, SegmentView segment, long epoch)
            throws IOException {
        Optional<SegmentFile> found = source.segment(segment.id());
        if (found.isEmpty()) {
            return false;
        }
        try (SegmentFile file = found.get();
                SegmentReader reader =
                        SegmentReader.of(segment.id().toString(), Channels.newInputStream(file.channel()))) {
            while (reader.next() && losses.size() < MOST) {
                Block block = reader.block();
                if (reader.epoch() != epoch) {
                    continue;
                }
                String id = segment.id().toString();
                if (block.kind() == BlockKind.GAP) {
                    losses.add(new Loss(
                            "gap", block.firstSequence(), block.count(), block.gapReason(), reader.stampMillis(), id));
                } else if (block.lostCount() > 0) {
                    losses.add(new Loss(
                            "lost",
                            block.firstSequence(),
                            block.lostCount(),
                            block.loss().reason(),
                            reader.stampMillis(),
                            id));
                }
            }
        }
        return true;
    }
}
