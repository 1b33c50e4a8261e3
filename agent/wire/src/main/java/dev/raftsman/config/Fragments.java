package dev.raftsman.config;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.DumperOptions.FlowStyle;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * Files in a directory beside a configuration, each of which adds items to some of its lists. They may do nothing else:
 * with values that override each other nobody could say from one file what holds.
 *
 * <pre>
 *  a fragment has                     what becomes of it
 *  --------------------------------   ------------------------------------------------------
 *  items of a list that may grow      behind those of the file and of the fragments before it
 *  a key that is set elsewhere        a problem that names both places
 *  any other key                      a problem
 * </pre>
 */
final class Fragments {
    /** More are no configuration, but a directory that something else fills. */
    static final int MAX_FILES = 1_000;

    private static final String SUFFIX = ".yaml";

    private final List<String> lists;
    private final Problems problems;

    /** @param lists dotted paths of the lists that may grow */
    Fragments(List<String> lists, Problems problems) {
        this.lists = lists;
        this.problems = problems;
    }

    /**
     * Those of a directory by name; none if there is no directory. What is hidden or has another suffix is left alone.
     *
     * @throws IOException if it cannot be listed: what is in it would be left out without a word
     */
    static List<Path> in(Path directory) throws IOException {
        List<Path> found = new ArrayList<>();
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return found;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (name.endsWith(SUFFIX) && !name.startsWith(".")) {
                    found.add(entry);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        found.sort(null);
        return found;
    }

    /** Adds a fragment to the whole. */
    void merge(String file, MappingNode whole, MappingNode fragment) {
        problems.nodesOf(file, fragment);
        mergeKeys("", whole, fragment);
    }

    private void mergeKeys(String prefix, MappingNode whole, MappingNode fragment) {
        Map<String, Node> seen = new HashMap<>();
        for (NodeTuple tuple : fragment.getValue()) {
            if (!(tuple.getKeyNode() instanceof ScalarNode key)) {
                problems.add(tuple.getKeyNode(), prefix, "a key that is not text", "a name");
                continue;
            }
            String path = prefix.isEmpty() ? key.getValue() : prefix + "." + key.getValue();
            Node earlier = seen.putIfAbsent(key.getValue(), key);
            if (earlier != null) {
                problems.add(
                        key,
                        path,
                        "given twice, first on line " + (earlier.getStartMark().getLine() + 1),
                        "each key once");
            } else if (lists.contains(path)) {
                mergeList(path, whole, tuple);
            } else if (lists.stream().anyMatch(list -> list.startsWith(path + "."))) {
                mergeSection(path, whole, tuple);
            } else {
                refuse(path, key, find(whole, key.getValue()));
            }
        }
    }

    private void mergeList(String path, MappingNode whole, NodeTuple tuple) {
        if (!(tuple.getValueNode() instanceof SequenceNode more)) {
            problems.add(tuple.getValueNode(), path, "is a " + Section.kind(tuple.getValueNode()), "a list");
            return;
        }
        NodeTuple there = find(whole, name(tuple));
        if (there == null) {
            add(whole, tuple);
        } else if (there.getValueNode() instanceof SequenceNode sequence) {
            List<Node> items = new ArrayList<>(sequence.getValue());
            items.addAll(more.getValue());
            replace(
                    whole,
                    there,
                    new SequenceNode(
                            sequence.getTag(),
                            true,
                            items,
                            sequence.getStartMark(),
                            sequence.getEndMark(),
                            FlowStyle.BLOCK));
        } else {
            // Said here, as the items of the fragment take its place: they are to be checked as well.
            problems.add(there.getValueNode(), path, "is a " + Section.kind(there.getValueNode()), "a list");
            replace(whole, there, more);
        }
    }

    private void mergeSection(String path, MappingNode whole, NodeTuple tuple) {
        if (!(tuple.getValueNode() instanceof MappingNode more)) {
            problems.add(tuple.getValueNode(), path, "is a " + Section.kind(tuple.getValueNode()), "a mapping of keys");
            return;
        }
        NodeTuple there = find(whole, name(tuple));
        if (there == null) {
            MappingNode none = new MappingNode(
                    more.getTag(), true, new ArrayList<>(), more.getStartMark(), more.getEndMark(), FlowStyle.BLOCK);
            problems.nodesOf(problems.fileOf(more), none);
            add(whole, new NodeTuple(tuple.getKeyNode(), none));
            mergeKeys(path, none, more);
        } else if (there.getValueNode() instanceof MappingNode section) {
            mergeKeys(path, section, more);
        }
    }

    private void refuse(String path, ScalarNode key, NodeTuple there) {
        String what;
        if (there == null) {
            String closest = Spelling.closest(path, lists);
            what = "cannot be set in a file beside the configuration"
                    + (closest.isEmpty() ? "" : "; did you mean '" + closest + "'?");
        } else {
            Node first = there.getKeyNode();
            what = "set twice, first in " + problems.fileOf(first) + ":"
                    + (first.getStartMark().getLine() + 1);
        }
        problems.add(key, path, what, "items of " + String.join(", ", lists) + " and nothing else");
    }

    private static String name(NodeTuple tuple) {
        return ((ScalarNode) tuple.getKeyNode()).getValue();
    }

    private static NodeTuple find(MappingNode mapping, String name) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key && key.getValue().equals(name)) {
                return tuple;
            }
        }
        return null;
    }

    private static void add(MappingNode mapping, NodeTuple tuple) {
        List<NodeTuple> tuples = new ArrayList<>(mapping.getValue());
        tuples.add(tuple);
        mapping.setValue(tuples);
    }

    private static void replace(MappingNode mapping, NodeTuple old, Node value) {
        List<NodeTuple> tuples = new ArrayList<>(mapping.getValue());
        tuples.set(tuples.indexOf(old), new NodeTuple(old.getKeyNode(), value));
        mapping.setValue(tuples);
    }
}
