package dev.raftsman.cli;

import dev.raftsman.event.Level;
import dev.raftsman.policy.Glob;
import dev.raftsman.restore.StreamReader;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.search.Query;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What of the streams a reading verb shows, and how: the options that all of them have. */
final class Wanted {
    @Option(names = "--tenant", description = "whose streams; needed only if several tenants have one of the name")
    private String tenant;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            converter = PointInTime.class,
            description =
                    "not before: an ISO 8601 time (UTC unless it says otherwise), or how long ago, such as 2h. Lines of"
                            + " files have the time of their reading, of which blocks know the first and the last")
    private Instant since;

    @Option(
            names = "--until",
            paramLabel = "TIME",
            converter = PointInTime.class,
            description = "not after; as --since")
    private Instant until;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            description = "at least trace, debug, info, warn or error. Lines of files have no level and are left out")
    private Level level;

    @Option(names = "--json", description = "NDJSON, an object for each line or event, with its offset in the stream")
    private boolean json;

    @Option(
            names = "--raw",
            description = "lines of files exactly as they were, newlines included; of events the message and a newline")
    private boolean raw;

    @Option(
            names = {"--color", "--colour"},
            paramLabel = "WHEN",
            description = "auto, always or never (default: auto: on a terminal, unless NO_COLOR is set)")
    private WalTailCommand.When colour = WalTailCommand.When.AUTO;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec spec;

    /** @throws ParameterException if the options do not go together */
    void check() {
        if (since != null && until != null && since.isAfter(until)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--since " + since + " is after --until " + until + "; expected a time before it");
        }
        if (json && raw) {
            throw new ParameterException(spec.commandLine(), "--json and --raw exclude each other");
        }
    }

    /** With texts and fields that only some verbs know. */
    Query query(List<Query.Text> texts, boolean inverted, List<Query.Field> fields) {
        return new Query(
                texts,
                inverted,
                level,
                since == null ? Query.ALL.fromNanos() : nanos(since),
                until == null ? Query.ALL.toNanos() : nanos(until),
                fields);
    }

    private static long nanos(Instant time) {
        try {
            return Math.addExact(
                    Math.multiplyExact(time.getEpochSecond(), TimeUnit.SECONDS.toNanos(1)), time.getNano());
        } catch (ArithmeticException e) {
            return time.getEpochSecond() < 0 ? Long.MIN_VALUE : Long.MAX_VALUE; // Before or behind all events.
        }
    }

    boolean json() {
        return json;
    }

    boolean raw() {
        return raw;
    }

    boolean coloured() {
        return !json && !raw && colour.isOn();
    }

    /**
     * The streams of such names, each once, in the order of the patterns; all if there is none.
     *
     * @throws CommandException if one matches nothing, or without a wildcard streams of several tenants
     */
    List<StreamName> names(StreamReader reader, List<String> patterns) {
        Set<StreamName> known = reader.streams().stream()
                .filter(name -> tenant == null || name.tenant().equals(tenant))
                .collect(Collectors.toCollection(LinkedHashSet::new));
        if (patterns.isEmpty()) {
            return List.copyOf(known);
        }
        Set<StreamName> names = new LinkedHashSet<>();
        for (Glob pattern : GlobConverter.of(patterns, spec)) {
            List<StreamName> found = known.stream()
                    .filter(name -> pattern.matches(name.stream()))
                    .toList();
            check(pattern.pattern(), found, known);
            names.addAll(found);
        }
        return new ArrayList<>(names);
    }

    private void check(String pattern, List<StreamName> found, Set<StreamName> known) {
        if (found.isEmpty()) {
            String whose = tenant == null ? "" : " of tenant " + tenant;
            throw new CommandException(
                    ExitCodes.NO_INPUT,
                    "no stream " + pattern + whose + "; there are "
                            + known.stream().map(StreamName::stream).distinct().collect(Collectors.joining(", ")));
        }
        if (found.size() > 1 && pattern.indexOf('*') < 0 && pattern.indexOf('?') < 0) {
            throw new CommandException(
                    ExitCodes.NO_INPUT,
                    "several tenants have a stream " + pattern + ": "
                            + found.stream().map(StreamName::tenant).collect(Collectors.joining(", "))
                            + "; say --tenant");
        }
    }
}
