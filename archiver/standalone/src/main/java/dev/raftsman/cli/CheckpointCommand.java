package dev.raftsman.cli;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.shipper.DamagedCursorException;
import dev.raftsman.sidecar.AgentConfig;
import dev.raftsman.sidecar.CheckpointTable;
import dev.raftsman.sidecar.CheckpointTable.Row;
import dev.raftsman.sidecar.CheckpointTable.Step;
import dev.raftsman.sidecar.CheckpointTable.Target;
import dev.raftsman.sidecar.Wildcard;
import java.io.Console;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "checkpoint",
        description = "How far an agent has read each file: list, reset.",
        subcommands = {CheckpointCommand.Show.class, CheckpointCommand.Reset.class})
final class CheckpointCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: list or reset");
    }

    private static IOException refused(IOException e) {
        if (e instanceof AccessDeniedException denied) {
            String why = denied.getReason() == null ? "" : ": " + denied.getReason();
            throw new CommandException(ExitCodes.NO_PERMISSION, "no permission for " + denied.getFile() + why, e);
        }
        if (e instanceof DamagedCursorException) {
            throw new CommandException(ExitCodes.DATA_ERROR, e.getMessage(), e);
        }
        return e;
    }

    private static CheckpointTable table(AgentConfig config) throws IOException {
        try {
            return CheckpointTable.of(config);
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private static void tellOfUnreadable(CheckpointTable table, PrintWriter err) {
        for (String problem : table.unreadable()) {
            err.println("raftsman: "
                    + EventText.printable("write-ahead log cannot be read, and is not counted: " + problem));
        }
    }

    @Command(
            name = "list",
            description = {
                "Says of each file how far it was read, how much is behind that now, and whether all that was read is"
                        + " acknowledged or still in the write-ahead log.",
                "It only reads, and takes no lock: beside an agent that runs it is a picture a moment old."
            })
    static final class Show implements Callable<Integer> {
        @Mixin
        private AgentOption agent;

        @Option(names = "--json", description = "one JSON object instead of lines")
        private boolean json;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            CheckpointTable table = table(agent.read());
            PrintWriter out = spec.commandLine().getOut();
            if (json) {
                out.println(WalInspectCommand.json(Map.of("sources", table.rows())));
            } else {
                for (Row row : table.rows()) {
                    out.println(EventText.printable(text(row)));
                }
            }
            out.flush();
            tellOfUnreadable(table, spec.commandLine().getErr());
            return table.unreadable().isEmpty() ? ExitCodes.OK : ExitCodes.NO_INPUT;
        }

        private static String text(Row row) {
            String acknowledged = row.acknowledged()
                    ? "acknowledged"
                    : "acknowledged %,d, the rest in %s".formatted(row.acknowledgedOffset(), row.wal());
            String size = row.isThere()
                    ? "of %,d, %,d behind%s"
                            .formatted(row.size(), row.behind(), row.file().equals("renamed") ? ", renamed" : "")
                    : "file is " + row.file();
            return "%s%n  stream %s, device %d, inode %d%n  read %,d %s; %s"
                    .formatted(row.path(), row.stream(), row.device(), row.inode(), row.offset(), size, acknowledged);
        }
    }

    @Command(
            name = "reset",
            description = {
                "Has the agent go on elsewhere in files at its next start: from their beginning, or from their end.",
                "What is read again gets new sequences, so it is stored a second time. What is skipped gets none, so no gap tells"
                        + " of it: it is noted in checkpoint-resets.log in the data directory and nowhere else.",
                "No agent may run (75 otherwise), and all that was read must be acknowledged: 'raftsman agent drain' sees to"
                        + " both."
            })
    static final class Reset implements Callable<Integer> {
        @Mixin
        private AgentOption agent;

        @Parameters(
                paramLabel = "PATTERN",
                arity = "0..1",
                description = "files whose path or stream it matches; * stands for any text, ? for one character")
        private String pattern;

        @Option(names = "--all", description = "all files")
        private boolean all;

        @Option(
                names = "--to",
                paramLabel = "PLACE",
                defaultValue = "beginning",
                description = "beginning or end (default: ${DEFAULT-VALUE})")
        private Target target;

        @Option(names = "--yes", description = "do it without asking; needed where nobody can be asked")
        private boolean yes;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            if (all == (pattern != null)) {
                throw new ParameterException(spec.commandLine(), "say either PATTERN or --all");
            }
            AgentConfig config = agent.read();
            try (CheckpointTable.Reset reset = CheckpointTable.Reset.begin(config)) {
                return reset(reset, config);
            } catch (DirectoryLock.HeldException e) {
                throw new CommandException(
                        ExitCodes.TEMPORARY, e.getMessage() + "; end it first, with 'raftsman agent drain'", e);
            } catch (IOException e) {
                throw refused(e);
            }
        }

        private int reset(CheckpointTable.Reset reset, AgentConfig config) throws IOException {
            CheckpointTable table = reset.table();
            PrintWriter out = spec.commandLine().getOut();
            List<Row> chosen = all ? table.rows() : table.matching(new Wildcard(pattern));
            if (chosen.isEmpty()) {
                throw new CommandException(
                        ExitCodes.NO_INPUT, all ? "no file was ever read" : "no file matches " + pattern);
            }
            refuseUnacknowledged(table, chosen);
            List<Step> steps = table.plan(chosen, target);
            long again = 0;
            long skipped = 0;
            for (Step step : steps) {
                again += step.again();
                skipped += step.skipped();
                out.println(EventText.printable("%s (stream %s): offset %,d -> %,d"
                        .formatted(
                                step.row().path(),
                                step.row().stream(),
                                step.row().offset(),
                                step.offset())));
            }
            if (chosen.size() > steps.size()) {
                out.printf("%d files stay: not there, or at that place already%n", chosen.size() - steps.size());
            }
            if (again > 0) {
                out.printf("%,d bytes are read again; their events get new sequences: they are stored again%n", again);
            }
            if (skipped > 0) {
                out.printf(
                        "%,d bytes are skipped, without a gap in the cluster; they are noted in %s%n",
                        skipped, config.data().resolve(CheckpointTable.RESETS_FILE));
            }
            out.flush();
            if (steps.isEmpty()) {
                return ExitCodes.OK;
            }
            if (!yes && !isConfirmed()) {
                throw new CommandException(ExitCodes.USAGE, "nothing was changed; --yes does it");
            }
            reset.apply(steps, Clock.systemUTC());
            out.printf("%d files reset%n", steps.size());
            out.flush();
            return ExitCodes.OK;
        }

        /** The events are numbered and on their way, and come with a checkpoint that would undo the reset. */
        private static void refuseUnacknowledged(CheckpointTable table, List<Row> chosen) {
            List<Row> waiting =
                    chosen.stream().filter(row -> !row.acknowledged()).toList();
            if (!table.unreadable().isEmpty()) {
                throw new CommandException(
                        ExitCodes.DATA_ERROR,
                        EventText.printable("a write-ahead log cannot be read, so nobody knows what it holds: "
                                + table.unreadable().get(0)));
            }
            if (!waiting.isEmpty()) {
                throw new CommandException(
                        ExitCodes.TEMPORARY,
                        EventText.printable(waiting.size() + " of " + chosen.size()
                                + " files were read farther than is acknowledged, such as "
                                + waiting.get(0).path()
                                + "; ship what the write-ahead log holds first, with 'raftsman agent drain'"));
            }
        }

        private static boolean isConfirmed() {
            Console console = Boolean.getBoolean("raftsman.terminal.in") ? System.console() : null;
            return console != null && "yes".equals(console.readLine("Type 'yes' to do it: "));
        }
    }
}
