package dev.raftsman.console;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SequenceRange;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One incarnation of a producer: what was received of it, what is declared missing, and where it is. The sequences that it
 * used, {@code last + 1}, are {@code events + gapEvents}, and also {@code hot + archived + truncated}, but for those of
 * segments whose rows are gone from the tables.
 *
 * @param hot sequences in segments that the collectors keep; the next two of those in the archive, verified there, and of
 *     those given up
 */
record AuditRow(
        long epoch,
        String tenant,
        String producer,
        UUID incarnation,
        String stream,
        EpochState state,
        long last,
        long events,
        long gapEvents,
        long lostEvents,
        long duplicatesRefused,
        long conflictsRefused,
        long hot,
        long archived,
        long truncated,
        long openedAtMillis,
        long closedAtMillis) {
    static final Map<String, Comparator<AuditRow>> COLUMNS = Map.of(
            "producer", Comparator.comparing(AuditRow::producer).thenComparingLong(AuditRow::epoch),
            "stream", Comparator.comparing(row -> row.tenant + "/" + row.stream),
            "state", Comparator.comparing(AuditRow::state),
            "received", Comparator.comparingLong(AuditRow::events),
            "gaps", Comparator.comparingLong(AuditRow::gapEvents),
            "lost", Comparator.comparingLong(AuditRow::lostEvents),
            "duplicates", Comparator.comparingLong(AuditRow::duplicatesRefused),
            "conflicts", Comparator.comparingLong(AuditRow::conflictsRefused),
            "archived", Comparator.comparingLong(AuditRow::archived),
            "opened", Comparator.comparingLong(AuditRow::openedAtMillis));

    String text() {
        return tenant + "/" + stream + " " + producer + " " + incarnation + " " + state;
    }

    /** Of each epoch, in the order of their numbers. */
    static List<AuditRow> of(CatalogView view) {
        Map<Long, long[]> places = new HashMap<>();
        for (SegmentView segment : view.segments()) {
            int place = switch (segment.state()) {
                case OPEN, SEALED -> 0;
                case ARCHIVED -> 1;
                case TRUNCATED -> 2;
            };
            for (SequenceRange range : segment.ranges()) {
                places.computeIfAbsent(range.epoch(), e -> new long[3])[place] += range.count();
            }
        }
        Map<Integer, String> names = new HashMap<>();
        view.streams().forEach(stream -> names.put(stream.number(), stream.stream()));
        long[] nowhere = new long[3];
        return view.epochs().stream()
                .map(epoch ->
                        row(epoch, names.getOrDefault(epoch.stream(), ""), places.getOrDefault(epoch.epoch(), nowhere)))
                .toList();
    }

    private static AuditRow row(EpochView epoch, String stream, long[] places) {
        return new AuditRow(
                epoch.epoch(),
                epoch.tenant(),
                epoch.producer(),
                epoch.incarnation(),
                stream,
                epoch.state(),
                epoch.last(),
                epoch.events(),
                epoch.gapEvents(),
                epoch.lostEvents(),
                epoch.duplicatesRefused(),
                epoch.conflictsRefused(),
                places[0],
                places[1],
                places[2],
                epoch.openedAtMillis(),
                epoch.closedAtMillis());
    }
}
