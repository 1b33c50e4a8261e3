package dev.raftsman.catalog;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * What is true of every event of a stream's newest segments, by the labels of their blocks.
 *
 * @param stream its number
 * @param sealed what all blocks of the newest finished segment carried; null if that is not known
 * @param active the same of the active one until now; null if nothing is
 * @param whole whether every block of the active segment was looked at
 */
public record StreamLabels(int stream, Map<String, String> sealed, Map<String, String> active, boolean whole) {
    public StreamLabels {
        sealed = sealed == null ? null : Collections.unmodifiableMap(new TreeMap<>(sealed));
        active = active == null ? null : Collections.unmodifiableMap(new TreeMap<>(active));
    }

    /** What counts for the stream: a segment that is still written may yet turn out mixed. Null if nothing is known. */
    Map<String, String> known() {
        return sealed != null ? sealed : whole ? active : null;
    }
}
