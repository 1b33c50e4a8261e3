package dev.raftsman.cli;

import dev.raftsman.catalog.StreamView;
import dev.raftsman.client.ConsumerException;
import dev.raftsman.client.Offset;
import dev.raftsman.client.RaftsmanConsumer;
import dev.raftsman.client.StreamRecord;
import dev.raftsman.client.TrimmedException;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.event.Level;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "tail",
        description = {
            "Shows the end of streams, with -f what comes to them from then on, from the collectors that run. Goes on where it"
                    + " was when a collector dies or another one leads.",
            "Ends with 65 and \"trimmed at OFFSET\" if what it was to begin with is not hot any more."
        })
final class TailCommand implements Callable<Integer> {
    /** Of the places for readers at a collector, some for others. */
    private static final int MOST_STREAMS = 24;

    private static final int BUFFER_BYTES = 1 << 16;
    private static final String EARLIEST = "earliest";
    private static final String LATEST = "latest";
    private static final long CHECKPOINT_NANOS = TimeUnit.SECONDS.toNanos(1);

    @Mixin
    private ClusterOption cluster;

    @Option(
            names = {"-f", "--follow"},
            description = "go on with what comes, until interrupted")
    private boolean follow;

    @Option(
            names = "--from",
            paramLabel = "OFFSET",
            defaultValue = LATEST,
            description = "where to begin: an offset such as 4711.0, earliest, or latest (default)")
    private String from;

    @Option(
            names = "--checkpoint",
            paramLabel = "FILE",
            description = "note there how far the stream was shown, and begin there the next time; of one stream")
    private Path checkpoint;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "LINES",
            defaultValue = "10",
            description = "how many to begin with of each stream, from latest (default: ${DEFAULT-VALUE})")
    private int lines;

    @Option(names = "--tenant", description = "only streams of this tenant")
    private String tenant;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            description = "only events of this level or a higher one, and what has no level: lines, gaps")
    private Level level;

    @Option(names = "--grep", paramLabel = "TEXT", description = "only what has this text in its message or throwable")
    private String text;

    @Option(names = "--json", description = "NDJSON instead of lines, offsets included")
    private boolean json;

    @Option(names = "--raw", description = "messages and lines as they are, whatever they do to a terminal; no gaps")
    private boolean raw;

    @Option(
            names = "--colour",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "auto, always or never (default: ${DEFAULT-VALUE}: on a terminal, unless NO_COLOR is set)")
    private WalTailCommand.When colour;

    @Parameters(
            arity = "1..*",
            paramLabel = "STREAM",
            description = "the streams; * stands for any text, ? for one character")
    private List<String> patterns;

    @Spec
    private CommandSpec spec;

    private final CountDownLatch ended = new CountDownLatch(1);
    private volatile boolean interrupted;

    @Override
    public Integer call() throws IOException {
        checkOptions();
        String token = cluster.token();
        List<StreamView> streams = streams();
        if (streams.size() > 1 && (checkpoint != null || isOffset())) {
            throw usage((checkpoint != null ? "--checkpoint" : "an offset") + " is of one stream; "
                    + String.join(" ", patterns) + " are " + streams.size());
        }
        Thread hook = new Thread(this::endedFromOutside, "tail-end");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            show(streams, token);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TrimmedException e) {
            throw new CommandException(ExitCodes.DATA_ERROR, "trimmed at " + e.trimmedAt() + ": " + e.getMessage(), e);
        } catch (ConsumerException e) {
            throw new CommandException(
                    e.isRefusedAccess() ? ExitCodes.NO_PERMISSION : ExitCodes.UNAVAILABLE, e.getMessage(), e);
        } finally {
            ended.countDown();
            if (!interrupted) {
                Runtime.getRuntime().removeShutdownHook(hook);
            }
        }
        return ExitCodes.OK;
    }

    /** To be ended by Ctrl-C is how it ends well. */
    private void endedFromOutside() {
        interrupted = true;
        try {
            if (ended.await(2, TimeUnit.SECONDS)) {
                Runtime.getRuntime().halt(ExitCodes.OK);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void checkOptions() {
        if (json && raw) {
            throw usage("--json and --raw exclude each other");
        }
        if (lines < 0 || lines > 100_000) {
            throw usage("--lines " + lines + "; expected 0 to 100000");
        }
        if (isOffset()) {
            try {
                Offset.parse(from);
            } catch (IllegalArgumentException e) {
                throw usage("--from " + e.getMessage() + ", earliest or latest");
            }
        }
    }

    private boolean isOffset() {
        return !from.equals(EARLIEST) && !from.equals(LATEST);
    }

    private ParameterException usage(String what) {
        return new ParameterException(spec.commandLine(), what);
    }

    private List<StreamView> streams() throws IOException {
        List<StreamView> all;
        try (ClusterClient client = cluster.client()) {
            all = client.catalog().streams();
        } catch (IOException e) {
            throw new CommandException(ExitCodes.UNAVAILABLE, e.getMessage(), e);
        }
        List<Pattern> wanted = patterns.stream().map(TailCommand::glob).toList();
        List<StreamView> found = all.stream()
                .filter(stream -> tenant == null || stream.tenant().equals(tenant))
                .filter(stream -> wanted.stream()
                        .anyMatch(pattern -> pattern.matcher(stream.stream()).matches()))
                .toList();
        if (found.isEmpty()) {
            throw new CommandException(
                    ExitCodes.NO_INPUT, "no stream is " + String.join(" or ", patterns) + "; there are " + names(all));
        }
        if (found.size() > MOST_STREAMS) {
            throw usage(found.size() + " streams are " + String.join(" or ", patterns) + "; at most " + MOST_STREAMS
                    + " are followed at a time");
        }
        return found;
    }

    private static String names(List<StreamView> streams) {
        return String.join(
                        ", ",
                        streams.stream()
                                .map(StreamView::stream)
                                .distinct()
                                .limit(20)
                                .toList())
                + (streams.size() > 20 ? " and others" : "");
    }

    private static Pattern glob(String text) {
        StringBuilder pattern = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            pattern.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
        }
        return Pattern.compile(pattern.toString());
    }

    private void show(List<StreamView> streams, String token) throws IOException, InterruptedException {
        HttpClient http = RaftsmanConsumer.httpClient();
        List<RaftsmanConsumer> consumers = new ArrayList<>();
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES)) {
            for (StreamView stream : streams) {
                consumers.add(open(stream, token, http));
            }
            TailOutput output = new TailOutput(out, json, raw, !json && colour.isOn(), streams.size() > 1);
            try (Interleaved records = new Interleaved(consumers)) {
                show(streams, consumers, records, output, out);
            }
        } finally {
            consumers.forEach(RaftsmanConsumer::close);
        }
    }

    private void show(
            List<StreamView> streams,
            List<RaftsmanConsumer> consumers,
            Interleaved records,
            TailOutput output,
            OutputStream out)
            throws IOException, InterruptedException {
        long checkpointAt = System.nanoTime() + CHECKPOINT_NANOS;
        while (!interrupted) {
            Interleaved.Next next = records.poll(0);
            if (next == null) {
                out.flush();
                next = records.poll(TimeUnit.MILLISECONDS.toNanos(200));
            }
            if (next != null) {
                if (wanted(next.record())) {
                    output.show(streams.get(next.stream()), next.record());
                }
            } else if (records.isOver()) {
                break;
            }
            if (checkpoint != null && System.nanoTime() >= checkpointAt) {
                out.flush();
                consumers.get(0).checkpoint(); // Only what was written is behind us.
                checkpointAt = System.nanoTime() + CHECKPOINT_NANOS;
            }
        }
        out.flush();
        if (checkpoint != null) {
            consumers.get(0).checkpoint();
        }
    }

    private RaftsmanConsumer open(StreamView stream, String token, HttpClient http) throws IOException {
        RaftsmanConsumer.Builder builder = RaftsmanConsumer.of(addresses()).token(token).stream(
                        stream.tenant(), stream.stream())
                .http(http);
        if (checkpoint != null) {
            builder.checkpointFile(checkpoint);
        }
        if (!follow) {
            builder.untilEnd();
        }
        if (from.equals(EARLIEST)) {
            builder.fromEarliest();
        } else if (from.equals(LATEST)) {
            builder.fromLatest(lines);
        } else {
            builder.from(Offset.parse(from));
        }
        return builder.open();
    }

    private List<URI> addresses() {
        return cluster.addresses().stream()
                .map(node -> URI.create("http://" + node))
                .toList();
    }

    private boolean wanted(StreamRecord record) {
        boolean high = level == null
                || record.level() == null
                || Level.valueOf(record.level()).compareTo(level) >= 0;
        return high && (text == null || contains(record.message()) || contains(record.throwable()));
    }

    private boolean contains(String of) {
        return of != null && of.contains(text);
    }
}
