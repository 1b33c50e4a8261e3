package dev.raftsman.console;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.ThrottleView;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A stream, what it adds up to, and where its data is.
 *
 * @param hotBytes of segments that the collectors keep; the next two of those in the archive and of those given up
 * @param rawBytes of all its events as the sources had them
 * @param segments in all; {@code hotSegments} of them are kept by the collectors
 * @param firstNanos of its events, since 1970; 0 without events, as the next
 * @param marked segments that are to be deleted
 * @param held segments that somebody wants kept
 * @param throttled why no more blocks are taken; null if they are
 */
record StreamRow(
        int number,
        String tenant,
        String stream,
        long events,
        long gapEvents,
        long lostEvents,
        long rawBytes,
        long hotBytes,
        long archivedBytes,
        long truncatedBytes,
        long segments,
        long hotSegments,
        long firstNanos,
        long lastNanos,
        long producers,
        long marked,
        long held,
        Map<String, String> labels,
        String throttled) {
    static final Map<String, Comparator<StreamRow>> COLUMNS = Map.of(
            "name", Comparator.comparing(StreamRow::name),
            "events", Comparator.comparingLong(StreamRow::events),
            "losses", Comparator.comparingLong(row -> row.gapEvents + row.lostEvents),
            "raw", Comparator.comparingLong(StreamRow::rawBytes),
            "hot", Comparator.comparingLong(StreamRow::hotBytes),
            "archived", Comparator.comparingLong(StreamRow::archivedBytes),
            "truncated", Comparator.comparingLong(StreamRow::truncatedBytes),
            "segments", Comparator.comparingLong(StreamRow::segments),
            "last", Comparator.comparingLong(StreamRow::lastNanos));

    String name() {
        return tenant + "/" + stream;
    }

    /** Of each stream, in the order of their numbers. */
    static List<StreamRow> of(CatalogView view) {
        Map<Integer, Long> producers = new HashMap<>();
        for (EpochView epoch : view.epochs()) {
            producers.merge(epoch.stream(), 1L, Long::sum);
        }
        Map<Integer, String> throttles = new HashMap<>();
        for (ThrottleView throttle : view.throttles() == null ? List.<ThrottleView>of() : view.throttles()) {
            if (throttle.untilMillis() > view.stampMillis()) {
                throttles.put(throttle.stream(), throttle.reason());
            }
        }
        List<StreamRow> rows = new ArrayList<>(view.streams().size());
        for (StreamView stream : view.streams()) {
            rows.add(new Sum()
                    .of(view.segmentsOf(stream.number()))
                    .row(
                            stream,
                            producers.getOrDefault(stream.number(), 0L),
                            view.labelsOf(stream.number())
                                    .filter(l -> !l.isEmpty())
                                    .orElse(null),
                            throttles.get(stream.number())));
        }
        return rows;
    }

    /** Of one stream's segments. */
    private static final class Sum {
        private long events;
        private long gaps;
        private long lost;
        private long raw;
        private long hot;
        private long archived;
        private long truncated;
        private long segments;
        private long hotSegments;
        private long first = Long.MAX_VALUE;
        private long last;
        private long marked;
        private long held;

        Sum of(List<SegmentView> rows) {
            rows.forEach(this::add);
            return this;
        }

        private void add(SegmentView segment) {
            segments++;
            events += segment.events();
            gaps += segment.gapEvents();
            lost += segment.lostEvents();
            raw += segment.rawBytes();
            marked += segment.mark() == null ? 0 : 1;
            held += segment.hold() == null ? 0 : 1;
            if (segment.events() > 0) {
                first = Math.min(first, segment.minTimeNanos());
                last = Math.max(last, segment.maxTimeNanos());
            }
            switch (segment.state()) {
                case OPEN, SEALED -> {
                    hot += segment.bytes();
                    hotSegments++;
                }
                case ARCHIVED -> archived += segment.bytes();
                case TRUNCATED -> truncated += segment.bytes();
            }
        }

        StreamRow row(StreamView stream, long producers, Map<String, String> labels, String throttled) {
            return new StreamRow(
                    stream.number(),
                    stream.tenant(),
                    stream.stream(),
                    events,
                    gaps,
                    lost,
                    raw,
                    hot,
                    archived,
                    truncated,
                    segments,
                    hotSegments,
                    first == Long.MAX_VALUE ? 0 : first,
                    last,
                    producers,
                    marked,
                    held,
                    labels,
                    throttled);
        }
    }
}
