package dev.raftsman.catalog;

import dev.raftsman.block.Labels;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The labels of streams: those that all blocks of a segment agree in. Not of all segments there ever were, so that what
 * was wrong in an agent's configuration is right again with the next segment.
 */
final class LabelTable {
    private static final class Row {
        private Map<String, String> sealed;
        private Map<String, String> active;
        private boolean whole;
    }

    private final TreeMap<Integer, Row> rows = new TreeMap<>();

    /** @param labels null for none: an image of before there were any */
    LabelTable(List<StreamLabels> labels) {
        if (labels == null) {
            return;
        }
        for (StreamLabels of : labels) {
            Row row = new Row();
            row.sealed = of.sealed();
            row.active = of.active();
            row.whole = of.whole();
            rows.put(of.stream(), row);
        }
    }

    /** By stream. */
    List<StreamLabels> views() {
        return rows.entrySet().stream()
                .map(entry -> new StreamLabels(
                        entry.getKey(), entry.getValue().sealed, entry.getValue().active, entry.getValue().whole))
                .toList();
    }

    /** The stream has a new active segment. */
    void begun(int stream) {
        Row row = rows.computeIfAbsent(stream, number -> new Row());
        row.active = null;
        row.whole = true;
    }

    /** A block with events is in it. */
    void appended(int stream, Labels labels) {
        Row row = rows.get(stream);
        if (row == null || !row.whole || labels.asMap().equals(row.active)) {
            return;
        }
        if (row.active == null) {
            row.active = labels.asMap();
        } else {
            Map<String, String> common = new TreeMap<>(row.active);
            common.entrySet().retainAll(labels.asMap().entrySet());
            row.active = common;
        }
    }

    /** It is sealed. One that holds no event says nothing. */
    void sealed(int stream) {
        Row row = rows.get(stream);
        if (row == null) {
            return;
        }
        if (row.whole && row.active != null) {
            row.sealed = row.active;
        }
        row.active = null;
        row.whole = false;
    }
}
