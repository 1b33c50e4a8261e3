package dev.raftsman.config;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** Collects what is wrong in a file and those that add to it, so that all of it is reported at once. */
final class Problems {
    private final String file;
    private final List<Problem> found = new ArrayList<>();

    /** Files in the order they were read, and the nodes of all but the first. */
    private final List<String> files = new ArrayList<>();

    private final IdentityHashMap<Node, String> elsewhere = new IdentityHashMap<>();

    Problems(String file) {
        this.file = file;
        files.add(file);
    }

    /** What this node and all below it have wrong is a problem of another file. */
    void nodesOf(String other, Node node) {
        if (!files.contains(other)) {
            files.add(other);
        }
        elsewhere.put(node, other);
        if (node instanceof SequenceNode sequence) {
            sequence.getValue().forEach(item -> nodesOf(other, item));
        } else if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                nodesOf(other, tuple.getKeyNode());
                nodesOf(other, tuple.getValueNode());
            }
        }
    }

    String fileOf(Node node) {
        return elsewhere.getOrDefault(node, file);
    }

    String file() {
        return file;
    }

    void add(Node at, String key, String what, String expected) {
        Mark mark = at.getStartMark();
        found.add(new Problem(fileOf(at), mark.getLine() + 1, mark.getColumn() + 1, key, what, expected));
    }

    void add(Mark at, String key, String what, String expected) {
        found.add(new Problem(file, at.getLine() + 1, at.getColumn() + 1, key, what, expected));
    }

    void addAll(Collection<Problem> others) {
        for (Problem other : others) {
            if (!files.contains(other.file())) {
                files.add(other.file());
            }
            found.add(other);
        }
    }

    /** The first file could not be read, so what is missing in it is not known. */
    void onlyOfOthers() {
        found.removeIf(problem -> problem.file().equals(file));
    }

    List<Problem> found() {
        return found;
    }

    void throwIfAny() throws ConfigException {
        if (!found.isEmpty()) {
            found.sort(Comparator.<Problem>comparingInt(problem -> files.indexOf(problem.file()))
                    .thenComparingInt(Problem::line)
                    .thenComparingInt(Problem::column));
            throw new ConfigException(found);
        }
    }
}
