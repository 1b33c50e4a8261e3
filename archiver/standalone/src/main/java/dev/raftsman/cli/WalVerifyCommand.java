package dev.raftsman.cli;

import dev.raftsman.event.EventRow;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalFile;
import dev.raftsman.wal.WalSurvey;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "verify",
        description = {
            "Reads every excerpt of every file, checks checksums, contents and the chain from excerpt to excerpt, and names each"
                    + " damage with file, offset, what was expected there, what was found, and what cannot be read for it.",
            "It only reads, and takes no lock; what a living writer has not finished is no damage.",
            "Ends with 0 if all is sound, with 65 if anything is damaged."
        })
final class WalVerifyCommand implements Callable<Integer> {
    @Mixin
    private WalPlace place;

    @Option(names = "--json", description = "one JSON object instead of lines")
    private boolean json;

    @Spec
    private CommandSpec spec;

    /** What {@code --json} says of one log. */
    record Verdict(String path, long files, long excerpts, long events, List<Named> damages) {}

    record Named(String file, long offset, String expected, String found, String lost) {}

    @Override
    public Integer call() throws IOException {
        WalPlace.Logs logs = place.logs();
        PrintWriter out = spec.commandLine().getOut();
        WalBar bar = WalBar.forLogs(logs.readable());
        List<Verdict> verdicts = new ArrayList<>();
        for (WalDirectory log : logs.readable()) {
            Verdict verdict = verify(log, bar);
            verdicts.add(verdict);
            bar.clear();
            if (!json) {
                print(verdict, out);
            }
        }
        if (json) {
            out.println(WalInspectCommand.json(Map.of("logs", verdicts)));
        }
        out.flush();
        int unreadable = WalInspectCommand.tellOfUnreadable(logs, spec);
        boolean sound = verdicts.stream().allMatch(verdict -> verdict.damages().isEmpty());
        return sound ? unreadable : ExitCodes.DATA_ERROR;
    }

    static Verdict verify(WalDirectory log, WalBar bar) {
        long[] events = new long[1];
        try (WalEvents contents = new WalEvents()) {
            WalSurvey survey = WalSurvey.of(log, new WalSurvey.Listener() {
                private final Count count = new Count();

                @Override
                public String excerpt(Excerpt excerpt, WalFile file, long offset) {
                    try {
                        contents.read(log, excerpt, count);
                        events[0] += excerpt.count();
                        return null;
                    } catch (WalEvents.MalformedException e) {
                        return e.getMessage();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                }

                @Override
                public void surveyed(long bytes) {
                    bar.reached(bytes);
                }
            });
            bar.next(log.walFiles().stream().mapToLong(WalFile::bytes).sum());
            return new Verdict(
                    log.path().toString(),
                    survey.files().size(),
                    survey.excerpts(),
                    events[0],
                    survey.damages().stream()
                            .map(damage -> new Named(
                                    damage.file().toString(),
                                    damage.offset(),
                                    damage.expected(),
                                    damage.found(),
                                    damage.lost()))
                            .toList());
        }
    }

    /** That an event can be taken apart is all that is asked. */
    private static final class Count implements WalEvents.Visitor {
        @Override
        public void event(String stream, long sequence, EventRow row) {
            // Read.
        }

        @Override
        public void line(String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated) {
            // Read.
        }
    }

    private static void print(Verdict verdict, PrintWriter out) {
        StringBuilder text = new StringBuilder();
        for (Named damage : verdict.damages()) {
            text.append(damage.file()).append(" offset ").append(damage.offset());
            text.append(": expected ")
                    .append(damage.expected())
                    .append(", found ")
                    .append(damage.found());
            text.append("; lost: ").append(damage.lost()).append('\n');
        }
        text.append(verdict.path()).append(": ");
        text.append(
                verdict.damages().isEmpty()
                        ? "sound"
                        : "damaged, places: " + verdict.damages().size());
        text.append("; events: ")
                .append(verdict.events())
                .append(", excerpts: ")
                .append(verdict.excerpts());
        text.append(", files: ").append(verdict.files()).append('\n');
        out.print(EventText.printable(text.toString()));
        out.flush();
    }
}
