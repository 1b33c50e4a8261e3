package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;

/** A page of metrics in the Prometheus text format, read back. */
final class MetricsPage {
    private record Sample(String name, String labels, double value) {}

    private final List<Sample> samples = new ArrayList<>();

    static final MetricsPage EMPTY = new MetricsPage("");

    MetricsPage(String text) {
        text.lines().filter(line -> !line.isEmpty() && line.charAt(0) != '#').forEach(this::add);
    }

    private void add(String line) {
        int brace = line.indexOf('{');
        int nameEnd = brace >= 0 ? brace : line.indexOf(' ');
        int labelsEnd = brace >= 0 ? line.lastIndexOf('}') + 1 : nameEnd;
        if (nameEnd <= 0 || labelsEnd <= 0) {
            return;
        }
        String[] rest = line.substring(labelsEnd).trim().split(" ");
        try {
            samples.add(new Sample(
                    line.substring(0, nameEnd), line.substring(nameEnd, labelsEnd), Double.parseDouble(rest[0])));
        } catch (NumberFormatException notASample) {
            // A line of another format does not spoil the others.
        }
    }

    /** The sum of the family's samples whose labels hold all the given texts, such as {@code stream="orders"}. */
    double sum(String name, String... labels) {
        double sum = 0;
        for (Sample sample : samples) {
            if (sample.name.equals(name) && List.of(labels).stream().allMatch(sample.labels::contains)) {
                sum += Double.isNaN(sample.value) ? 0 : sample.value;
            }
        }
        return sum;
    }

    long total(String name, String... labels) {
        return (long) sum(name, labels);
    }
}
