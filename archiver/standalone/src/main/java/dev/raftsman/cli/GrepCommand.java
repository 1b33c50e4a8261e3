package dev.raftsman.cli;

import dev.raftsman.restore.StreamReader;
import dev.raftsman.restore.StreamReader.StreamName;
import dev.raftsman.restore.StreamSearch;
import dev.raftsman.search.BlockSearch.Keep;
import dev.raftsman.search.Query;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "grep",
        description = {
            "Finds lines and events with a text in streams, hot and cold as one, in the order they were stored.",
            "The text of an event is its message and its throwable; what else it has is found by --field. Ends with 0 if"
                    + " something was found, with 1 if nothing was."
        })
final class GrepCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 16;

    @Mixin
    private Place place;

    @Mixin
    private Wanted wanted;

    @Option(
            names = {"-E", "--regex"},
            description = "PATTERN is a regular expression as RE2 knows them, and not a text")
    private boolean regex;

    @Option(
            names = {"-i", "--ignore-case"},
            description = "of letters")
    private boolean ignoringCase;

    @Option(
            names = {"-w", "--word"},
            description = "only whole words: the fastest, as what has no such word need not be read")
    private boolean wholeWords;

    @Option(
            names = {"-v", "--invert"},
            description = "what does not match the texts")
    private boolean inverted;

    @Option(names = "--and", paramLabel = "PATTERN", description = "this must be there, too; as often as wanted")
    private List<String> more = List.of();

    @Option(
            names = "--field",
            paramLabel = "NAME=VALUE",
            description = "an event's logger, thread or attribute, or a label such as host; as often as wanted")
    private List<String> fields = List.of();

    @Option(
            names = {"-A", "--after"},
            paramLabel = "N",
            description =
                    "show so many lines behind each match, too; nothing can be left unread then, as with the next two")
    private int after;

    @Option(
            names = {"-B", "--before"},
            paramLabel = "N",
            description = "before each match")
    private int before;

    @Option(
            names = {"-C", "--context"},
            paramLabel = "N",
            description = "before and behind each match")
    private int around;

    @Option(
            names = {"-c", "--count"},
            description = "only how many match, for each stream")
    private boolean counting;

    @Option(
            names = {"-m", "--limit"},
            paramLabel = "N",
            showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER,
            description = "end after so many matches")
    private Long limit;

    @Option(names = "--stats", description = "say on standard error how much had to be read")
    private boolean stats;

    @Parameters(index = "0", paramLabel = "PATTERN", description = "what to look for")
    private String pattern;

    @Parameters(
            index = "1..*",
            arity = "0..*",
            paramLabel = "STREAM",
            description = "names of streams, with * and ? for any (default: all)")
    private List<String> streams = List.of();

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        // Flushed but not closed: it is the process's own, and a refusal must not take it away.
        return run(new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES));
    }

    int run(OutputStream out) throws IOException {
        wanted.check();
        Query query = query();
        int linesBefore = Math.max(before, around);
        int linesAfter = Math.max(after, around);
        if (after < 0 || before < 0 || around < 0) {
            throw new ParameterException(spec.commandLine(), "fewer than 0 lines of context");
        }
        boolean context = linesBefore + linesAfter > 0;
        Keep keep = counting ? Keep.COUNT : context ? Keep.ALL : Keep.MATCHES;
        try (StreamReader reader = place.open();
                StreamSearch search = new StreamSearch(reader, query, keep, wanted.json() && !counting);
                SearchProgress progress = SearchProgress.start(search.counts())) {
            List<StreamName> names = wanted.names(reader, streams);
            FoundOutput output = new FoundOutput(
                    out, wanted, query.texts(), names, linesBefore, linesAfter, limit == null ? -1 : limit);
            search.plan(names);
            long matches =
                    counting ? count(search, names, out, output, progress) : write(search, names, output, progress);
            progress.end();
            out.flush();
            if (stats) {
                say(search);
            }
            return matches > 0 ? ExitCodes.OK : ExitCodes.NOTHING_FOUND;
        }
    }

    private static Query.Field field(String text) {
        try {
            return Query.Field.parse(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("--field " + e.getMessage(), e);
        }
    }

    private Query query() {
        try {
            List<Query.Text> texts = new ArrayList<>();
            texts.add(new Query.Text(pattern, regex, ignoringCase, wholeWords));
            for (String text : more) {
                texts.add(new Query.Text(text, regex, ignoringCase, wholeWords));
            }
            return wanted.query(
                    texts, inverted, fields.stream().map(GrepCommand::field).toList());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private long write(StreamSearch search, List<StreamName> names, FoundOutput output, SearchProgress progress)
            throws IOException {
        try {
            search.search(names, (segment, epoch, raftIndex, itemsBefore, found) -> {
                progress.output();
                output.found(segment, epoch, raftIndex, itemsBefore, found);
            });
        } catch (FoundOutput.EnoughException enough) {
            return output.matches();
        }
        return output.matches();
    }

    private long count(
            StreamSearch search, List<StreamName> names, OutputStream out, FoundOutput output, SearchProgress progress)
            throws IOException {
        long all = 0;
        for (StreamName name : names) {
            long[] matches = new long[1];
            long most = limit == null ? Long.MAX_VALUE : limit - all;
            try {
                search.search(List.of(name), (segment, epoch, raftIndex, itemsBefore, found) -> {
                    matches[0] += found.matches();
                    if (matches[0] >= most) {
                        throw new FoundOutput.EnoughException();
                    }
                });
            } catch (FoundOutput.EnoughException enough) {
                matches[0] = most;
            }
            all += matches[0];
            progress.output();
            out.write(line(name, matches[0], names, output).getBytes(StandardCharsets.UTF_8));
        }
        return all;
    }

    private String line(StreamName name, long matches, List<StreamName> names, FoundOutput output) {
        if (wanted.json()) {
            return "{\"tenant\":\"%s\",\"stream\":\"%s\",\"matches\":%d}%n"
                    .formatted(name.tenant(), name.stream(), matches);
        }
        return (names.size() > 1 ? EventText.printable(output.shown(name)) + ": " : "") + matches + "\n";
    }

    private void say(StreamSearch search) {
        spec.commandLine()
                .getErr()
                .printf(
                        "read %d of %d blocks, %d of %d segments, %d bytes%n",
                        search.counts().blocksRead(),
                        search.counts().blocks(),
                        search.counts().segmentsRead(),
                        search.counts().segments(),
                        search.counts().bytesFetched());
    }
}
