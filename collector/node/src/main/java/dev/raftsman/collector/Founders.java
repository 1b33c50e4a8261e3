package dev.raftsman.collector;

import dev.raftsman.config.HostPort;
import dev.raftsman.raft.LogMember;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * Who founded the cluster, and with which data directory: agreed by all of them before any of them votes, and kept by each.
 *
 * <pre>
 * {node} {directory} {raft} {ingest} {http}\n      for each of them
 * end\n
 * </pre>
 */
record Founders(List<Founder> founders) {
    private static final String END = "end";

    /** One of them. */
    record Founder(String node, UUID directory, HostPort raft, HostPort ingest, HostPort http) {
        Founder(CollectorConfig.Peer peer, UUID directory) {
            this(peer.id(), directory, peer.raft(), peer.ingest(), peer.http());
        }
    }

    Founders {
        founders = List.copyOf(founders);
    }

    Optional<UUID> directoryOf(String node) {
        return founders.stream()
                .filter(f -> f.node().equals(node))
                .map(Founder::directory)
                .findFirst();
    }

    List<LogMember> members() {
        return founders.stream()
                .map(f -> new LogMember(
                        f.node(),
                        f.raft().host(),
                        f.raft().port(),
                        f.ingest().toString(),
                        f.http().toString()))
                .toList();
    }

    String text() {
        StringBuilder text = new StringBuilder();
        for (Founder founder : founders) {
            text.append(founder.node())
                    .append(' ')
                    .append(founder.directory())
                    .append(' ')
                    .append(founder.raft())
                    .append(' ')
                    .append(founder.ingest())
                    .append(' ')
                    .append(founder.http())
                    .append('\n');
        }
        return text.append(END).append('\n').toString();
    }

    /** @throws IllegalArgumentException if it is not such a text, whole */
    static Founders parse(String text) {
        List<String> lines = text.lines().toList();
        if (lines.size() < 2 || !lines.get(lines.size() - 1).equals(END) || !text.endsWith("\n")) {
            throw new IllegalArgumentException("it does not end with '" + END + "'");
        }
        List<Founder> founders = new ArrayList<>();
        for (String line : lines.subList(0, lines.size() - 1)) {
            String[] parts = line.split(" ");
            if (parts.length != 5) {
                throw new IllegalArgumentException("'" + line + "' is no founder");
            }
            founders.add(new Founder(
                    parts[0],
                    UUID.fromString(parts[1]),
                    HostPort.parse(parts[2]),
                    HostPort.parse(parts[3]),
                    HostPort.parse(parts[4])));
        }
        return new Founders(founders);
    }
}
