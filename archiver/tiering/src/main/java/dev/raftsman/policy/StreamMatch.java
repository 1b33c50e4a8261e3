package dev.raftsman.policy;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which streams a policy is for.
 *
 * @param labels patterns by the name of a label: the stream must have each of them, with a value that matches
 */
public record StreamMatch(Glob tenant, Glob stream, Map<String, Glob> labels) {
    public StreamMatch {
        labels = Collections.unmodifiableMap(new TreeMap<>(labels)); // In one order: the hash of policies covers them.
    }

    /** Whatever the labels. */
    public static StreamMatch of(Glob tenant, Glob stream) {
        return new StreamMatch(tenant, stream, Map.of());
    }

    /** Whether the stream is one for this policy if its labels are. */
    boolean matchesNames(String tenantName, String streamName) {
        return tenant.matches(tenantName) && stream.matches(streamName);
    }

    boolean matchesLabels(Map<String, String> known) {
        return labels.entrySet().stream()
                .allMatch(label ->
                        known.containsKey(label.getKey()) && label.getValue().matches(known.get(label.getKey())));
    }

    /** @return whether it surely matches every stream that the other matches; false where that is not plain to see */
    boolean covers(StreamMatch other) {
        return tenant.covers(other.tenant)
                && stream.covers(other.stream)
                && labels.entrySet().stream()
                        .allMatch(label -> other.labels.containsKey(label.getKey())
                                && label.getValue().covers(other.labels.get(label.getKey())));
    }
}
