package dev.raftsman.cli;

import dev.raftsman.archiver.ArchiverConfig;
import dev.raftsman.collector.CollectorConfig;
import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.sidecar.AgentConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
        name = "config",
        description = "Configuration files.",
        subcommands = {ConfigCommand.Check.class, ConfigCommand.Reference.class})
final class ConfigCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "missing verb: check or reference");
    }

    /** What a file configures. */
    enum Kind {
        AGENT {
            @Override
            void read(Path file) throws ConfigException {
                AgentConfig.read(file);
            }

            @Override
            List<Path> fragments(Path file) throws IOException {
                return ConfigFile.fragments(file, AgentConfig.CONF_D);
            }
        },
        COLLECTOR {
            @Override
            void read(Path file) throws ConfigException {
                CollectorConfig.read(file);
            }
        },
        ARCHIVER {
            @Override
            void read(Path file) throws ConfigException {
                ArchiverConfig.read(file);
            }
        },
        RETENTION {
            @Override
            void read(Path file) throws ConfigException {
                RetentionFile.read(file);
            }
        };

        abstract void read(Path file) throws ConfigException;

        /** Files that are read with it. */
        List<Path> fragments(Path file) throws IOException {
            return List.of();
        }

        /** By the name of the file, or else by the keys that only one kind has; null if neither says. */
        static Kind of(Path file) throws IOException {
            String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
            for (Kind kind : values()) {
                if (name.startsWith(kind.name().toLowerCase(Locale.ROOT))) {
                    return kind;
                }
            }
            for (String line :
                    new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1).split("\n")) {
                if (line.startsWith("policies:")) {
                    return RETENTION;
                } else if (line.startsWith("retention:")) {
                    return ARCHIVER;
                } else if (line.startsWith("agent:") || line.startsWith("inputs:")) {
                    return AGENT;
                } else if (line.startsWith("node:") || line.startsWith("raft:")) {
                    return COLLECTOR;
                }
            }
            return null;
        }
    }

    @Command(name = "reference", description = "Prints every key of every file, as README shows it.")
    static final class Reference implements Callable<Integer> {
        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() {
            PrintWriter out = spec.commandLine().getOut();
            out.print(ConfigReference.markdown());
            out.flush();
            return ExitCodes.OK;
        }
    }

    @Command(
            name = "check",
            description = {
                "Reads files as the processes would and says all that is wrong, one line each: FILE:LINE:COLUMN KEY: what; expected ...",
                "An agent's file is read with those of conf.d beside it, which are named.",
                "Ends with 78 if anything is."
            })
    static final class Check implements Callable<Integer> {
        @Option(
                names = "--kind",
                description = "${COMPLETION-CANDIDATES}; without it, what the file's name begins with or its keys say")
        private Kind kind;

        @Parameters(paramLabel = "FILE", arity = "1..*", description = "files to check")
        private List<Path> files;

        @Spec
        private CommandSpec spec;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            PrintWriter err = spec.commandLine().getErr();
            int code = ExitCodes.OK;
            for (Path file : files) {
                GivenPath.readable(file);
                Kind its = kind == null ? Kind.of(file) : kind;
                if (its == null) {
                    throw new CommandException(ExitCodes.USAGE, file + " may be of any kind; say --kind");
                }
                try {
                    its.read(file);
                    String with = its.fragments(file).stream()
                            .map(fragment -> fragment.getParent().getFileName() + "/" + fragment.getFileName())
                            .collect(Collectors.joining(", "));
                    out.println(file + ": good " + its.name().toLowerCase(Locale.ROOT) + " configuration"
                            + (with.isEmpty() ? "" : " with " + with));
                } catch (ConfigException e) {
                    err.println(e.getMessage());
                    code = ExitCodes.CONFIG;
                }
            }
            out.flush();
            err.flush();
            return code;
        }
    }
}
