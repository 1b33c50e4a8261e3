package dev.raftsman.catalog;

import java.util.Objects;
import java.util.UUID;

/**
 * A node that the cluster knows.
 *
 * @param directory the one data directory that may ever vote under this id
 */
public record MemberView(String node, UUID directory, MemberState state) {
    public MemberView {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(directory, "directory");
        Objects.requireNonNull(state, "state");
    }
}
