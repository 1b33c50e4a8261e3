package dev.raftsman.console;

import dev.raftsman.block.BlockKind;
import dev.raftsman.event.EventRow;
import dev.raftsman.query.ItemJson;
import dev.raftsman.search.Found;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** What a search found as lines, each of which can be kept or dropped. One thread. */
final class FoundJson {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final ItemJson json;
    private final EventRow row = new EventRow();

    FoundJson() throws IOException {
        json = new ItemJson(bytes);
    }

    /**
     * One item.
     *
     * @param first offset of the first item of its block
     */
    byte[] line(Found found, int item, EpochInfo producer, Offset first) throws IOException {
        Offset at = new Offset(first.raftIndex(), first.ordinal() + found.itemsBefore(item));
        if (found.kind() == BlockKind.LINES) {
            json.line(
                    at,
                    producer,
                    found.sequence(item),
                    found.bytes(),
                    found.offset(item),
                    found.length(item),
                    found.isTerminated(item));
        } else {
            json.event(at, producer, found.sequence(item), found.row(item, row));
        }
        return taken();
    }

    /** A gap, which is what was found as a whole. */
    byte[] gap(Found found, EpochInfo producer, Offset first) throws IOException {
        json.gap(first, producer, found.firstSequence(), found.sequences(), found.gapReason());
        return taken();
    }

    private byte[] taken() throws IOException {
        json.raw("\n");
        json.flush();
        byte[] line = bytes.toByteArray();
        bytes.reset();
        return line;
    }
}
