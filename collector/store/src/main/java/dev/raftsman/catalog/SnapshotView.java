package dev.raftsman.catalog;

import java.util.List;

/**
 * A snapshot that is complete in the archive.
 *
 * @param streams numbers of its streams
 * @param index Raft index it shows
 */
public record SnapshotView(
        String id, String target, String key, List<Integer> streams, long index, long recordedAtMillis) {
    public SnapshotView {
        streams = List.copyOf(streams);
    }
}
