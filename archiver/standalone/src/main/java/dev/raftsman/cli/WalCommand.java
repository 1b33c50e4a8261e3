package dev.raftsman.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

@Command(
        name = "wal",
        description =
                "Looks into the write-ahead logs of this host, also while they are written: inspect, verify, salvage,"
                        + " tail.",
        subcommands = {WalInspectCommand.class, WalVerifyCommand.class, WalSalvageCommand.class, WalTailCommand.class})
final class WalCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: inspect, verify, salvage or tail");
    }
}
