package dev.raftsman.bench;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** One figure of one set-up: a value from each round. */
final class Samples {
    private final List<Double> values = new ArrayList<>();

    void add(double value) {
        values.add(value);
    }

    List<Double> values() {
        return List.copyOf(values);
    }

    boolean isEmpty() {
        return values.isEmpty();
    }

    /** Of an even number of values the mean of the two in the middle; NaN of none. */
    double median() {
        if (values.isEmpty()) {
            return Double.NaN;
        }
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int size = sorted.size();
        return (sorted.get((size - 1) / 2) + sorted.get(size / 2)) / 2;
    }

    double greatest() {
        return values.isEmpty() ? Double.NaN : Collections.max(values);
    }

    /** Half of the distance from the least to the greatest value, in percent of the median; 0 of one value. */
    double spreadPercent() {
        if (values.size() < 2 || median() == 0) {
            return 0;
        }
        return 50 * (Collections.max(values) - Collections.min(values)) / median();
    }
}
