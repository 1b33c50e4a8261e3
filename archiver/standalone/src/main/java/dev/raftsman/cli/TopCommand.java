package dev.raftsman.cli;

import dev.raftsman.cluster.ClusterClient;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "top",
        description = {
            "What goes on now: nodes and who leads, events and bytes a second, acknowledgement times, the busiest streams and"
                    + " how far agents are behind. On a terminal it is written over until Ctrl-C; elsewhere it is said once.",
            "A block is acknowledged after 'wait' (for its entry in the log) and 'commit' (until a majority has it)."
        })
final class TopCommand implements Callable<Integer> {
    private static final Duration SHORTEST = Duration.ofMillis(200);
    private static final String HOME = "\033[H";
    private static final String CLEAR = "\033[2J";
    private static final String CLEAR_REST_OF_LINE = "\033[K";
    private static final String CLEAR_BELOW = "\033[J";
    private static final String BOLD = "\033[1m";
    private static final String PLAIN = "\033[0m";
    private static final Size USUAL = new Size(24, 80);

    /** Of a terminal, in characters. */
    record Size(int rows, int columns) {}

    @Mixin
    private ClusterOption cluster;

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            converter = AgentCommand.DurationConverter.class,
            defaultValue = "2s",
            description = "between two looks, 200ms at least (default: ${DEFAULT-VALUE})")
    private Duration interval;

    @Option(names = "--once", description = "two looks, one answer; so it is wherever standard output is no terminal")
    private boolean once;

    @Option(names = "--json", description = "a JSON object for each answer, with all streams")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (interval.compareTo(SHORTEST) < 0) {
            throw new ParameterException(
                    spec.commandLine(), "--interval " + interval.toMillis() + "ms; expected 200ms or more");
        }
        boolean terminal = Boolean.getBoolean("raftsman.terminal.out");
        boolean over = terminal && !once && !json && !"dumb".equals(System.getenv("TERM"));
        try (ClusterClient client = cluster.client()) {
            TopSample before = TopSample.take(client, null);
            if (!before.answered()) {
                throw new CommandException(
                        ExitCodes.UNAVAILABLE,
                        "no collector answers: "
                                + before.nodes().stream()
                                        .map(TopSample.Node::error)
                                        .collect(Collectors.joining("; ")));
            }
            PrintWriter out = spec.commandLine().getOut();
            out.print(over ? CLEAR : "");
            while (true) {
                pause(interval);
                TopSample now = TopSample.take(client, before);
                TopView view = TopView.between(before, now);
                if (over) {
                    out.print(frame(view.text(), size(), System.getenv("NO_COLOR") == null));
                } else {
                    out.print(json ? Json.of(view) + "\n" : view.text());
                }
                out.flush();
                if (out.checkError()) {
                    return ExitCodes.BROKEN_PIPE;
                }
                if (once || !terminal) {
                    return ExitCodes.OK;
                }
                before = now;
            }
        }
    }

    /** Lines over those that are there, cut where the terminal ends. */
    static String frame(String text, Size size, boolean bold) {
        StringBuilder frame = new StringBuilder(HOME);
        List<String> lines = text.lines().limit(Math.max(1, size.rows() - 1)).toList();
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            int end = line.offsetByCodePoints(0, Math.min(size.columns(), line.codePointCount(0, line.length())));
            boolean stands = bold && i == 0;
            frame.append(stands ? BOLD : "").append(line, 0, end).append(stands ? PLAIN : "");
            frame.append(CLEAR_REST_OF_LINE).append("\n");
        }
        return frame.append(CLEAR_BELOW).toString();
    }

    private static void pause(Duration time) throws InterruptedIOException {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new InterruptedIOException("interrupted between two looks");
        }
    }

    /** As the terminal says now: its window may have been resized. */
    private static Size size() {
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            String[] said = new String(stty.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
                    .trim()
                    .split(" ");
            int rows = Integer.parseInt(said[0]);
            int columns = Integer.parseInt(said[1]);
            return rows > 0 && columns > 0 ? new Size(rows, columns) : USUAL;
        } catch (IOException | IndexOutOfBoundsException | NumberFormatException e) {
            return USUAL;
        }
    }
}
