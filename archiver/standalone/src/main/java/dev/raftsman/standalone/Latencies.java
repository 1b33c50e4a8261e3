package dev.raftsman.standalone;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.DoubleStream;

/** How long something took, each time it was tried. Seconds. */
record Latencies(double[] sortedSeconds) {
    static Latencies of(DoubleStream seconds) {
        return new Latencies(seconds.sorted().toArray());
    }

    int count() {
        return sortedSeconds.length;
    }

    /** The value that a share of all does not exceed; NaN without any. */
    double quantile(double share) {
        return sortedSeconds.length == 0
                ? Double.NaN
                : sortedSeconds[(int) Math.min(sortedSeconds.length - 1L, (long) (share * sortedSeconds.length))];
    }

    double least() {
        return quantile(0);
    }

    double median() {
        return quantile(0.5);
    }

    double greatest() {
        return quantile(1);
    }

    Map<String, Object> figures() {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("count", count());
        figures.put("least", least());
        figures.put("median", median());
        figures.put("p99", quantile(0.99));
        figures.put("greatest", greatest());
        return figures;
    }
}
