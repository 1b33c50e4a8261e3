package dev.raftsman.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The rows as text for people and as JSON for everything else. */
final class Report {
    private final List<Row> rows;
    private final List<Integer> threads;
    private final int rounds;
    private final long rate;
    private final String command;
    private final Map<String, String> machine;
    private final String load;

    Report(
            List<Row> rows,
            List<Integer> threads,
            int rounds,
            long rate,
            String command,
            Map<String, String> machine,
            String load) {
        this.rows = rows;
        this.threads = threads;
        this.rounds = rounds;
        this.rate = rate;
        this.command = command;
        this.machine = machine;
        this.load = load;
    }

    void print(PrintStream out, long seconds) {
        out.print(head(seconds));
        out.printf(
                "%d round(s), medians; ± half of the distance between the extremes, in %% of the median.%n%n", rounds);
        out.print(Table.markdown(headings(), cells()));
        out.println();
        out.println("""
                kops/s: calls of the logger, thousands a second (JMH). p50 to max: µs that a call took its thread at %,d
                calls a second, one thread; max is the greatest of all rounds. B alloc: allocated by the whole JVM an event.
                CPU: seconds of the whole process for a million events; disk: bytes allocated for the files an event; both at
                full speed, one thread. lost: calls without an event on disk, all runs but the killed ones.
                kill -9: calls that had returned and whose events nobody finds, at %,d a second; in parentheses how many
                the log itself says are missing.""".formatted(rate, rate));
        for (Row row : rows) {
            for (String broken : row.broken) {
                out.println("BROKEN " + row.setup.id() + ": " + broken);
            }
        }
    }

    private String head(long seconds) {
        StringBuilder text = new StringBuilder();
        machine.forEach((name, value) -> text.append("%-12s %s%n".formatted(name, value)));
        text.append("%-12s %s%n".formatted("command", command));
        text.append("%-12s %s over the minute before and the last one; took %d s%n".formatted("load", load, seconds));
        return text.toString();
    }

    private List<String> headings() {
        List<String> headings = new ArrayList<>(List.of("set-up"));
        for (int count : threads) {
            headings.add("kops/s, " + count + (count == 1 ? " thread" : " threads"));
        }
        headings.addAll(List.of("p50", "p99", "p99.9", "max", "B alloc", "CPU", "disk", "lost", "kill -9"));
        return headings;
    }

    private List<List<String>> cells() {
        List<List<String>> cells = new ArrayList<>();
        for (Row row : rows) {
            List<String> line = new ArrayList<>();
            line.add(row.setup.id() + (row.broken.isEmpty() ? "" : " BROKEN"));
            for (int count : threads) {
                line.add(cell(row.throughput.getOrDefault(count, new Samples()), 1e-3, 0));
            }
            line.add(cell(row.p50Nanos, 1e-3, 2));
            line.add(cell(row.p99Nanos, 1e-3, 2));
            line.add(cell(row.p999Nanos, 1e-3, 1));
            line.add(number(row.maxNanos.greatest() * 1e-3, 0));
            line.add(number(row.allocatedBytes.median(), 0));
            line.add(cell(row.cpuSecondsPerMillion, 1, 2));
            boolean stores = row.setup.storage() != Setup.Storage.NONE;
            line.add(stores ? number(row.diskBytes.median(), 1) : "-");
            line.add(String.format(Locale.ROOT, "%,d", row.lost) + (row.declared > 0 ? " (" + row.declared + ")" : ""));
            line.add(!stores || row.killedLost.isEmpty() ? "-" : killed(row));
            cells.add(line);
        }
        return cells;
    }

    private static String killed(Row row) {
        String lost = number(row.killedLost.median(), 0);
        return row.setup.storage() == Setup.Storage.WAL
                ? lost + " (" + number(row.killedDeclared.median(), 0) + ")"
                : lost;
    }

    private static String cell(Samples samples, double scale, int decimals) {
        if (samples.isEmpty()) {
            return "-";
        }
        String text = number(samples.median() * scale, decimals);
        return samples.values().size() < 2
                ? text
                : text + String.format(Locale.ROOT, " ±%.0f%%", samples.spreadPercent());
    }

    private static String number(double value, int decimals) {
        return Double.isNaN(value) ? "-" : String.format(Locale.ROOT, "%,." + decimals + "f", value);
    }

    void printOutliers(PrintStream out, long seconds) {
        out.print(head(seconds));
        out.printf(
                "The slowest calls at %,d a second, one thread. ready: on no core, because others had it; blocked: asleep.%n",
                rate);
        out.println("Both, faults (minor+major) and switches are those of the call and at most 5 ms before it.");
        for (Row row : rows) {
            out.printf(
                    Locale.ROOT,
                    "%n%s: p50 %.2f, p99 %.2f, p99.9 %.1f µs (watched, so not those of the table)%n",
                    row.setup.id(),
                    row.p50Nanos.median() * 1e-3,
                    row.p99Nanos.median() * 1e-3,
                    row.p999Nanos.median() * 1e-3);
            row.outliers.forEach(out::println);
            row.broken.forEach(broken -> out.println("BROKEN: " + broken));
        }
    }

    String json() {
        StringBuilder json = new StringBuilder("{\n");
        machine.forEach((name, value) -> json.append("  ")
                .append(quoted(name))
                .append(": ")
                .append(quoted(value))
                .append(",\n"));
        json.append("  \"command\": ").append(quoted(command)).append(",\n");
        json.append("  \"load\": ").append(quoted(load)).append(",\n");
        json.append("  \"ratePerSecond\": ").append(rate).append(",\n  \"setups\": [");
        String between = "\n";
        for (Row row : rows) {
            json.append(between).append("    {\"name\": ").append(quoted(row.setup.id()));
            row.samples()
                    .forEach((name, samples) -> json.append(",\n     ")
                            .append(quoted(name))
                            .append(": ")
                            .append(samples.values()));
            json.append(",\n     \"calls\": ").append(row.calls);
            json.append(", \"lost\": ").append(row.lost);
            json.append(", \"declared\": ").append(row.declared);
            json.append(",\n     \"slowest\": ").append(strings(row.outliers));
            json.append(",\n     \"broken\": ").append(strings(row.broken)).append('}');
            between = ",\n";
        }
        return json.append("\n  ]\n}\n").toString();
    }

    private static String strings(List<String> texts) {
        return "[" + String.join(", ", texts.stream().map(Report::quoted).toList()) + "]";
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < 0x20) {
                quoted.append(String.format("\\u%04x", (int) c));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
