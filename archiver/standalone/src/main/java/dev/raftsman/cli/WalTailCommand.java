package dev.raftsman.cli;

import dev.raftsman.wal.WalDirectory;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "tail",
        description = {
            "Shows the last events of each write-ahead log, one line each, with control characters escaped; no cluster and no"
                    + " agent is needed.",
            "It only reads, and takes no lock."
        })
final class WalTailCommand implements Callable<Integer> {
    private static final int BUFFER_BYTES = 1 << 16;

    /** When to colour. */
    enum When {
        AUTO,
        ALWAYS,
        NEVER;

        boolean isOn() {
            return switch (this) {
                case ALWAYS -> true;
                case NEVER -> false;
                case AUTO -> Boolean.getBoolean("raftsman.terminal.out") && System.getenv("NO_COLOR") == null;
            };
        }
    }

    @Mixin
    private WalPlace place;

    @Option(
            names = {"-n", "--lines"},
            paramLabel = "N",
            defaultValue = "10",
            description = "how many of each log (default: ${DEFAULT-VALUE})")
    private long count;

    @Option(
            names = {"-f", "--follow"},
            description =
                    "then show what comes, also in new files, and in new logs if DIR is a producer's directory or a root; ends"
                            + " only with the writer of a DIR that is one log")
    private boolean follow;

    @Option(names = "--json", description = "NDJSON instead of lines")
    private boolean json;

    @Option(
            names = "--colour",
            paramLabel = "WHEN",
            defaultValue = "auto",
            description = "auto, always or never (default: ${DEFAULT-VALUE}: on a terminal, unless NO_COLOR is set)")
    private When colour;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        if (count < 0) {
            throw new ParameterException(spec.commandLine(), "-n " + count + "; expected 0 or more");
        }
        List<WalDirectory> logs;
        WalPlace.Logs found;
        if (follow && !place.isOneLog() && java.nio.file.Files.isDirectory(place.dir())) {
            found = place.look(); // what is not there yet may come
        } else {
            found = place.logs();
        }
        logs = found.readable();
        try (OutputStream out = new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), BUFFER_BYTES);
                WalTail tail = new WalTail(place, out, json, !json && colour.isOn())) {
            tail.last(logs, count);
            int unreadable = WalInspectCommand.tellOfUnreadable(found, spec);
            if (follow && tail.follow(() -> false)) {
                spec.commandLine().getErr().println("raftsman: the writer of " + place.dir() + " has ended");
            }
            return unreadable;
        }
    }
}
