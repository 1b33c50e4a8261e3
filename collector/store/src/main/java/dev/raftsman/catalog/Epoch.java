package dev.raftsman.catalog;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.segment.EpochInfo;
import java.util.List;
import java.util.UUID;

/** One row of the epochs. Changed by the applying thread only; its view is immutable and kept until the next change. */
final class Epoch {
    /** What a snapshot keeps of it. */
    record Image(EpochView epoch, List<RecentRanges.Range> recent) {
        Image {
            recent = List.copyOf(recent);
        }
    }

    private final EpochInfo info;
    private final String tenant;
    private final int stream;
    private final long openedAtMillis;
    private RecentRanges recent = new RecentRanges();
    private EpochState state = EpochState.OPEN;
    private long last = -1;
    private long events;
    private long gapEvents;
    private long lostEvents;
    private long duplicatesRefused;
    private long conflictsRefused;
    private long closedAtMillis;
    private EpochView view;

    Epoch(long number, String tenant, String producer, UUID incarnation, int stream, long openedAtMillis) {
        this.info = new EpochInfo(number, producer, incarnation);
        this.tenant = tenant;
        this.stream = stream;
        this.openedAtMillis = openedAtMillis;
    }

    static Epoch of(Image image) {
        EpochView from = image.epoch();
        Epoch epoch = new Epoch(
                from.epoch(), from.tenant(), from.producer(), from.incarnation(), from.stream(), from.openedAtMillis());
        epoch.state = from.state();
        epoch.last = from.last();
        epoch.events = from.events();
        epoch.gapEvents = from.gapEvents();
        epoch.lostEvents = from.lostEvents();
        epoch.duplicatesRefused = from.duplicatesRefused();
        epoch.conflictsRefused = from.conflictsRefused();
        epoch.closedAtMillis = from.closedAtMillis();
        image.recent().forEach(epoch.recent::add);
        return epoch;
    }

    Image image() {
        return new Image(view(), recent.inOrder());
    }

    EpochInfo info() {
        return info;
    }

    String tenant() {
        return tenant;
    }

    int stream() {
        return stream;
    }

    EpochState state() {
        return state;
    }

    long last() {
        return last;
    }

    Verdict judge(Block block) {
        if (!state.takesBlocks()) {
            return new Verdict(state == EpochState.CLOSED ? Verdict.Kind.CLOSED : Verdict.Kind.FORGOTTEN, 0);
        }
        if (block.firstSequence() == last + 1) {
            return new Verdict(Verdict.Kind.ACCEPTED, block.endSequence());
        }
        if (block.endSequence() > last) {
            return new Verdict(Verdict.Kind.EXPECTED, last + 1);
        }
        // A gap says that its sender has nothing: what is stored there needs no declaring, and contradicts nothing.
        boolean conflict =
                block.kind() != BlockKind.GAP && recent.conflicts(block.firstSequence(), block.count(), block.crc());
        return new Verdict(conflict ? Verdict.Kind.CONFLICT : Verdict.Kind.DUPLICATE, last);
    }

    void accepted(Block block) {
        state = EpochState.OPEN;
        last = block.endSequence();
        lostEvents += block.lostCount();
        if (block.kind() == BlockKind.GAP) {
            gapEvents += block.count();
        } else {
            events += block.count();
        }
        recent.add(new RecentRanges.Range(block.firstSequence(), block.count(), block.crc()));
        view = null;
    }

    void refused(Verdict verdict) {
        if (verdict.kind() == Verdict.Kind.DUPLICATE) {
            duplicatesRefused++;
            view = null;
        } else if (verdict.kind() == Verdict.Kind.CONFLICT) {
            conflictsRefused++;
            view = null;
        }
    }

    /** Sequences up to the last turned out to be lost, and are declared. */
    void lost(long count) {
        events -= count;
        gapEvents += count;
        view = null;
    }

    void close(long lostAtClose, long atMillis) {
        state = EpochState.CLOSED;
        lostEvents += lostAtClose;
        closedAtMillis = atMillis;
        recent = new RecentRanges();
        view = null;
    }

    /** Its producer is not waited for any more. What it sends late of what was declared for it is no contradiction. */
    void abandon() {
        state = EpochState.ABANDONED;
        recent = new RecentRanges();
        view = null;
    }

    void forget() {
        state = EpochState.FORGOTTEN;
        view = null;
    }

    EpochView view() {
        if (view == null) {
            view = new EpochView(
                    info.epoch(),
                    tenant,
                    info.producer(),
                    info.incarnation(),
                    stream,
                    state,
                    last,
                    events,
                    gapEvents,
                    lostEvents,
                    duplicatesRefused,
                    conflictsRefused,
                    openedAtMillis,
                    closedAtMillis);
        }
        return view;
    }
}
