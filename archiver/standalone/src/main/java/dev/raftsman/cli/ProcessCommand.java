package dev.raftsman.cli;

import dev.raftsman.standalone.Verb;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A verb that is a long-running process: reads its configuration, runs until SIGTERM, ends with its exit code. */
abstract class ProcessCommand implements Callable<Integer> {
    @Option(
            names = "--config",
            paramLabel = "FILE",
            required = true,
            description = "its configuration; see 'raftsman config check'")
    Path config;

    @Command(name = Verb.COLLECTOR, description = "One node of the cluster that stores what agents ship.")
    static final class Collector extends ProcessCommand {
        @Override
        public Integer call() {
            return dev.raftsman.collector.CollectorProcess.run(config);
        }
    }

    @Command(
            name = Verb.ARCHIVER,
            description = "Decides what is truncated, archived or kept as a snapshot, and does it.")
    static final class Archiver extends ProcessCommand {
        @Override
        public Integer call() {
            return dev.raftsman.archiver.ArchiverProcess.run(config);
        }
    }
}
