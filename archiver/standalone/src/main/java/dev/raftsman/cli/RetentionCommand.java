package dev.raftsman.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "retention",
        description = "What becomes of stored segments.",
        subcommands = {
            RetentionPlanCommand.class,
            RetentionApplyCommand.class,
            RetentionExplainCommand.class,
            RetentionHistoryCommand.class,
            RetentionKeepCommand.Undo.class,
            RetentionKeepCommand.Release.class,
            RetentionAdoptCommand.class,
            RetentionThawCommand.class,
            RetentionSchemaCommand.class
        })
final class RetentionCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec.commandLine(),
                "missing verb: " + String.join(", ", spec.subcommands().keySet()));
    }
}
