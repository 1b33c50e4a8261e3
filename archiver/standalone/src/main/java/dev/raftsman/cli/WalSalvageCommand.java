package dev.raftsman.cli;

import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Names;
import dev.raftsman.wal.WalDirectory;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
        name = "salvage",
        description = {
            "Writes every event that can be read, and says exactly which sequences are missing and why.",
            "Only reads the source, takes no lock, and overwrites nothing.",
            "Ends with 1 if anything is missing."
        })
final class WalSalvageCommand implements Callable<Integer> {
    @Mixin
    private WalPlace place;

    @Option(
            names = "--out",
            paramLabel = "DIR|FILE",
            required = true,
            description = {
                "where to: a directory gets PRODUCER/START-INCARNATION/STREAM.ndjson and .log for each stream;",
                "a new file whose name ends in .ndjson gets all events as NDJSON, one in .log as lines.",
                "In .log, lines of files are exactly as they were, and an event is one line with control characters escaped."
            })
    private Path out;

    @Option(names = "--json", description = "the account as one JSON object instead of lines")
    private boolean json;

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
        WalPlace.Logs logs = place.logs();
        refuseSource(logs.readable());
        PrintWriter said = spec.commandLine().getOut();
        WalBar bar = WalBar.forLogs(logs.readable());
        List<WalSalvage.Account> accounts = new ArrayList<>();
        try (Target target = target()) {
            for (WalDirectory log : logs.readable()) {
                WalSalvage.Account account = WalSalvage.run(log, target.of(log), bar);
                accounts.add(account);
                bar.clear();
                if (!json) {
                    print(account, said);
                }
            }
        } catch (FileAlreadyExistsException e) {
            throw new CommandException(
                    ExitCodes.CANNOT_CREATE,
                    "there is a file already: " + e.getMessage() + "; expected a new --out",
                    e);
        } finally {
            bar.clear();
        }
        if (json) {
            said.println(WalInspectCommand.json(Map.of("logs", accounts)));
        } else {
            said.println("written to " + out);
        }
        said.flush();
        int unreadable = WalInspectCommand.tellOfUnreadable(logs, spec);
        boolean whole = accounts.stream().allMatch(WalSalvage.Account::isWhole);
        return whole ? unreadable : ExitCodes.MISMATCH;
    }

    /** Nothing may be written into what is read. */
    private void refuseSource(List<WalDirectory> logs) throws IOException {
        Path there = out.toAbsolutePath().normalize();
        while (there != null && !Files.exists(there)) {
            there = there.getParent();
        }
        Path real = there == null ? out : there.toRealPath();
        for (WalDirectory log : logs) {
            if (real.startsWith(log.path())) {
                throw new CommandException(
                        ExitCodes.USAGE, "--out " + out + " is in the log " + log.path() + "; expected another place");
            }
        }
    }

    private Target target() throws IOException {
        String name = out.getFileName() == null ? "" : out.getFileName().toString();
        boolean ndjson = name.endsWith(".ndjson");
        if (!Files.isDirectory(out) && (ndjson || name.endsWith(".log"))) {
            return new OneFile(out, ndjson);
        }
        if (Files.exists(out) && !Files.isDirectory(out)) {
            throw new FileAlreadyExistsException(out.toString());
        }
        return new Tree(out);
    }

    private static void print(WalSalvage.Account account, PrintWriter out) {
        StringBuilder text = new StringBuilder(account.path()).append('\n');
        for (WalSalvage.Read read : account.streams()) {
            text.append("  stream=")
                    .append(read.stream())
                    .append(" read ")
                    .append(read.events())
                    .append(" events");
            text.append(read.events() == 0 ? "" : ", sequences " + read.first() + ".." + read.last())
                    .append('\n');
        }
        for (WalSalvage.Missing gone : account.missing()) {
            text.append("  stream=").append(gone.stream()).append(" missing ");
            text.append(gone.last() - gone.first() + 1)
                    .append(" events, sequences ")
                    .append(gone.first());
            text.append("..")
                    .append(gone.last())
                    .append(": ")
                    .append(gone.why())
                    .append('\n');
        }
        account.lost()
                .forEach((reason, count) -> text.append("  lost ")
                        .append(count)
                        .append(" events without a sequence, before they came here: ")
                        .append(reason)
                        .append('\n'));
        for (String damage : account.damages()) {
            text.append("  damaged: ").append(damage).append('\n');
        }
        text.append(account.isWhole() ? "  nothing is missing\n" : "");
        out.print(EventText.printable(text.toString()));
        out.flush();
    }

    /** Where events go. */
    private interface Target extends AutoCloseable {
        WalSalvage.Sink of(WalDirectory log) throws IOException;

        @Override
        void close() throws IOException;
    }

    /** Everything into one. */
    private static final class OneFile implements Target {
        private final OutputStream out;
        private final EventJson json;
        private final EventText text;

        OneFile(Path file, boolean ndjson) throws IOException {
            out = create(file, StandardOpenOption.CREATE_NEW);
            json = ndjson ? new EventJson(out) : null;
            text = ndjson ? null : new EventText(out, false, true);
        }

        @Override
        public WalSalvage.Sink of(WalDirectory log) {
            return new WalSalvage.Sink() {
                @Override
                public void labels(Labels labels) {
                    if (json != null) {
                        json.labels(labels);
                    }
                }

                @Override
                public void event(String stream, long sequence, EventRow row) throws IOException {
                    if (json == null) {
                        text.event(sequence, row);
                    } else {
                        json.event(log.identity(), stream, sequence, row);
                    }
                }

                @Override
                public void line(
                        String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
                        throws IOException {
                    if (json == null) {
                        raw(out, bytes, offset, length, terminated);
                    } else {
                        json.line(log.identity(), stream, sequence, bytes, offset, length, terminated);
                    }
                }
            };
        }

        @Override
        public void close() throws IOException {
            out.close();
        }
    }

    /** A file of each kind for each stream of each log; of very many streams some are closed and opened again. */
    private static final class Tree implements Target {
        private static final int MAX_OPEN = 64;
        private static final int MAX_NAME = 200;

        private final Path root;
        private final Map<Path, Pair> open = new LinkedHashMap<>(16, 0.75f, true);
        private final Map<Path, Path> made = new LinkedHashMap<>();

        private record Pair(OutputStream ndjson, OutputStream log, EventJson json, EventText text)
                implements AutoCloseable {
            @Override
            public void close() throws IOException {
                try (ndjson;
                        log) {
                    // Both, whatever becomes of one.
                }
            }
        }

        Tree(Path root) {
            this.root = root;
        }

        @Override
        public WalSalvage.Sink of(WalDirectory log) throws IOException {
            Path directory = root.resolve(Names.asFileName(log.identity().producer()))
                    .resolve(log.identity().startMillis() + "-" + log.identity().incarnation());
            Files.createDirectories(directory);
            return new WalSalvage.Sink() {
                private Labels labels = Labels.NONE;

                @Override
                public void labels(Labels now) {
                    labels = now;
                }

                @Override
                public void event(String stream, long sequence, EventRow row) throws IOException {
                    Pair pair = pair(directory, stream);
                    pair.json().labels(labels);
                    pair.json().event(log.identity(), stream, sequence, row);
                    pair.text().event(sequence, row);
                }

                @Override
                public void line(
                        String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
                        throws IOException {
                    Pair pair = pair(directory, stream);
                    pair.json().labels(labels);
                    pair.json().line(log.identity(), stream, sequence, bytes, offset, length, terminated);
                    raw(pair.log(), bytes, offset, length, terminated);
                }
            };
        }

        private Pair pair(Path directory, String stream) throws IOException {
            Path base = directory.resolve(fileName(stream.isEmpty() ? "unknown" : stream));
            Pair pair = open.get(base);
            if (pair == null) {
                if (open.size() == MAX_OPEN) {
                    Iterator<Pair> eldest = open.values().iterator();
                    eldest.next().close();
                    eldest.remove();
                }
                StandardOpenOption how =
                        made.put(base, base) == null ? StandardOpenOption.CREATE_NEW : StandardOpenOption.APPEND;
                OutputStream ndjson = create(base.resolveSibling(base.getFileName() + ".ndjson"), how);
                OutputStream lines = create(base.resolveSibling(base.getFileName() + ".log"), how);
                pair = new Pair(ndjson, lines, new EventJson(ndjson), new EventText(lines, false, true));
                open.put(base, pair);
            }
            return pair;
        }

        private static String fileName(String stream) {
            String name = Names.asFileName(stream);
            return name.length() <= MAX_NAME
                    ? name
                    : name.substring(0, MAX_NAME) + String.format("=%08x", stream.hashCode());
        }

        @Override
        public void close() throws IOException {
            IOException failed = null;
            for (Pair pair : open.values()) {
                try {
                    pair.close();
                } catch (IOException e) {
                    failed = e;
                }
            }
            if (failed != null) {
                throw failed;
            }
        }
    }

    private static OutputStream create(Path file, StandardOpenOption how) throws IOException {
        return new BufferedOutputStream(
                Channels.newOutputStream(Files.newByteChannel(file, StandardOpenOption.WRITE, how)), 1 << 16);
    }

    private static void raw(OutputStream out, ByteBuffer bytes, int offset, int length, boolean terminated)
            throws IOException {
        byte[] copy = new byte[length];
        bytes.get(offset, copy);
        out.write(copy);
        if (terminated) {
            out.write('\n');
        }
    }
}
