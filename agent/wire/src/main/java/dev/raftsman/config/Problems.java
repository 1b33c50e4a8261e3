package dev.raftsman.config;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;

/** Collects what is wrong in one file, so that all of it is reported at once. */
final class Problems {
    private final String file;
    private final List<Problem> found = new ArrayList<>();

    Problems(String file) {
        this.file = file;
    }

    String file() {
        return file;
    }

    void add(Node at, String key, String what, String expected) {
        add(at.getStartMark(), key, what, expected);
    }

    void add(Mark at, String key, String what, String expected) {
        found.add(new Problem(file, at.getLine() + 1, at.getColumn() + 1, key, what, expected));
    }

    boolean none() {
        return found.isEmpty();
    }

    void throwIfAny() throws ConfigException {
        if (!found.isEmpty()) {
            found.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
            throw new ConfigException(found);
        }
    }
}
