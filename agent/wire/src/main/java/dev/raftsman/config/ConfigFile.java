package dev.raftsman.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.yaml.snakeyaml.DumperOptions;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.events.AliasEvent;
import org.yaml.snakeyaml.events.CollectionEndEvent;
import org.yaml.snakeyaml.events.CollectionStartEvent;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.MappingStartEvent;
import org.yaml.snakeyaml.events.NodeEvent;
import org.yaml.snakeyaml.events.ScalarEvent;
import org.yaml.snakeyaml.events.SequenceStartEvent;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.Tag;

/** Reads a configuration through the function that describes it. Any thread. */
public final class ConfigFile {
    /** No configuration is larger; what is, is something else. */
    private static final int MAX_BYTES = 1 << 20;

    private static final int MAX_NESTING = 32;

    private ConfigFile() {}

    /**
     * Reads a file.
     *
     * @param shape takes every key it knows from the section and makes the configuration's record; may run with
     *     placeholders where the file has problems, and its result is then dropped
     * @throws ConfigException naming every problem with file, line, column and key
     */
    public static <T> T read(Path file, Function<Section, T> shape) throws ConfigException {
        return read(file.toString(), bytes(file), shape);
    }

    /** Reads bytes that are already here; {@code name} stands for the file in messages. */
    public static <T> T read(String name, byte[] bytes, Function<Section, T> shape) throws ConfigException {
        Problems problems = new Problems(name);
        MappingNode root = root(name, decode(name, bytes), problems);
        T config = shaped(root, problems, shape);
        problems.throwIfAny();
        return config;
    }

    /**
     * Reads a file and those of the directory beside it, in the order of their names, as one configuration.
     *
     * @param directory the name of the directory; there need be none
     * @param lists dotted paths of the lists that files of it may add to; they may give nothing else
     * @throws ConfigException naming every problem of every file
     */
    public static <T> T read(Path file, String directory, List<String> lists, Function<Section, T> shape)
            throws ConfigException {
        Problems problems = new Problems(file.toString());
        MappingNode root = null;
        List<Problem> ofTheFile = List.of();
        try {
            root = root(file.toString(), decode(file.toString(), bytes(file)), problems);
        } catch (ConfigException e) {
            // Its fragments are checked all the same, so that everything is said at once.
            ofTheFile = e.problems();
            root = nothing(file.toString());
        }
        Fragments fragments = new Fragments(lists, problems);
        for (Path fragment : fragments(file, directory, problems)) {
            try {
                Problems own = new Problems(fragment.toString());
                MappingNode more = root(fragment.toString(), decode(fragment.toString(), bytes(fragment)), own);
                problems.addAll(own.found());
                fragments.merge(fragment.toString(), root, more);
            } catch (ConfigException e) {
                problems.addAll(e.problems());
            }
        }
        T config = shaped(root, problems, shape);
        if (!ofTheFile.isEmpty()) {
            problems.onlyOfOthers();
            problems.addAll(ofTheFile);
        }
        problems.throwIfAny();
        return config;
    }

    /** The files that {@link #read(Path, String, List, Function)} reads beside this one, in their order. */
    public static List<Path> fragments(Path file, String directory) throws IOException {
        return Fragments.in(file.toAbsolutePath().resolveSibling(directory));
    }

    private static List<Path> fragments(Path file, String directory, Problems problems) {
        Path beside = file.resolveSibling(directory);
        String problem;
        try {
            List<Path> found = Fragments.in(beside);
            if (found.size() <= Fragments.MAX_FILES) {
                return found;
            }
            problem = "holds " + found.size() + " files";
        } catch (NotDirectoryException e) {
            problem = "is not a directory";
        } catch (IOException e) {
            problem = "cannot be read (" + e + ")";
        }
        problems.addAll(List.of(new Problem(
                beside.toString(),
                1,
                1,
                "",
                problem,
                "a directory of at most " + Fragments.MAX_FILES + " YAML files")));
        return List.of();
    }

    private static <T> T shaped(MappingNode root, Problems problems, Function<Section, T> shape) {
        Section section = Section.of(root, problems);
        T config = null;
        try {
            config = shape.apply(section);
        } catch (IllegalArgumentException e) {
            problems.add(root, "", e.getMessage() == null ? e.toString() : e.getMessage(), "");
        }
        section.reportUnknownKeys();
        return config;
    }

    private static MappingNode nothing(String name) {
        Mark start = new Mark(name, 0, 0, 0, new int[0], 0);
        return new MappingNode(Tag.MAP, true, new ArrayList<>(), start, start, DumperOptions.FlowStyle.BLOCK);
    }

    private static byte[] bytes(Path file) throws ConfigException {
        try {
            long size = Files.size(file);
            if (size > MAX_BYTES) {
                throw refused(file.toString(), 1, 1, "the file has " + size + " bytes", "at most " + MAX_BYTES);
            }
            return Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw refused(file.toString(), 1, 1, "no such file", "a readable YAML file");
        } catch (IOException e) {
            throw refused(file.toString(), 1, 1, "cannot be read (" + e + ")", "a readable YAML file");
        }
    }

    /** Every key that the shape asks for, in its order: the same function, run over an empty document. */
    public static List<ConfigKey> reference(Function<Section, ?> shape) {
        Section section = Section.recording();
        var unused = shape.apply(section);
        return section.recorded();
    }

    private static String decode(String name, byte[] bytes) throws ConfigException {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = decoder.decode(in, out, true);
        try {
            if (result.isError()) {
                result.throwException();
            }
        } catch (CharacterCodingException e) {
            String before = out.flip().toString();
            int line = 1 + (int) before.chars().filter(c -> c == '\n').count();
            int column = before.length() - before.lastIndexOf('\n');
            throw refused(name, line, column, "byte " + in.position() + " is not UTF-8", "UTF-8 text");
        }
        String text = out.flip().toString();
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }

    private static MappingNode root(String name, String text, Problems problems) throws ConfigException {
        LoaderOptions options = new LoaderOptions();
        options.setCodePointLimit(MAX_BYTES);
        options.setNestingDepthLimit(MAX_NESTING);
        // Only nodes are composed, never objects, so a tag does nothing; it is refused with the file's other problems.
        options.setTagInspector(tag -> true);
        Yaml yaml = new Yaml(options);
        try {
            int documents = 0;
            int depth = 0;
            for (Event event : yaml.parse(new StringReader(text))) {
                documents += event.is(Event.ID.DocumentStart) ? 1 : 0;
                if (documents > 1) {
                    throw refused(name, event.getStartMark(), "a second document begins", "one document");
                }
                // The parser itself has no limit, and takes a long time over a deep one.
                depth += event instanceof CollectionStartEvent ? 1 : event instanceof CollectionEndEvent ? -1 : 0;
                if (depth > MAX_NESTING) {
                    throw refused(name, event.getStartMark(), "too deep", "at most " + MAX_NESTING + " levels");
                }
                refuseReferences(name, event, problems);
            }
            Node root = yaml.compose(new StringReader(text));
            if (root == null) {
                throw refused(name, 1, 1, "the file is empty", "a mapping of keys");
            }
            if (!(root instanceof MappingNode mapping)) {
                throw refused(name, root.getStartMark(), "a " + root.getNodeId(), "a mapping of keys");
            }
            return mapping;
        } catch (MarkedYAMLException e) {
            Mark mark = e.getProblemMark();
            throw refused(
                    name,
                    mark == null ? 1 : mark.getLine() + 1,
                    mark == null ? 1 : mark.getColumn() + 1,
                    oneLine(e),
                    "YAML");
        } catch (YAMLException e) {
            throw refused(name, 1, 1, e.getMessage(), "YAML");
        }
    }

    /** A tag is reported with the other problems, for nothing is ever constructed from it. */
    private static void refuseReferences(String name, Event event, Problems problems) throws ConfigException {
        if (event instanceof AliasEvent || event instanceof NodeEvent node && node.getAnchor() != null) {
            throw refused(name, event.getStartMark(), "anchors and aliases are not taken", "the value written out");
        }
        String tag = event instanceof ScalarEvent scalar
                ? scalar.getTag()
                : event instanceof SequenceStartEvent sequence
                        ? sequence.getTag()
                        : event instanceof MappingStartEvent mapping ? mapping.getTag() : null;
        if (tag != null) {
            problems.add(event.getStartMark(), "", "the tag '" + tag + "' is not taken", "a plain value without a tag");
        }
    }

    private static String oneLine(MarkedYAMLException e) {
        String problem = e.getProblem() == null ? e.toString() : e.getProblem();
        return (e.getContext() == null ? "" : e.getContext() + ", ") + problem.replaceAll("\\s+", " ");
    }

    private static ConfigException refused(String name, Mark mark, String what, String expected) {
        return refused(name, mark.getLine() + 1, mark.getColumn() + 1, what, expected);
    }

    private static ConfigException refused(String name, int line, int column, String what, String expected) {
        return new ConfigException(List.of(new Problem(name, line, column, "", what, expected)));
    }
}
