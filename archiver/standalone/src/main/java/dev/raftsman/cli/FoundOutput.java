package dev.raftsman.cli;

import dev.raftsman.block.BlockKind;
import dev.raftsman.event.EventRow;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.search.Found;
import dev.raftsman.search.Highlighter;
import dev.raftsman.search.Query;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.Offset;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.wal.WalIdentity;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes what a search found: as text with the stream before each line if there are several, as JSON, or raw; with the items
 * around each match if these are wanted. One thread; the stream stays the caller's.
 */
final class FoundOutput {
    /** As many matches as were wanted were written. */
    static final class EnoughException extends IOException {
        private static final long serialVersionUID = 1L;
    }

    private final OutputStream out;
    private final EventText text;
    private final EventJson json;
    private final boolean raw;
    private final boolean severalStreams;
    private final boolean severalTenants;
    private final int linesBefore;
    private final int linesAfter;
    private final long limit;
    private final EventRow row = new EventRow();
    private final Deque<Item> before = new ArrayDeque<>();
    private int after;
    private boolean cut;
    private long matches;
    private StreamName stream;
    private String name = "";

    /** An item of a block, and whose it is. */
    private record Item(
            SegmentHeader segment, EpochInfo epoch, long raftIndex, int itemsBefore, Found found, int item) {}

    /**
     * @param names of all streams that are searched
     * @param linesBefore items to be shown before each match
     * @param limit of matches; less than 0: none
     */
    FoundOutput(
            OutputStream out,
            Wanted wanted,
            List<Query.Text> texts,
            List<StreamName> names,
            int linesBefore,
            int linesAfter,
            long limit)
            throws IOException {
        this.out = out;
        this.json = wanted.json() ? new EventJson(out) : null;
        this.text = new EventText(out, wanted.coloured(), true, new Highlighter(texts));
        this.raw = wanted.raw();
        this.severalStreams = names.size() > 1;
        Set<String> tenants = names.stream().map(StreamName::tenant).collect(Collectors.toSet());
        this.severalTenants = tenants.size() > 1;
        this.linesBefore = linesBefore;
        this.linesAfter = linesAfter;
        this.limit = limit;
    }

    /** What comes is of this stream: nothing of another lies around its matches. */
    private void begin(StreamName next) {
        cut = cut || after > 0 || !before.isEmpty();
        before.clear();
        after = 0;
        stream = next;
        name = shown(next);
    }

    /** As it stands before lines; of a tenant only if there are several. */
    String shown(StreamName stream) {
        return severalTenants ? stream.tenant() + "/" + stream.stream() : stream.stream();
    }

    /** How many matches were written. */
    long matches() {
        return matches;
    }

    /** @throws EnoughException once there are as many as were wanted, with what belongs to them */
    void found(SegmentHeader segment, EpochInfo epoch, long raftIndex, int itemsBefore, Found found)
            throws IOException {
        StreamName of = new StreamName(segment.tenant(), segment.stream());
        if (!of.equals(stream)) {
            begin(of);
        }
        if (found.kind() == BlockKind.GAP) {
            gap(segment, epoch, raftIndex, itemsBefore, found);
            return;
        }
        for (int i = 0; i < found.count(); i++) {
            Item item = new Item(segment, epoch, raftIndex, itemsBefore, found, i);
            if (found.isMatch(i) && matches != limit) {
                match(item);
            } else if (after > 0) {
                after--;
                write(item, true);
            } else if (matches == limit) {
                throw new EnoughException();
            } else if (linesBefore > 0) {
                remember(item);
            } else {
                cut = true;
            }
        }
        if (matches == limit && after == 0) {
            throw new EnoughException();
        }
    }

    private void remember(Item item) {
        if (before.size() == linesBefore) {
            before.remove();
            cut = true;
        }
        before.add(item);
    }

    private void match(Item item) throws IOException {
        if (cut && matches > 0 && linesBefore + linesAfter > 0 && json == null && !raw) {
            text.prefix("");
            text.plain("--");
        }
        cut = false;
        for (Item each : before) {
            write(each, true);
        }
        before.clear();
        write(item, false);
        matches++;
        after = linesAfter;
    }

    private void write(Item item, boolean isContext) throws IOException {
        Found found = item.found();
        int number = item.item();
        long sequence = found.sequence(number);
        boolean isLine = found.kind() == BlockKind.LINES;
        if (raw) {
            int from = isLine ? found.offset(number) : found.row(number, row).messageOffset();
            int length = isLine ? found.length(number) : row.messageLength();
            out.write(found.array(), from, length);
            if (!isLine || found.isTerminated(number)) {
                out.write('\n');
            }
            return;
        }
        if (json != null) {
            WalIdentity log = identity(item.segment(), item.epoch());
            json.labels(found.labels());
            json.context(isContext);
            json.offset(offset(item.raftIndex(), item.itemsBefore() + found.itemsBefore(number)));
            if (isLine) {
                json.line(
                        log,
                        log.stream(),
                        sequence,
                        found.bytes(),
                        found.offset(number),
                        found.length(number),
                        found.isTerminated(number));
            } else {
                json.event(log, log.stream(), sequence, found.row(number, row));
            }
            return;
        }
        text.prefix(severalStreams ? name + (isContext ? "- " : ": ") : "");
        text.highlight(!isContext);
        if (isLine) {
            text.line(sequence, found.bytes(), found.offset(number), found.length(number), true);
        } else {
            text.event(sequence, found.row(number, row));
        }
    }

    private static Offset offset(long raftIndex, int ordinal) {
        return new Offset(raftIndex, ordinal);
    }

    private static WalIdentity identity(SegmentHeader segment, EpochInfo epoch) {
        return new WalIdentity(segment.tenant(), epoch.producer(), segment.stream(), epoch.incarnation(), 0);
    }

    private void gap(SegmentHeader segment, EpochInfo epoch, long raftIndex, int itemsBefore, Found found)
            throws IOException {
        String note = "gap: " + found.sequences() + " events from sequence " + found.firstSequence()
                + " are not here, reason=" + found.gapReason();
        if (json != null) {
            json.offset(offset(raftIndex, itemsBefore));
            json.note(identity(segment, epoch), note);
        } else if (!raw) {
            text.prefix(severalStreams ? name + ": " : "");
            text.note(note);
        }
    }
}
