package dev.raftsman.cli;

import dev.raftsman.wal.WalDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Parameters;

/** Which write-ahead logs a verb is about. Nothing here takes a lock or writes. */
final class WalPlace {
    private static final String EXPECTED =
            "expected a directory PRODUCER/START-INCARNATION with a file 'identity', that of its producer, or the root above";

    @Parameters(
            paramLabel = "DIR",
            description =
                    "one incarnation's write-ahead log, the directory of its producer, or a root with several; an agent's"
                            + " own are in 'wal' below its data directory")
    private Path dir;

    /** Given by picocli. */
    WalPlace() {}

    WalPlace(Path dir) {
        this.dir = dir;
    }

    /** What was found, and what could not be read. */
    record Logs(List<WalDirectory> readable, List<String> unreadable) {}

    Path dir() {
        return dir;
    }

    /** The logs that are there now, the oldest first; possibly none. */
    Logs look() {
        List<WalDirectory> byName = new ArrayList<>();
        List<String> unreadable = new ArrayList<>();
        List<WalDirectory> logs = new ArrayList<>(WalDirectory.find(dir, (path, why) -> {
            Optional<WalDirectory> named = why instanceof AccessDeniedException ? Optional.empty() : named(path);
            named.ifPresentOrElse(byName::add, () -> unreadable.add("cannot read " + path + ": " + reason(why)));
        }));
        if (logs.isEmpty() && byName.isEmpty() && unreadable.isEmpty()) {
            named(dir).filter(log -> !log.walFiles().isEmpty()).ifPresent(byName::add);
        }
        logs.addAll(byName);
        return new Logs(List.copyOf(logs), List.copyOf(unreadable));
    }

    /** As {@link #look}, for a verb that needs something to be there. */
    Logs logs() throws IOException {
        if (!Files.exists(dir)) {
            throw new CommandException(ExitCodes.NO_INPUT, "no such directory: " + dir + "; " + EXPECTED);
        }
        if (!Files.isDirectory(dir)) {
            throw new CommandException(ExitCodes.DATA_ERROR, "not a directory: " + dir + "; " + EXPECTED);
        }
        Logs logs = look();
        if (logs.readable().isEmpty()) {
            if (!logs.unreadable().isEmpty()) {
                throw new CommandException(ExitCodes.NO_INPUT, logs.unreadable().get(0));
            }
            if (holdsFiles()) {
                throw new CommandException(ExitCodes.DATA_ERROR, "not a write-ahead log: " + dir + "; " + EXPECTED);
            }
            throw new CommandException(ExitCodes.NO_INPUT, "no write-ahead log in " + dir + "; " + EXPECTED);
        }
        return logs;
    }

    /** Whether this is one log rather than a place where more may come. */
    boolean isOneLog() {
        return Files.exists(dir.resolve("identity")) || named(dir).isPresent();
    }

    private static Optional<WalDirectory> named(Path path) {
        try {
            return WalDirectory.byName(path);
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private boolean holdsFiles() throws IOException {
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(dir, entry -> !Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS))) {
            return entries.iterator().hasNext();
        }
    }

    private static String reason(IOException why) {
        return why instanceof AccessDeniedException ? "permission denied" : String.valueOf(why.getMessage());
    }

    /** Whether a log's writer lives: {@code alive}, {@code gone}, or {@code unknown} where its lock cannot be asked. */
    static String writer(WalDirectory log) {
        try {
            return log.writerAlive() ? "alive" : "gone";
        } catch (UncheckedIOException e) {
            return "unknown";
        }
    }
}
