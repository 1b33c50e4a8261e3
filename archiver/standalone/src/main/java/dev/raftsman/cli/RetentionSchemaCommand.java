package dev.raftsman.cli;

import dev.raftsman.policy.RetentionFile;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

@Command(name = "schema", description = "Prints the JSON schema of retention.yaml, made by the code that reads it.")
final class RetentionSchemaCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println(ConfigSchema.of("retention.yaml", RetentionFile.reference()));
        out.flush();
        return ExitCodes.OK;
    }
}
