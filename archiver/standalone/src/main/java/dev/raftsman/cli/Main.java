package dev.raftsman.cli;

import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.ConfigException;
import dev.raftsman.sidecar.AgentProcess;
import dev.raftsman.standalone.Verb;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ScopeType;

/** {@code raftsman VERB ...}: finds the verb, runs it, ends with its exit code. */
@Command(
        name = "raftsman",
        description = "Log shipping that never loses a line silently, and can prove it.",
        versionProvider = Version.class,
        synopsisSubcommandLabel = "VERB",
        commandListHeading = "%nVerbs:%n")
public final class Main implements Runnable {
    /** In the order in which the help names them. */
    private static final List<Class<?>> VERBS = List.of(
            DemoCommand.class,
            AgentCommand.class,
            ProcessCommand.Collector.class,
            ProcessCommand.Archiver.class,
            ConfigCommand.class,
            CheckpointCommand.class,
            TapCommand.class,
            CatCommand.class,
            GrepCommand.class,
            TailCommand.class,
            AuditCommand.class,
            StatusCommand.class,
            StreamsCommand.class,
            TopCommand.class,
            ClusterCommand.class,
            WalCommand.class,
            RetentionCommand.class,
            RestoreCommand.class,
            LakeCommand.class,
            PrepareCommand.class,
            CompletionCommand.class,
            BenchCommand.class);

    @SuppressWarnings("UnusedVariable") // Picocli asks for it.
    @CommandLine.Option(
            names = {"-h", "--help"},
            usageHelp = true,
            scope = ScopeType.INHERIT,
            description = "show this help and end")
    private boolean help;

    @SuppressWarnings("UnusedVariable") // Picocli asks for it.
    @CommandLine.Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "print the version and end")
    private boolean version;

    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec;

    private Main() {}

    public static void main(String[] args) {
        Lifeline.holdIfAsked();
        if (args.length == 3 && args[0].equals(Verb.AGENT) && args[1].equals("--config")) {
            // How every supervisor starts it, so how it starts soonest: taking the command line apart by reflection
            // takes
            // longer than all the rest of its start.
            System.exit(AgentProcess.run(Path.of(args[2])));
        }
        String verb = args.length == 0 ? "" : args[0];
        // Before the first logger: a logback.xml that somebody put on the class path is not ours.
        CommandLogging.ofCommand();
        boolean stays = verb.equals(Verb.COLLECTOR) || verb.equals(Verb.ARCHIVER);
        if (stays && System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "dev/raftsman/cli/raftsman-logback.xml");
        }
        System.exit(commandLine(verb).execute(args));
    }

    /** With all verbs. */
    static CommandLine commandLine() {
        return commandLine(VERBS);
    }

    /** With one verb: what the others have is looked up by reflection, which takes longer than many a verb does. */
    private static CommandLine commandLine(String verb) {
        for (Class<?> one : VERBS) {
            if (one.getAnnotation(Command.class).name().equals(verb) && one != CompletionCommand.class) {
                return commandLine(List.of(one));
            }
        }
        return commandLine();
    }

    private static CommandLine commandLine(List<Class<?>> verbs) {
        CommandLine line = new CommandLine(new Main());
        verbs.forEach(line::addSubcommand);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        WholeNumber.convertersInto(line);
        line.setParameterExceptionHandler(Main::refuseArguments);
        line.setExecutionExceptionHandler((failure, command, parsed) -> reportFailure(failure, command));
        return line;
    }

    private static int refuseArguments(CommandLine.ParameterException wrong, String[] args) {
        CommandLine command = wrong.getCommandLine();
        String firstLine = wrong.getMessage().lines().findFirst().orElse("wrong arguments");
        command.getErr()
                .println("raftsman: " + firstLine + "; see "
                        + command.getCommandSpec().qualifiedName() + " --help");
        return ExitCodes.USAGE;
    }

    private static int reportFailure(Exception failure, CommandLine command) {
        PrintWriter err = command.getErr();
        int code = ExitCodes.SOFTWARE;
        if (failure instanceof CommandException refused) {
            // The lines of a wrong configuration begin with its name, as those of a compiler do.
            boolean lines = refused.getCause() instanceof ConfigException;
            err.println((lines ? "" : "raftsman: ") + refused.getMessage());
            code = refused.exitCode();
        } else if (failure instanceof ClusterClient.NoAnswerException) {
            err.println("raftsman: " + failure.getMessage());
            code = ExitCodes.UNAVAILABLE;
        } else if (failure instanceof ClusterClient.NotPermittedException) {
            err.println("raftsman: " + failure.getMessage());
            code = ExitCodes.NO_PERMISSION;
        } else if (failure instanceof IOException || failure instanceof UncheckedIOException) {
            if ("Broken pipe".equals(failure.getMessage())) {
                return ExitCodes.BROKEN_PIPE; // Whoever read our output has seen enough.
            }
            err.println("raftsman: " + (failure.getMessage() == null ? failure : failure.getMessage()));
            code = ExitCodes.IO_ERROR;
        } else {
            // A bug: whoever mends it needs all of it.
            err.println("raftsman: unexpected " + failure);
            failure.printStackTrace(err);
        }
        err.flush();
        return code;
    }

    /** Without a verb: what there is. */
    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "missing verb");
    }
}
