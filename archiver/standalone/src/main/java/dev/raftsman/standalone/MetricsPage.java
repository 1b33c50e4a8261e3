package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A page of metrics in the Prometheus text format, read back. */
public final class MetricsPage {
    private record Sample(String name, String labels, double value) {}

    private static final Pattern LE = Pattern.compile("le=\"([^\"]+)\"");

    private final List<Sample> samples = new ArrayList<>();

    static final MetricsPage EMPTY = new MetricsPage("");

    public MetricsPage(String text) {
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
    public double sum(String name, String... labels) {
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

    /** Adds what another node counted. */
    public MetricsPage plus(MetricsPage other) {
        MetricsPage both = new MetricsPage("");
        both.samples.addAll(samples);
        both.samples.addAll(other.samples);
        return both;
    }

    /**
     * A quantile of what a histogram counted since an earlier page, interpolated within its bucket as Prometheus does.
     *
     * @param label as {@link #sum}
     * @return empty if it counted nothing
     */
    public OptionalDouble quantileSince(MetricsPage before, double quantile, String name, String label) {
        TreeMap<Double, Double> counts = new TreeMap<>();
        buckets(name, label, 1, counts);
        before.buckets(name, label, -1, counts);
        double all = counts.isEmpty() ? 0 : counts.lastEntry().getValue();
        if (all <= 0) {
            return OptionalDouble.empty();
        }
        double lower = 0;
        double below = 0;
        for (Map.Entry<Double, Double> bucket : counts.entrySet()) {
            double upper = bucket.getKey();
            double through = bucket.getValue();
            if (through >= quantile * all && through > below) {
                return OptionalDouble.of(
                        Double.isInfinite(upper)
                                ? lower
                                : lower + (upper - lower) * (quantile * all - below) / (through - below));
            }
            lower = upper;
            below = through;
        }
        return OptionalDouble.empty();
    }

    private void buckets(String name, String label, int sign, Map<Double, Double> counts) {
        for (Sample sample : samples) {
            Matcher bound = LE.matcher(sample.labels);
            if (sample.name.equals(name + "_bucket") && sample.labels.contains(label) && bound.find()) {
                String text = bound.group(1);
                double upper = text.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(text);
                counts.merge(upper, sign * sample.value, Double::sum);
            }
        }
    }
}
