package dev.raftsman.sidecar;

import dev.raftsman.block.Labels;
import dev.raftsman.config.Section;
import dev.raftsman.event.Names;
import dev.raftsman.input.FileInputSettings;
import dev.raftsman.input.StreamNaming;
import dev.raftsman.input.TextSettings;
import dev.raftsman.process.Encoding;
import dev.raftsman.process.MultilineRule;
import dev.raftsman.process.PatternRule;
import dev.raftsman.process.TraceRule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What the agent reads beside the WALs of applications: the {@code inputs} of its configuration.
 *
 * @param stdin at most one: there is one standard input
 */
public record InputsConfig(List<FileInputSettings> files, Optional<Stdin> stdin) {
    /** @param stream what the lines of standard input are called */
    public record Stdin(String stream, TextSettings text) {}

    private static final String FILE = "file";
    private static final String STDIN = "stdin";
    private static final String LANGUAGES = "java, python or go";

    boolean isEmpty() {
        return files.isEmpty() && stdin.isEmpty();
    }

    /** The most that any of them wants in a block. */
    int blockBytes() {
        int fileBytes =
                files.stream().mapToInt(file -> file.text().blockBytes()).max().orElse(1);
        return Math.max(fileBytes, stdin.map(input -> input.text().blockBytes()).orElse(1));
    }

    static InputsConfig of(Section root, AgentConfig.Shipping shipping, Labels labels) {
        List<FileInputSettings> files = new ArrayList<>();
        Stdin stdin = null;
        for (Section input :
                root.sections("inputs", "what is read beside the WALs of applications; conf.d/*.yaml may add to it")) {
            String type = input.choice("type", FILE, List.of(FILE, STDIN), "kind of input");
            FileInputSettings file = file(input, type.equals(FILE), shipping, labels);
            if (type.equals(FILE)) {
                files.add(file);
            } else if (stdin != null) {
                input.problem("type", "is stdin a second time", "standard input once");
            } else {
                stdin = stdin(input, file.text());
            }
        }
        return new InputsConfig(List.copyOf(files), Optional.ofNullable(stdin));
    }

    private static Stdin stdin(Section input, TextSettings text) {
        for (String key : List.of("paths", "exclude", "readFrom", "ignoreOlder")) {
            if (input.has(key)) {
                input.problem(key, "is given for standard input", "only with type: file");
            }
        }
        if (text.encoding().bomDecides()) {
            input.problem("encoding", "does not say which byte comes first", "UTF-16LE or UTF-16BE");
        }
        String stream = STDIN;
        if (!input.has("stream")) {
            input.problem("stream", "is missing", "a name for the stream of standard input");
        } else {
            stream = input.parsed("stream", STDIN, "", STDIN, "a name", Names::name);
        }
        return new Stdin(stream, text);
    }

    private static FileInputSettings file(Section input, boolean isFile, AgentConfig.Shipping shipping, Labels labels) {
        List<String> paths =
                patterns(input, "paths", "files to read: absolute, with *, ?, [..], {..} and ** for directories");
        List<String> excluded = patterns(input, "exclude", "files to leave alone, named in the same way");
        if (isFile && paths.isEmpty()) {
            input.problem("paths", "names no file", "at least one absolute path or pattern");
        }
        boolean container = input.choice(
                        "format",
                        "lines",
                        List.of("lines", "container"),
                        "container: each line is one of Docker's json-file or of CRI, which are told apart")
                .equals("container");
        StreamNaming otherwise = container ? StreamNaming.BY_CONTAINER : StreamNaming.BY_NAME;
        StreamNaming naming = !isFile
                ? otherwise
                : input.parsed(
                        "stream",
                        otherwise.pattern(),
                        "which stream a file feeds: {name} is the file's name, {path} its whole path; with format:"
                                + " container {namespace}/{pod}/{container}, as its path says. Of stdin: a name",
                        otherwise,
                        "a name, with {name}, {path}, {namespace}, {pod} or {container} for parts of the file's",
                        StreamNaming::new);
        boolean fromEnd = input.choice(
                        "readFrom",
                        "beginning",
                        List.of("beginning", "end"),
                        "where a file begins that is there, unknown, when the agent starts; later ones begin at the beginning")
                .equals("end");
        Duration ignoreOlder = input.duration(
                "ignoreOlder", "0s", "leaves files alone that were not modified for so long, until they are; 0s: none");
        return new FileInputSettings(
                paths,
                excluded,
                naming,
                fromEnd,
                ignoreOlder.isZero() ? null : ignoreOlder,
                text(input, container, shipping, labels),
                FileInputSettings.DEFAULT_DISCOVERY);
    }

    private static List<String> patterns(Section input, String key, String explanation) {
        List<String> patterns = new ArrayList<>();
        for (String pattern : input.strings(key, explanation)) {
            try {
                FileInputSettings.checkPattern(pattern);
                patterns.add(pattern);
            } catch (IllegalArgumentException e) {
                input.problem(key, e.getMessage(), "an absolute path or pattern");
            }
        }
        return patterns;
    }

    private static TextSettings text(
            Section input, boolean container, AgentConfig.Shipping shipping, Labels hostLabels) {
        MultilineRule rule = rule(input.section("multiline", "which lines are one event; without it each line is one"));
        Encoding encoding = input.parsed(
                "encoding",
                "UTF-8",
                "what the bytes are, if not UTF-8: they become UTF-8, with U+FFFD for what is not allowed",
                Encoding.AS_IT_IS,
                "UTF-8, UTF-16, UTF-16LE, windows-1252, Shift_JIS or another that Java has",
                Encoding::named);
        Duration idle = input.duration(
                "idle",
                "1s",
                "after how long without growth a last line without newline, or an event that could go on, is taken as"
                        + " it is");
        boolean drop = input.choice(
                        "whenFull",
                        "wait",
                        List.of("wait", "drop"),
                        "what happens while the agent's WAL is full: reading waits, or events are dropped and declared")
                .equals("drop");
        Labels labels =
                hostLabels.with(labels(input, "what every event of this input carries, beside those of the host"));
        return new TextSettings(
                container, rule, encoding, labels, idle, drop, shipping.blockBytes(), shipping.linger());
    }

    private static MultilineRule rule(Section section) {
        EnumSet<TraceRule.Language> languages = EnumSet.noneOf(TraceRule.Language.class);
        for (String name : section.strings("traces", "joins stack traces with the line before them: " + LANGUAGES)) {
            try {
                languages.add(TraceRule.Language.valueOf(name.toUpperCase(Locale.ROOT)));
            } catch (IllegalArgumentException e) {
                section.problem("traces", "'" + name + "' is not known", LANGUAGES);
            }
        }
        String begin =
                section.string("begin", "", "joins lines up to one that begins with this pattern (RE2, linear time)");
        String goOn = section.string("goOn", "", "joins a line that begins with this pattern with the one before it");
        int given = (languages.isEmpty() ? 0 : 1) + (begin.isEmpty() ? 0 : 1) + (goOn.isEmpty() ? 0 : 1);
        if (given > 1) {
            section.problem("begin", "is one of several rules", "one of traces, begin and goOn");
            return null;
        }
        if (!languages.isEmpty()) {
            return new TraceRule(languages);
        }
        return begin.isEmpty() ? pattern(section, "goOn", goOn) : pattern(section, "begin", begin);
    }

    private static MultilineRule pattern(Section section, String key, String pattern) {
        if (pattern.isEmpty()) {
            return null;
        }
        try {
            return key.equals("begin") ? PatternRule.beginsWith(pattern) : PatternRule.goesOnWith(pattern);
        } catch (IllegalArgumentException e) {
            String[] parts = e.getMessage().split("; expected ", 2);
            section.problem(key, parts[0], parts[1]);
            return null;
        }
    }

    /** Reads {@code labels} of a section. */
    static Labels labels(Section section, String explanation) {
        Map<String, String> given = section.texts("labels", explanation);
        try {
            return Labels.of(given);
        } catch (IllegalArgumentException e) {
            section.problem(
                    "labels", e.getMessage(), "names and values of at most " + Labels.MAX_BYTES + " bytes in all");
            return Labels.NONE;
        }
    }
}
