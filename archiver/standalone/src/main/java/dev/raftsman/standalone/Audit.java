package dev.raftsman.standalone;

import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.segment.SequenceRange;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What is stored, missing or there twice, for each epoch. It trusts no counter alone: the sequences an epoch has been
 * acknowledged for (0 to its last) are laid against the ranges its segments hold, so a segment that vanished shows as a hole.
 * A pure function of a catalog, or of what the archive's manifest kept of one.
 */
public record Audit(List<Row> rows) {
    /**
     * One incarnation of a producer of a stream.
     *
     * @param last the last sequence acknowledged; -1 before the first
     * @param events stored
     * @param gaps sequences that hold no event and were declared so by their producer
     * @param declaredLost events that never had a sequence, as declared
     * @param missing sequences acknowledged that no segment holds
     * @param duplicated sequences that more than one segment holds
     * @param sentAgain blocks that came twice and were not stored again: no fault, but good to know
     */
    public record Row(
            String tenant,
            String stream,
            String producer,
            long epoch,
            EpochState state,
            long last,
            long events,
            long gaps,
            long declaredLost,
            long missing,
            long duplicated,
            long sentAgain) {
        /** All that did not arrive, declared or not. */
        public long lost() {
            return gaps + declaredLost + missing;
        }
    }

    public Audit {
        rows = List.copyOf(rows);
    }

    public static Audit of(
            Collection<StreamView> streams, Collection<EpochView> epochs, Collection<SegmentView> segments) {
        Map<Integer, String> names = new HashMap<>();
        streams.forEach(stream -> names.put(stream.number(), stream.stream()));
        Map<Long, List<SequenceRange>> held = new HashMap<>();
        for (SegmentView segment : segments) {
            for (SequenceRange range : segment.ranges()) {
                held.computeIfAbsent(range.epoch(), epoch -> new ArrayList<>()).add(range);
            }
        }
        List<Row> rows = new ArrayList<>();
        for (EpochView epoch : epochs) {
            rows.add(row(epoch, names.getOrDefault(epoch.stream(), "?"), held.getOrDefault(epoch.epoch(), List.of())));
        }
        rows.sort(Comparator.comparing(Row::tenant).thenComparing(Row::stream).thenComparingLong(Row::epoch));
        return new Audit(rows);
    }

    private static Row row(EpochView epoch, String stream, List<SequenceRange> held) {
        List<SequenceRange> inOrder = new ArrayList<>(held);
        inOrder.sort(Comparator.comparingLong(SequenceRange::first));
        long missing = 0;
        long duplicated = 0;
        long next = 0;
        for (SequenceRange range : inOrder) {
            missing += Math.max(0, range.first() - next);
            duplicated += Math.max(0, Math.min(next, range.last() + 1) - range.first());
            next = Math.max(next, range.last() + 1);
        }
        missing += Math.max(0, epoch.last() + 1 - next);
        return new Row(
                epoch.tenant(),
                stream,
                epoch.producer(),
                epoch.epoch(),
                epoch.state(),
                epoch.last(),
                epoch.events(),
                epoch.gapEvents(),
                epoch.lostEvents(),
                missing,
                duplicated,
                epoch.duplicatesRefused());
    }

    public long events() {
        return rows.stream().mapToLong(Row::events).sum();
    }

    public long lost() {
        return rows.stream().mapToLong(Row::lost).sum();
    }

    public long duplicated() {
        return rows.stream().mapToLong(Row::duplicated).sum();
    }

    /** The audit of some streams only. */
    public Audit of(Collection<String> streams) {
        return new Audit(
                rows.stream().filter(row -> streams.contains(row.stream())).toList());
    }
}
