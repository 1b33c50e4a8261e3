package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.raftsman.config.HostPort;
import dev.raftsman.event.Level;
import dev.raftsman.policy.Glob;
import dev.raftsman.sidecar.CheckpointTable;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/**
 * Every command's bad input: one line on standard error that names what is wrong and what was expected, the right exit code,
 * no stack trace. The commands, their options and the types of these are picocli's own: a command, a path or a text that is new
 * fails here until the tables below know it.
 */
class BadInputTest {
    private static final String NOBODY = "127.0.0.1:1";

    @TempDir
    Path temporary;

    private Path policy;
    private Path agent;
    private Path file;

    /** What would do of each command, were it not for what a row adds. Where nobody listens, a cluster is. */
    private Map<String, List<String>> commands() {
        String p = policy.toString();
        String a = agent.toString();
        String f = file.toString();
        String nothing = temporary.resolve("nothing").toString();
        Map<String, List<String>> all = new TreeMap<>();
        all.put("demo", List.of("--data", nothing));
        all.put("agent", List.of("--config", a));
        all.put("agent drain", List.of("--config", a));
        all.put("collector", List.of("--config", nothing));
        all.put("archiver", List.of("--config", nothing));
        all.put("config check", List.of(a));
        all.put("config reference", List.of());
        all.put("checkpoint list", List.of("--config", a));
        all.put("checkpoint reset", List.of("--config", a, "--all"));
        all.put("tap", List.of("--config", a));
        all.put("cat", List.of("--cluster", NOBODY, "--wait", "1ms", "orders"));
        all.put("tail", List.of("--cluster", NOBODY, "--wait", "1ms", "orders"));
        all.put("grep", List.of("--cluster", NOBODY, "--wait", "1ms", "text"));
        for (String verb : List.of("audit", "status", "streams", "top", "retention thaw", "cluster status")) {
            all.put(verb, List.of("--cluster", NOBODY, "--wait", "1ms"));
        }
        for (String verb : List.of("remove", "transfer")) {
            all.put("cluster " + verb, List.of("--cluster", NOBODY, "--wait", "1ms", "n1"));
        }
        all.put("cluster add", List.of("--cluster", NOBODY, "--wait", "1ms", "--raft", NOBODY, "n4"));
        all.put("cluster replace", List.of("--cluster", NOBODY, "--wait", "1ms", "--raft", NOBODY, "n1", "n4"));
        all.put("wal inspect", List.of(nothing));
        all.put("wal verify", List.of(nothing));
        all.put("wal salvage", List.of("--out", nothing, nothing));
        all.put("wal tail", List.of(nothing));
        for (String verb : List.of("plan", "adopt", "history")) {
            all.put("retention " + verb, List.of("--cluster", NOBODY, "--wait", "1ms", "--policy", p));
        }
        all.put("retention explain", List.of("--cluster", NOBODY, "--wait", "1ms", "--policy", p, "orders"));
        all.put("retention apply", List.of("--cluster", NOBODY, "--wait", "1ms", "--policy", p, nothing));
        all.put("retention undo", List.of("--cluster", NOBODY, "--wait", "1ms", "--reason", "x", "orders"));
        all.put("retention release", List.of("--cluster", NOBODY, "--wait", "1ms", "orders"));
        all.put("retention schema", List.of());
        all.put("restore", List.of("--cluster", NOBODY, "--wait", "1ms", "--policy", p, "--archive"));
        all.put("lake export", List.of("--policy", p, "--target", "cold"));
        all.put("lake status", List.of("--policy", p, "--target", "cold"));
        all.put("prepare", List.of());
        all.put("completion", List.of());
        for (String verb : List.of("pipeline", "agent", "cluster", "catch-up", "archive", "lake")) {
            all.put("bench " + verb, List.of("--file", f));
        }
        all.put("bench files", List.of());
        all.put("bench tail", List.of());
        all.put("bench grep", List.of("--dir", temporary.toString()));
        all.put("bench appender", List.of());
        return all;
    }

    /** What a path is for. */
    private enum Use {
        /** Read as a configuration: 78, with a line for each problem that begins with the file's name. */
        CONFIGURATION,
        /** Read: 66. */
        INPUT,
        /** A directory to read from: 66, or 65 where it is of the wrong kind. */
        INPUT_DIRECTORY,
        /** A directory to write to: 73 where a file is. */
        OUTPUT_DIRECTORY,
        /** A file to write: 73 where its directory is not there. */
        OUTPUT,
        /** Looked at by a test of its own, or only when the cluster was reached. */
        ELSEWHERE
    }

    private static final Map<String, Use> PATHS = Map.ofEntries(
            Map.entry("--policy", Use.CONFIGURATION),
            Map.entry("--config", Use.CONFIGURATION),
            Map.entry("config check FILE", Use.INPUT),
            Map.entry("demo FILE", Use.INPUT),
            Map.entry("--file", Use.INPUT),
            Map.entry("--dir", Use.INPUT_DIRECTORY),
            Map.entry("DIR", Use.INPUT_DIRECTORY),
            Map.entry("audit --data", Use.INPUT_DIRECTORY),
            Map.entry("cat --data", Use.INPUT_DIRECTORY),
            Map.entry("grep --data", Use.INPUT_DIRECTORY),
            Map.entry("--data", Use.OUTPUT_DIRECTORY),
            Map.entry("--json", Use.OUTPUT),
            Map.entry("--jfr", Use.OUTPUT),
            Map.entry("retention apply PLAN", Use.INPUT),
            Map.entry("retention plan --out", Use.ELSEWHERE),
            Map.entry("retention apply --staging", Use.ELSEWHERE),
            Map.entry("wal salvage --out", Use.ELSEWHERE),
            Map.entry("restore --into", Use.ELSEWHERE),
            Map.entry("--token-file", Use.INPUT),
            Map.entry("tail --checkpoint", Use.ELSEWHERE),
            Map.entry("--cache-dir", Use.ELSEWHERE));

    /** Texts that may be any, or of which only whoever has the data knows what they should be. */
    private static final Set<String> TEXTS = Set.of(
            "bench grep --rare",
            "bench grep --common",
            "cat STREAM",
            "tail STREAM",
            "tail --grep",
            "tail --from",
            "grep PATTERN",
            "grep --and",
            "grep --field", // There is a row for it below, as for the next two.
            "grep STREAM",
            "audit STREAM",
            "streams GLOB",
            "--tenant",
            "NODE",
            "OLD",
            "NEW",
            "--by",
            "--reason",
            "SEGMENT|STREAM|SNAPSHOT",
            "SEGMENT|STREAM",
            "--target",
            "--snapshot",
            "checkpoint reset PATTERN",
            "checkpoint list PATTERN",
            "tap --stream",
            "--only");

    /** By type, what is none. */
    private static final Map<Class<?>, List<String>> NONE_OF = Map.ofEntries(
            Map.entry(int.class, List.of("many", "1.5", "-1", "99999999999", "")),
            Map.entry(Integer.class, List.of("many", "1.5", "-1", "99999999999", "")),
            Map.entry(long.class, List.of("many", "1.5", "-1", "99999999999999999999")),
            Map.entry(Long.class, List.of("many", "1.5", "-1", "99999999999999999999")),
            Map.entry(Duration.class, List.of("10", "2 days", "-1s", "1e30s", "99999999999999y")),
            Map.entry(Instant.class, List.of("yesterday", "2026-13-01", "10", "2026-11-30T25:00Z")),
            Map.entry(Glob.class, List.of("", "x".repeat(300))),
            Map.entry(HostPort.class, List.of("nonsense", ":80", "a:99999", "a:b")),
            Map.entry(WalTailCommand.When.class, List.of("sometimes")),
            Map.entry(Level.class, List.of("LOUD")),
            Map.entry(ConfigCommand.Kind.class, List.of("consumer")),
            Map.entry(CheckpointTable.Target.class, List.of("middle")));

    /** Sizes are longs. */
    private static final List<String> NO_SIZE = List.of("10", "10GiBB", "-1MiB", "1e30TiB", "99999999999999TiB");

    @BeforeEach
    void begin() throws IOException {
        policy = Files.writeString(temporary.resolve("retention.yaml"), """
                targets: {cold: {type: directory, path: "%s"}}
                policies: [{name: rest, to: cold}]
                """.formatted(temporary.resolve("archive")));
        agent = Files.writeString(temporary.resolve("agent.yaml"), """
                agent: host
                data: %s
                collectors: ['127.0.0.1:1']
                inputs: [{paths: ['%s']}]
                """.formatted(
                        temporary.resolve("data"), temporary.resolve("logs/*.log")));
        file = Files.writeString(temporary.resolve("some.log"), "a line\n");
    }

    /** To be looked at. What was run once is not as it was. */
    private static final CommandLine LINE = Main.commandLine();

    /** Options whose every wrong value was tried, of one command for those of several. */
    private static final Set<String> TRIED = new HashSet<>();

    private record Ended(int code, String out, String err) {}

    /** Some verbs are processes that say what is wrong themselves. */
    private static synchronized Ended raftsman(List<String> words) {
        PrintStream before = System.err;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try {
            int code = Main.commandLine()
                    .setOut(new PrintWriter(out, true, StandardCharsets.UTF_8))
                    .setErr(new PrintWriter(err, true, StandardCharsets.UTF_8))
                    .execute(words.toArray(String[]::new));
            return new Ended(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
        } finally {
            System.setErr(before);
        }
    }

    private static Ended refused(int code, List<String> words, String... named) {
        Ended ended = raftsman(words);
        String what = String.join(" ", words) + "\n" + ended.out() + ended.err();
        assertThat(ended.err().lines().toList()).as(what).hasSize(1);
        assertThat(ended.err()).as(what).startsWith("raftsman").contains(named).doesNotContain("\tat ", "Exception");
        assertThat(ended.code()).as(what).isEqualTo(code);
        return ended;
    }

    private static List<String> with(String command, List<String> arguments, String... more) {
        List<String> words = new ArrayList<>(List.of(command.split(" ")));
        words.addAll(arguments);
        words.addAll(List.of(more));
        return words;
    }

    private interface Row {
        void check(String path, CommandSpec command, List<String> base);
    }

    private Stream<DynamicTest> ofEveryCommand(Row row) {
        List<DynamicTest> tests = new ArrayList<>();
        Map<String, List<String>> known = commands();
        everyCommand("", LINE.getCommandSpec(), (path, command) -> {
            boolean alone = command.subcommands().isEmpty() || known.containsKey(path);
            if (alone) {
                tests.add(dynamicTest(path, () -> {
                    assertThat(known).as("rows for 'raftsman " + path + "'").containsKey(path);
                    row.check(path, command, known.get(path));
                }));
            }
        });
        assertThat(tests).hasSizeGreaterThan(30);
        return tests.stream();
    }

    private static void everyCommand(String path, CommandSpec command, BiConsumer<String, CommandSpec> what) {
        command.subcommands().forEach((name, line) -> {
            String below = path.isEmpty() ? name : path + " " + name;
            what.accept(below, line.getCommandSpec());
            everyCommand(below, line.getCommandSpec(), what);
        });
    }

    /** The arguments without an option and its value. */
    private static List<String> without(List<String> arguments, String option) {
        int at = arguments.indexOf(option);
        List<String> rest = new ArrayList<>(arguments);
        if (at >= 0) {
            boolean hasValue = at + 1 < rest.size() && !rest.get(at + 1).startsWith("--");
            rest.subList(at, at + (hasValue ? 2 : 1)).clear();
        }
        return rest;
    }

    private static List<OptionSpec> options(CommandSpec command) {
        return command.options().stream()
                .filter(option -> !option.usageHelp() && !option.versionHelp())
                .toList();
    }

    private static Class<?> valueType(ArgSpec arg) {
        return arg.auxiliaryTypes() != null && arg.auxiliaryTypes().length > 0 ? arg.auxiliaryTypes()[0] : arg.type();
    }

    private static boolean isSwitch(ArgSpec arg) {
        return arg.type() == boolean.class || arg.type() == Boolean.class;
    }

    @TestFactory
    Stream<DynamicTest> anUnknownFlagIsNamed() {
        return ofEveryCommand((path, command, base) ->
                refused(ExitCodes.USAGE, with(path, base, "--bogus"), "'--bogus'", "raftsman " + path + " --help"));
    }

    @Test
    void aMissingOrUnknownVerbIsNamed() {
        everyCommand("", LINE.getCommandSpec(), (path, command) -> {
            if (!command.subcommands().isEmpty()) {
                refused(ExitCodes.USAGE, with(path, List.of()), path.equals("agent") ? "--config" : "missing verb");
                refused(ExitCodes.USAGE, with(path, List.of("bogus")), "'bogus'");
            }
        });
        refused(ExitCodes.USAGE, List.of(), "missing verb");
        refused(ExitCodes.USAGE, List.of("bogus"), "'bogus'");
    }

    @TestFactory
    Stream<DynamicTest> anOptionWithoutItsValueIsNamed() {
        return ofEveryCommand((path, command, base) -> {
            for (OptionSpec option : options(command)) {
                if (!isSwitch(option)) {
                    refused(
                            ExitCodes.USAGE,
                            with(path, without(base, option.longestName()), option.longestName()),
                            option.longestName());
                }
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> whatIsRequiredIsNamed() {
        return ofEveryCommand((path, command, base) -> {
            for (OptionSpec option : options(command)) {
                if (option.required() && option.group() == null) {
                    refused(ExitCodes.USAGE, with(path, without(base, option.longestName())), option.longestName());
                }
            }
            List<String> labels = command.positionalParameters().stream()
                    .filter(parameter -> parameter.arity().min() > 0)
                    .map(PositionalParamSpec::paramLabel)
                    .toList();
            if (!labels.isEmpty()) {
                refused(ExitCodes.USAGE, with(path, base.subList(0, base.size() - labels.size())), labels.get(0));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> aValueThatIsNoneIsNamedWithWhatWasExpected() {
        return ofEveryCommand((path, command, base) -> {
            for (OptionSpec option : options(command)) {
                String name = option.longestName();
                for (String value : wrong(path, name, option)) {
                    Ended ended = refused(
                            ExitCodes.USAGE, with(path, without(base, name), name + "=" + value), name, "expected");
                    assertThat(ended.err()).contains(value.length() > 20 ? value.substring(0, 20) : value);
                }
            }
            for (PositionalParamSpec parameter : command.positionalParameters()) {
                for (String value : wrong(path, parameter.paramLabel(), parameter)) {
                    refused(ExitCodes.USAGE, with(path, base, value), parameter.paramLabel(), "expected");
                }
            }
        });
    }

    private static List<String> wrong(String path, String name, ArgSpec arg) {
        Class<?> type = valueType(arg);
        if (isSwitch(arg)) {
            return List.of();
        } else if (arg.converters().length > 0 && arg.converters()[0] instanceof Place.SizeConverter) {
            return NO_SIZE;
        } else if (type == Path.class) {
            assertThat(PATHS)
                    .as("what the path " + name + " of '" + path + "' is for")
                    .containsAnyOf(both(path, name));
            return List.of();
        } else if (type == String.class) {
            assertThat(TEXTS.contains(name) || TEXTS.contains(path + " " + name))
                    .as("whether the text " + name + " of '" + path + "' may be any")
                    .isTrue();
            return List.of();
        }
        assertThat(NONE_OF)
                .as("what is no " + type + ": " + name + " of '" + path + "'")
                .containsKey(type);
        List<String> values = NONE_OF.get(type);
        return TRIED.add(name + type) ? values : values.subList(0, 1);
    }

    @SuppressWarnings("unchecked")
    private static Map.Entry<String, Use>[] both(String path, String name) {
        List<Map.Entry<String, Use>> entries = new ArrayList<>();
        for (Use use : Use.values()) {
            entries.add(Map.entry(name, use));
            entries.add(Map.entry(path + " " + name, use));
        }
        return entries.toArray(Map.Entry[]::new);
    }

    @TestFactory
    Stream<DynamicTest> aPathThatIsNotAsItMustBeIsNamed() {
        return ofEveryCommand((path, command, base) -> {
            for (OptionSpec option : options(command)) {
                // What these bring is looked at before the cluster is asked.
                boolean later = option.longestName().equals("--token-file")
                        && Set.of("retention apply", "restore").contains(path);
                if (valueType(option) == Path.class && !later) {
                    String name = option.longestName();
                    path(path, name, without(without(base, name), rival(path, name)), name);
                }
            }
            for (PositionalParamSpec parameter : command.positionalParameters()) {
                if (valueType(parameter) == Path.class) {
                    List<String> rest = parameter.arity().min() > 0 ? base.subList(0, base.size() - 1) : base;
                    path(path, parameter.paramLabel(), rest, null);
                }
            }
        });
    }

    /** The one that may not be said beside it. */
    private static String rival(String path, String name) {
        return name.equals("--data") && Set.of("audit", "cat", "grep").contains(path)
                ? "--cluster"
                : name.equals("--dir") ? "--file" : "-";
    }

    private void path(String path, String name, List<String> rest, String option) {
        Use use = PATHS.getOrDefault(path + " " + name, PATHS.get(name));
        switch (use) {
            case CONFIGURATION -> {
                configuration(path, rest, option, temporary.resolve("absent.yaml"));
                configuration(path, rest, option, temporary);
                configuration(path, rest, option, file);
                Ended ended = configuration(path, rest, option, twoProblems());
                assertThat(ended.err().lines().toList()).as(ended.err()).hasSizeGreaterThan(1);
            }
            case INPUT -> {
                refused(ExitCodes.NO_INPUT, given(path, rest, option, temporary.resolve("absent")), "absent");
                refused(ExitCodes.NO_INPUT, given(path, rest, option, temporary), temporary.toString(), "expected");
            }
            case INPUT_DIRECTORY -> {
                refused(ExitCodes.NO_INPUT, given(path, rest, option, temporary.resolve("absent")), "absent");
                Ended ended = raftsman(given(path, rest, option, file));
                assertThat(ended.code()).as(path + ended).isIn(ExitCodes.NO_INPUT, ExitCodes.DATA_ERROR);
                assertThat(ended.err().lines().toList()).as(ended.err()).hasSize(1);
                assertThat(ended.err()).contains(file.toString());
            }
            case OUTPUT_DIRECTORY ->
                refused(ExitCodes.CANNOT_CREATE, given(path, rest, option, file), file.toString(), "expected");
            case OUTPUT -> {
                refused(
                        ExitCodes.CANNOT_CREATE,
                        given(path, rest, option, temporary.resolve("absent/file")),
                        "absent",
                        "expected");
                refused(ExitCodes.CANNOT_CREATE, given(path, rest, option, temporary), temporary.toString());
            }
            case ELSEWHERE -> assertThat(name).isNotEmpty();
        }
    }

    private static List<String> given(String path, List<String> rest, String option, Path value) {
        return option == null ? with(path, rest, value.toString()) : with(path, rest, option + "=" + value);
    }

    private Path twoProblems() {
        try {
            return Files.writeString(temporary.resolve("two.yaml"), "nonsense: 1\nmore: 2\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Ended configuration(String path, List<String> rest, String option, Path value) {
        List<String> words = given(path, rest, option, value);
        Ended ended = raftsman(words);
        assertThat(ended.code()).as(words + ended.err()).isEqualTo(ExitCodes.CONFIG);
        assertThat(ended.err().lines().toList())
                .as(words + ended.err())
                .isNotEmpty()
                .allMatch(line -> line.startsWith(value + ":") && line.contains("expected "));
        return ended;
    }

    @TestFactory
    Stream<DynamicTest> whereNobodyListensIsSaidSo() {
        return ofEveryCommand((path, command, base) -> {
            // These look first at what they would bring.
            boolean brings = path.equals("retention apply") || path.equals("restore");
            if (base.contains("--cluster") && !brings) {
                refused(ExitCodes.UNAVAILABLE, with(path, base), NOBODY);
            }
        });
    }

    @Test
    void whatWouldBeOverwrittenStays() throws IOException {
        String full = temporary.toString();
        refused(ExitCodes.CANNOT_CREATE, List.of("demo", "--data", full), full, "expected an empty or a new directory");
        refused(
                ExitCodes.CANNOT_CREATE,
                List.of("restore", "--archive", "--policy", policy.toString(), "--into", full),
                full,
                "expected an empty or a new directory");
        refused(
                ExitCodes.CANNOT_CREATE,
                List.of("retention", "plan", "--policy", policy.toString(), "--out", file.toString()),
                file.toString());
        assertThat(Files.readString(file)).isEqualTo("a line\n");
    }

    @Test
    void whereAnswersExcludeEachOtherOneIsExpected() {
        String p = policy.toString();
        refused(
                ExitCodes.USAGE,
                List.of("audit", "--data", "x", "--cluster", NOBODY),
                "--data",
                "--cluster",
                "expected one");
        refused(ExitCodes.USAGE, List.of("restore", "--archive", "--policy", p), "--into", "--cluster", "expected one");
        refused(
                ExitCodes.USAGE,
                List.of("restore", "--archive", "--policy", p, "--into", "x", "--cluster", NOBODY),
                "--into",
                "--cluster");
        refused(ExitCodes.USAGE, List.of("restore", "--policy", p, "--into", "x"), "--archive", "--snapshot");
        refused(ExitCodes.USAGE, List.of("checkpoint", "reset", "--config", agent.toString()), "PATTERN", "--all");
        refused(ExitCodes.USAGE, List.of("tap", "--config", agent.toString(), "--json", "--raw"), "--json", "--raw");
        refused(ExitCodes.USAGE, List.of("audit", "--quick", "--data", temporary.toString()), "--quick", "expected");
        refused(ExitCodes.USAGE, List.of("lake", "status", "--policy", p, "--target", "warm"), "'warm'", "it has cold");
        refused(
                ExitCodes.USAGE,
                List.of("restore", "--archive", "--policy", p, "--target", "warm", "--into", "x"),
                "'warm'",
                "it has cold");
        for (String verb : List.of("audit", "streams")) {
            refused(ExitCodes.USAGE, List.of(verb, "x".repeat(300)), "'xxxxxxxx", "expected 1 to 256");
            refused(ExitCodes.USAGE, List.of(verb, ""), "''", "expected 1 to 256");
        }
        refused(ExitCodes.USAGE, List.of("grep", "--since", "1h", "--until", "2h", "text"), "--since", "--until");
        refused(ExitCodes.USAGE, List.of("grep", "--field", "nothing", "text"), "--field", "nothing");
        refused(ExitCodes.USAGE, List.of("grep", "-E", "(", "text"), "(");
        refused(ExitCodes.USAGE, List.of("tail", "--from", "yesterday", "orders"), "yesterday", "expected");
        refused(ExitCodes.USAGE, List.of("top", "--interval", "1ms"), "--interval", "1ms", "expected 200ms or more");
        refused(
                ExitCodes.USAGE,
                List.of("bench", "agent", "--file", file.toString(), "--collectors", "2"),
                "2 collectors",
                "expected an odd number");
        refused(
                ExitCodes.USAGE,
                List.of("bench", "cluster", "--file", file.toString(), "--only", "pulsar"),
                "pulsar",
                "expected");
    }

    /** Nobody can be asked here: whoever does not say {@code --yes} only sees what would be done. */
    @Test
    void nothingIsDoneWithoutYes() throws IOException {
        try (ServedState cluster = new ServedState(temporary.resolve("state"))) {
            Ended adopt = raftsman(
                    List.of("retention", "adopt", "--cluster", cluster.address(), "--policy", policy.toString()));
            assertThat(adopt.code()).isEqualTo(ExitCodes.MISMATCH);
            assertThat(cluster.catalog().policies()).isNull();
            cluster.execute(new dev.raftsman.catalog.Command.Freeze("archiver-1", "a test"));
            Ended thaw = raftsman(List.of("retention", "thaw", "--cluster", cluster.address()));
            assertThat(thaw.code()).isEqualTo(ExitCodes.MISMATCH);
            assertThat(cluster.catalog().freeze()).isNotNull();
        }
    }
}
