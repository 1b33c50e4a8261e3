package dev.raftsman.raft;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;

/**
 * What a node's operator decides about its log.
 *
 * @param cluster name shared by the members; a log of another cluster is never joined
 * @param self id of this node, one of the members
 * @param listenHost address to bind; the port is that of this node's member
 * @param directory the engine's own, under the data directory
 * @param snapshotLogBytes applied bytes after which a snapshot is taken, so that a restart replays no more than that
 * @param electionTimeout without word from a leader for this long (and up to twice it) a follower stands for election
 */
public record LogSettings(
        String cluster,
        String self,
        List<LogMember> members,
        String listenHost,
        Path directory,
        long snapshotLogBytes,
        Duration electionTimeout) {
    /** Survives the pauses of a loaded machine of two cores; 150 ms, the engine's own, does not. */
    public static final Duration DEFAULT_ELECTION_TIMEOUT = Duration.ofSeconds(1);

    public static final long DEFAULT_SNAPSHOT_LOG_BYTES = 256L << 20;

    public LogSettings {
        members = List.copyOf(members);
        Objects.requireNonNull(directory);
        Set<String> ids = new HashSet<>();
        for (LogMember member : members) {
            if (!ids.add(member.id())) {
                throw new IllegalArgumentException("two members with id " + member.id());
            }
        }
        if (!ids.contains(self)) {
            throw new IllegalArgumentException(self + " is not among the members " + ids);
        }
    }

    /** The id under which members know their group. */
    public UUID group() {
        return UUID.nameUUIDFromBytes(("raftsman/" + cluster).getBytes(StandardCharsets.UTF_8));
    }

    LogMember selfMember() {
        return members.stream().filter(m -> m.id().equals(self)).findFirst().orElseThrow();
    }
}
