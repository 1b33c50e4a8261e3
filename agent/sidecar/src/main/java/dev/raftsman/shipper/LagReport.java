package dev.raftsman.shipper;

import dev.raftsman.input.SourceLag;
import dev.raftsman.wire.Frame;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a collector is told of how far behind this agent is: every stream every {@link #EVERY_NANOS}, the end of a lag as soon
 * as it is seen. Streams are those of files and of write-ahead logs together. Shipper's thread only.
 */
final class LagReport {
    static final long EVERY_NANOS = 5_000_000_000L;

    /** One frame each, the one for the rest included: an agent may follow any number of files. */
    static final int MOST_STREAMS = 64;

    private static final long NANOS_PER_MILLI = 1_000_000L;

    /** Said to be behind, and not yet that they are no more. */
    private final Map<String, Frame.Lag> behind = new HashMap<>();

    private long wholeAtNanos;

    LagReport(long nowNanos) {
        wholeAtNanos = nowNanos;
    }

    /** Somebody listens who has heard nothing. */
    void begin(long nowNanos) {
        behind.clear();
        wholeAtNanos = nowNanos;
    }

    /** @return what is to be said now, of all that there is */
    List<Frame.Lag> next(List<SourceLag> sources, long nowNanos) {
        boolean whole = nowNanos - wholeAtNanos >= 0;
        if (!whole && behind.isEmpty()) {
            return List.of();
        }
        Map<String, Frame.Lag> lags = new HashMap<>();
        for (SourceLag source : sources) {
            add(of(source, nowNanos), lags);
        }
        if (lags.size() > MOST_STREAMS) {
            lags = farthestBehind(lags);
        }
        List<Frame.Lag> said = new ArrayList<>();
        for (String stream : List.copyOf(behind.keySet())) {
            Frame.Lag now = lags.getOrDefault(stream, new Frame.Lag(stream, 0, 0));
            if (now.bytes() == 0) {
                behind.remove(stream);
                said.add(now);
            }
        }
        if (whole) {
            wholeAtNanos = nowNanos + EVERY_NANOS;
            for (Frame.Lag lag : lags.values()) {
                if (lag.bytes() > 0) {
                    behind.put(lag.stream(), lag);
                }
                if (!said.contains(lag)) {
                    said.add(lag);
                }
            }
        }
        return said;
    }

    private static Frame.Lag of(SourceLag source, long nowNanos) {
        long millis =
                source.unreadBytes() == 0 ? 0 : Math.max(0, nowNanos - source.unreadSinceNanos()) / NANOS_PER_MILLI;
        return new Frame.Lag(source.stream(), source.unreadBytes(), millis);
    }

    private static void add(Frame.Lag lag, Map<String, Frame.Lag> lags) {
        lags.merge(
                lag.stream(),
                lag,
                (a, b) -> new Frame.Lag(a.stream(), a.bytes() + b.bytes(), Math.max(a.millis(), b.millis())));
    }

    private static Map<String, Frame.Lag> farthestBehind(Map<String, Frame.Lag> lags) {
        List<Frame.Lag> most = new ArrayList<>(lags.values());
        most.sort(Comparator.comparingLong(Frame.Lag::bytes)
                .thenComparingLong(Frame.Lag::millis)
                .reversed()
                .thenComparing(Frame.Lag::stream));
        Map<String, Frame.Lag> bounded = new HashMap<>();
        for (int i = 0; i < most.size(); i++) {
            Frame.Lag lag = most.get(i);
            add(i < MOST_STREAMS - 1 ? lag : new Frame.Lag(ShipperStatus.UNREAD, lag.bytes(), lag.millis()), bounded);
        }
        return bounded;
    }
}
