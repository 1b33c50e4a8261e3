package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.HoldView;
import dev.raftsman.catalog.MarkView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.ThrottleView;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * A stream as the replicated tables have it.
 *
 * @param gapEvents sequences that are declared gaps
 * @param lostEvents that never had a sequence, declared
 * @param first time of its first event, in nanoseconds since 1970 as events have it; null without events, as the next
 * @param labels what is true of every event of its newest finished segment; null if that is not known
 * @param policy the one that decides, or the last that did; null if neither is known
 * @param next what is decided and not done yet; null if nothing is
 */
record StreamRow(
        String tenant,
        String stream,
        long events,
        long gapEvents,
        long lostEvents,
        long rawBytes,
        Tier hot,
        Tier archived,
        Tier truncated,
        Instant first,
        Instant last,
        Map<String, String> labels,
        String policy,
        String next) {
    /**
     * What of it is in one place.
     *
     * @param rawBytes as the sources had it
     * @param bytes as collectors store it, or stored it: of what is archived, those of the segments that went
     */
    record Tier(long segments, long events, long rawBytes, long bytes) {
        private static Tier of(List<SegmentView> segments, Predicate<SegmentState> state) {
            long number = 0;
            long events = 0;
            long raw = 0;
            long bytes = 0;
            for (SegmentView segment : segments) {
                if (state.test(segment.state())) {
                    number++;
                    events += segment.events();
                    raw += segment.rawBytes();
                    bytes += segment.bytes();
                }
            }
            return new Tier(number, events, raw, bytes);
        }
    }

    static StreamRow of(CatalogView catalog, StreamView stream) {
        List<SegmentView> segments = catalog.segmentsOf(stream.number());
        Tier hot = Tier.of(segments, SegmentState::hot);
        Tier archived = Tier.of(segments, SegmentState.ARCHIVED::equals);
        Tier truncated = Tier.of(segments, SegmentState.TRUNCATED::equals);
        return new StreamRow(
                stream.tenant(),
                stream.stream(),
                hot.events + archived.events + truncated.events,
                segments.stream().mapToLong(SegmentView::gapEvents).sum(),
                segments.stream().mapToLong(SegmentView::lostEvents).sum(),
                hot.rawBytes + archived.rawBytes + truncated.rawBytes,
                hot,
                archived,
                truncated,
                segments.stream()
                        .filter(segment -> segment.events() > 0)
                        .map(SegmentView::minTimeNanos)
                        .min(Comparator.naturalOrder())
                        .map(StreamRow::time)
                        .orElse(null),
                segments.stream()
                        .filter(segment -> segment.events() > 0)
                        .map(SegmentView::maxTimeNanos)
                        .max(Comparator.naturalOrder())
                        .map(StreamRow::time)
                        .orElse(null),
                catalog.labelsOf(stream.number()).orElse(null),
                lastPolicy(segments),
                next(catalog, stream, segments));
    }

    private static Instant time(long nanos) {
        return Instant.ofEpochSecond(0, nanos);
    }

    StreamRow decidedBy(String name, String what) {
        return new StreamRow(
                tenant,
                stream,
                events,
                gapEvents,
                lostEvents,
                rawBytes,
                hot,
                archived,
                truncated,
                first,
                last,
                labels,
                name,
                what);
    }

    /** Of the newest segment that anything was decided about. */
    private static String lastPolicy(List<SegmentView> segments) {
        for (int i = segments.size() - 1; i >= 0; i--) {
            SegmentView segment = segments.get(i);
            if (segment.mark() != null) {
                return segment.mark().policy();
            } else if (segment.prepared() != null) {
                return segment.prepared().policy();
            } else if (segment.truncation() != null) {
                return segment.truncation().policy();
            } else if (segment.archive() != null) {
                return segment.archive().policy();
            }
        }
        return null;
    }

    private static String next(CatalogView catalog, StreamView stream, List<SegmentView> segments) {
        Optional<ThrottleView> throttle = (catalog.throttles() == null ? List.<ThrottleView>of() : catalog.throttles())
                .stream()
                        .filter(row -> row.stream() == stream.number() && row.untilMillis() > catalog.stampMillis())
                        .findFirst();
        if (throttle.isPresent()) {
            return "takes nothing until " + seconds(throttle.get().untilMillis()) + ": "
                    + throttle.get().reason();
        }
        long prepared =
                segments.stream().filter(segment -> segment.prepared() != null).count();
        if (prepared > 0) {
            return "archive " + prepared + " now";
        }
        List<MarkView> marks = some(segments, SegmentView::mark);
        if (!marks.isEmpty()) {
            MarkView soonest = marks.stream()
                    .min(Comparator.comparingLong(MarkView::dueMillis))
                    .orElseThrow();
            return "delete " + marks.size() + ", the first at " + seconds(soonest.dueMillis()) + ": " + soonest.reason()
                    + (catalog.freeze() == null ? "" : "; deletion is frozen");
        }
        List<HoldView> holds = some(segments, SegmentView::hold);
        return holds.isEmpty()
                ? null
                : "keep " + holds.size() + ", held by " + holds.get(0).by() + ": "
                        + holds.get(0).reason();
    }

    private static <T> List<T> some(List<SegmentView> segments, Function<SegmentView, T> what) {
        return segments.stream().map(what).filter(Objects::nonNull).toList();
    }

    static Instant seconds(long millis) {
        return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS);
    }

    /** For people: to the second. */
    static String text(Instant time) {
        return time == null
                ? "-"
                : seconds(TimeUnit.SECONDS.toMillis(time.getEpochSecond())).toString();
    }
}
