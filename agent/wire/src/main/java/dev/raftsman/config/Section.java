package dev.raftsman.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * One mapping of a configuration. Each method takes one key, with its default and its explanation; a value that is
 * wrong is reported and replaced by a placeholder, so that the reading goes on and finds the next problem. A key that
 * nothing asked for is unknown. One thread.
 */
public final class Section {
    private record Entry(Node key, Node value) {}

    private final String path;
    private final Node node;
    private final Problems problems;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final List<String> known = new ArrayList<>();
    private final List<Section> children = new ArrayList<>();

    /** Not null: nothing is read, every key asked for is noted. */
    private final List<ConfigKey> recorded;

    private Section(String path, Node node, Problems problems, List<ConfigKey> recorded) {
        this.path = path;
        this.node = node;
        this.problems = problems;
        this.recorded = recorded;
    }

    static Section of(MappingNode root, Problems problems) {
        return section("", root, problems);
    }

    static Section recording() {
        return new Section("", null, null, new ArrayList<>());
    }

    List<ConfigKey> recorded() {
        return recorded;
    }

    private static Section section(String path, MappingNode mapping, Problems problems) {
        Section section = new Section(path, mapping, problems, null);
        for (NodeTuple tuple : mapping.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(tuple.getKeyNode(), path, "a key that is not text", "a name");
                continue;
            }
            Entry earlier = section.entries.putIfAbsent(key.getValue(), new Entry(key, tuple.getValueNode()));
            if (earlier != null) {
                problems.add(
                        key,
                        section.pathOf(key.getValue()),
                        "given twice, first on line "
                                + (earlier.key().getStartMark().getLine() + 1),
                        "each key once");
            }
        }
        return section;
    }

    void reportUnknownKeys() {
        for (Map.Entry<String, Entry> entry : entries.entrySet()) {
            if (!known.contains(entry.getKey())) {
                String closest = Spelling.closest(entry.getKey(), known);
                problems.add(
                        entry.getValue().key(),
                        pathOf(entry.getKey()),
                        "unknown key" + (closest.isEmpty() ? "" : "; did you mean '" + closest + "'?"),
                        "one of " + String.join(", ", known));
            }
        }
        children.forEach(Section::reportUnknownKeys);
    }

    /** Whether the file gives this key. False in a reference run. */
    public boolean has(String key) {
        return entries.containsKey(key);
    }

    /** The dotted path of this section, for messages; empty for the whole file. */
    public String path() {
        return path;
    }

    /** The name of the file, for messages. */
    public String file() {
        return problems == null ? "" : problems.file();
    }

    /** The line of a key, from 1; of the section if it does not give the key. */
    public int line(String key) {
        Entry entry = entries.get(key);
        Node at = entry == null ? node : entry.key();
        return at == null ? 0 : at.getStartMark().getLine() + 1;
    }

    /** Reports what no single key can show, such as two keys that contradict each other. */
    public void problem(String key, String what, String expected) {
        if (problems != null) {
            Entry entry = entries.get(key);
            problems.add(entry == null ? node : entry.value(), pathOf(key), what, expected);
        }
    }

    public String string(String key, String fallback, String explanation) {
        return scalar(key, "text", fallback, explanation, fallback, "text", Function.identity());
    }

    public String requiredString(String key, String explanation) {
        return scalar(key, "text", null, explanation, "example", "text", Function.identity());
    }

    /**
     * A text with rules of its own.
     *
     * @param fallback null if the key must be given
     * @param parse throws IllegalArgumentException with a message for the user
     */
    public <T> T parsed(
            String key,
            String fallback,
            String explanation,
            T placeholder,
            String expected,
            Function<String, T> parse) {
        return scalar(key, expected, fallback, explanation, placeholder, expected, parse);
    }

    public long integer(String key, long fallback, long min, long max, String explanation) {
        String expected = "a whole number from " + min + " to " + max;
        return scalar(key, "number", Long.toString(fallback), explanation, fallback, expected, text -> {
            if (!text.matches("-?(0|[1-9][0-9]{0,17})")) {
                throw new IllegalArgumentException(expected);
            }
            long value = Long.parseLong(text);
            if (value < min || value > max) {
                throw new IllegalArgumentException(expected);
            }
            return value;
        });
    }

    /** In bytes; a unit must be written. */
    public long size(String key, String fallback, String explanation) {
        return scalar(key, "size", fallback, explanation, Units.bytes(fallback), Units.SIZE, Units::bytes);
    }

    /** A unit must be written. */
    public Duration duration(String key, String fallback, String explanation) {
        return scalar(
                key, "duration", fallback, explanation, Units.duration(fallback), Units.DURATION, Units::duration);
    }

    public boolean bool(String key, boolean fallback, String explanation) {
        String expected = "true or false";
        return scalar(key, "true|false", Boolean.toString(fallback), explanation, fallback, expected, text -> {
            if (!text.equals("true") && !text.equals("false")) {
                throw new IllegalArgumentException(expected);
            }
            return text.equals("true");
        });
    }

    /** @param fallback null if the key must be given */
    public HostPort address(String key, String fallback, String explanation) {
        HostPort placeholder = fallback == null ? new HostPort("127.0.0.1", 1) : HostPort.parse(fallback);
        return scalar(key, "host:port", fallback, explanation, placeholder, "host:port", HostPort::parse);
    }

    /** @param fallback null if the key must be given */
    public Path directory(String key, String fallback, String explanation) {
        return scalar(key, "path", fallback, explanation, Path.of("example"), "a path", Path::of);
    }

    /** @param fallback null if the key must be given; otherwise one of the choices */
    public String choice(String key, String fallback, List<String> choices, String explanation) {
        String expected = String.join(" | ", choices);
        return scalar(key, String.join("|", choices), fallback, explanation, choices.get(0), expected, text -> {
            if (!choices.contains(text)) {
                throw new IllegalArgumentException(expected);
            }
            return text;
        });
    }

    /** A list of texts; empty if the key is left out. */
    public List<String> strings(String key, String explanation) {
        return list(key, "text", explanation, Function.identity());
    }

    /** A mapping from names of the user's to texts, in the file's order; empty if the key is left out. */
    public Map<String, String> texts(String key, String explanation) {
        return named(key, "text", explanation, Function.identity());
    }

    /**
     * The same of texts with rules of their own.
     *
     * @param parse throws IllegalArgumentException with a message for the user
     */
    public <T> Map<String, T> named(String key, String expected, String explanation, Function<String, T> parse) {
        known.add(key);
        Map<String, T> values = new LinkedHashMap<>();
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), "named texts", "{}", explanation));
            return values;
        }
        Entry entry = entries.get(key);
        if (entry != null) {
            Section all = mapping(pathOf(key), entry.value());
            all.known.addAll(all.entries.keySet());
            all.entries.forEach((name, named) -> {
                T value = all.value(all.pathOf(name), named.value(), null, expected, parse);
                if (value != null) {
                    values.put(name, value);
                }
            });
        }
        return values;
    }

    /** A list of addresses; empty if the key is left out. */
    public List<HostPort> addresses(String key, String explanation) {
        return list(key, "host:port", explanation, HostPort::parse);
    }

    private <T> List<T> list(String key, String type, String explanation, Function<String, T> parse) {
        known.add(key);
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), "list of " + type, "[]", explanation));
            return List.of();
        }
        Entry entry = entries.get(key);
        List<T> values = new ArrayList<>();
        if (entry != null && entry.value() instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                T value = value(pathOf(key) + "[]", item, null, type, parse);
                if (value != null) {
                    values.add(value);
                }
            }
        } else if (entry != null) {
            problems.add(entry.value(), pathOf(key), "is a " + kind(entry.value()), "a list of " + type);
        }
        return values;
    }

    /** A mapping inside this one; where it is left out, its keys have their defaults. */
    public Section section(String key, String explanation) {
        known.add(key);
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), "section", "", explanation));
            return new Section(pathOf(key), null, null, recorded);
        }
        Entry entry = entries.get(key);
        if (entry == null) {
            return child(new Section(pathOf(key), node, problems, null));
        }
        return mapping(pathOf(key), entry.value());
    }

    /** A list of mappings; empty if the key is left out. In a reference run: one. */
    public List<Section> sections(String key, String explanation) {
        known.add(key);
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), "list of sections", "[]", explanation));
            return List.of(new Section(pathOf(key) + "[]", null, null, recorded));
        }
        Entry entry = entries.get(key);
        List<Section> sections = new ArrayList<>();
        if (entry != null && entry.value() instanceof SequenceNode sequence) {
            for (Node item : sequence.getValue()) {
                sections.add(mapping(pathOf(key) + "[" + sections.size() + "]", item));
            }
        } else if (entry != null) {
            problems.add(entry.value(), pathOf(key), "is a " + kind(entry.value()), "a list");
        }
        return sections;
    }

    /** A mapping from names of the user's to mappings, in the file's order. In a reference run: one, named {@code <name>}. */
    public Map<String, Section> namedSections(String key, String explanation) {
        known.add(key);
        Map<String, Section> sections = new LinkedHashMap<>();
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), "named sections", "{}", explanation));
            sections.put("<name>", new Section(pathOf(key) + ".<name>", null, null, recorded));
            return sections;
        }
        Entry entry = entries.get(key);
        if (entry != null) {
            Section all = mapping(pathOf(key), entry.value());
            all.known.addAll(all.entries.keySet());
            all.entries.forEach((name, named) -> sections.put(name, all.mapping(all.pathOf(name), named.value())));
        }
        return sections;
    }

    private Section mapping(String at, Node value) {
        if (value instanceof MappingNode mapping) {
            return child(section(at, mapping, problems));
        }
        problems.add(value, at, "is a " + kind(value), "a mapping of keys");
        return child(new Section(at, value, problems, null));
    }

    private Section child(Section section) {
        children.add(section);
        return section;
    }

    private <T> T scalar(
            String key,
            String type,
            String fallback,
            String explanation,
            T placeholder,
            String expected,
            Function<String, T> parse) {
        known.add(key);
        if (recorded != null) {
            recorded.add(new ConfigKey(pathOf(key), type, fallback == null ? "" : fallback, explanation));
            return placeholder;
        }
        Entry entry = entries.get(key);
        if (entry != null) {
            return value(pathOf(key), entry.value(), placeholder, expected, parse);
        }
        if (fallback == null) {
            problems.add(node, pathOf(key), "is missing", expected);
            return placeholder;
        }
        return parse.apply(fallback);
    }

    private <T> T value(String at, Node value, T placeholder, String expected, Function<String, T> parse) {
        if (!(value instanceof ScalarNode scalar)) {
            problems.add(value, at, "is a " + kind(value), expected);
            return placeholder;
        }
        if (scalar.getValue().isEmpty() && scalar.isPlain()) {
            problems.add(value, at, "has no value", expected);
            return placeholder;
        }
        String text;
        try {
            text = Secrets.replaced(scalar.getValue());
        } catch (IllegalArgumentException e) {
            problems.add(value, at, e.getMessage(), "a value that is there");
            return placeholder;
        }
        try {
            return parse.apply(text);
        } catch (IllegalArgumentException e) {
            // A replaced text may be a secret: what was written in the file is shown, never what it stands for.
            problems.add(value, at, "'" + scalar.getValue() + "' cannot be used", reason(e, expected));
            return placeholder;
        }
    }

    private static String reason(IllegalArgumentException e, String expected) {
        String message = e.getMessage();
        int semicolon = message == null ? -1 : message.indexOf("; expected ");
        return semicolon < 0 ? expected : message.substring(semicolon + "; expected ".length());
    }

    static String kind(Node value) {
        return switch (value.getNodeId()) {
            case mapping -> "mapping";
            case sequence -> "list";
            default -> "single value";
        };
    }

    private String pathOf(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }
}
