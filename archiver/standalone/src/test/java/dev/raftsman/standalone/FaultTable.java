package dev.raftsman.standalone;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was measured of each fault. */
final class FaultTable {
    /**
     * @param silence the longest time without an acknowledgement, from the fault until one came after the heal; null where
     *     none may come before the heal
     * @param fromHeal to the next acknowledgement
     * @param caughtUp from the heal until every node had applied what the leader had then
     */
    record Measured(Duration silence, Duration fromHeal, Duration caughtUp) {}

    private final Map<String, List<Measured>> rows = new LinkedHashMap<>();

    void add(String fault, Measured measured) {
        rows.computeIfAbsent(fault, key -> new ArrayList<>()).add(measured);
    }

    boolean isEmpty() {
        return rows.isEmpty();
    }

    /** In Markdown: medians, of two in the middle the smaller, and the longest in brackets, in seconds. */
    String text() {
        StringBuilder text =
                new StringBuilder("| fault | times | longest time without an ack, s | heal to next ack, s |"
                        + " heal to all nodes equal, s |\n|---|---|---|---|---|\n");
        rows.forEach((fault, all) -> text.append("| %s | %d | %s | %s | %s |\n"
                .formatted(
                        fault,
                        all.size(),
                        figures(all.stream().map(Measured::silence).toList()),
                        figures(all.stream().map(Measured::fromHeal).toList()),
                        figures(all.stream().map(Measured::caughtUp).toList()))));
        return text.toString();
    }

    private static String figures(List<Duration> all) {
        List<Duration> sorted = all.stream().filter(d -> d != null).sorted().toList();
        return sorted.isEmpty()
                ? "-"
                : String.format(
                        Locale.ROOT,
                        "%.1f (%.1f)",
                        sorted.get((sorted.size() - 1) / 2).toMillis() / 1e3,
                        sorted.get(sorted.size() - 1).toMillis() / 1e3);
    }
}
