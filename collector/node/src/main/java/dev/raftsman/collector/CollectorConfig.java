package dev.raftsman.collector;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.HostPort;
import dev.raftsman.config.Section;
import dev.raftsman.ingest.IngestSettings;
import dev.raftsman.ingest.IngestTls;
import dev.raftsman.query.AccessToken;
import dev.raftsman.raft.LogMember;
import dev.raftsman.raft.LogSettings;
import dev.raftsman.raft.LogTls;
import dev.raftsman.tls.TlsFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Configuration of a collector.
 *
 * @param cluster name shared by the nodes
 * @param node id of this one, among the peers
 * @param reserveBytes free space of the data directory below which no block is taken; {@link
 *     dev.raftsman.raft.DiskMarks} has the second mark
 * @param httpToken that readers of the pages have to know; null: none
 * @param raftHost address to bind for the log; the port is this node's in the peers
 * @param raftTls of the nodes among themselves; null: plain text
 * @param segmentBytes length at which a segment is sealed; the leader's value holds for all nodes
 * @param segmentAge after which an open segment is sealed
 * @param snapshotLogBytes applied bytes after which a snapshot is taken
 * @param fetchBytesPerSecond how fast at most segments are fetched from other nodes
 * @param scrub how sealed segments are read again
 * @param wordFiles whether it collects words of its segments ({@link WordFiles})
 * @param awaitRestore no producer is taken before the cluster was restored from an archive
 */
public record CollectorConfig(
        String cluster,
        String node,
        Path data,
        long reserveBytes,
        IngestSettings ingest,
        HostPort http,
        AccessToken httpToken,
        String raftHost,
        Duration electionTimeout,
        TlsFiles raftTls,
        List<Peer> peers,
        long segmentBytes,
        Duration segmentAge,
        long snapshotLogBytes,
        long fetchBytesPerSecond,
        Scrub scrub,
        boolean wordFiles,
        boolean awaitRestore) {
    private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final String ID_RULE = "1 to 63 letters, digits, '.', '_' or '-'";
    private static final HostPort PLACEHOLDER = new HostPort("127.0.0.1", 1);

    /** @param period within which every sealed segment is read again, at no more than so many bytes a second */
    public record Scrub(Duration period, long bytesPerSecond) {}

    /**
     * A node and where its three doors are.
     *
     * @param joins it is no founder: it waits to be added
     */
    public record Peer(String id, HostPort raft, HostPort ingest, HostPort http, boolean joins) {
        /** A founder. */
        public Peer(String id, HostPort raft, HostPort ingest, HostPort http) {
            this(id, raft, ingest, http, false);
        }

        LogMember member() {
            return new LogMember(id, raft.host(), raft.port(), ingest.toString(), http.toString());
        }

        @Override
        public String toString() {
            return id + " raft=" + raft + " ingest=" + ingest + " http=" + http;
        }
    }

    public CollectorConfig {
        peers = List.copyOf(peers);
    }

    /** @throws ConfigException with every problem of the file */
    public static CollectorConfig read(Path file) throws ConfigException {
        return ConfigFile.read(file, CollectorConfig::of);
    }

    /** The shape of the file, for {@link ConfigFile}. */
    public static CollectorConfig of(Section file) {
        file.integer("version", 1, 1, 1, "Version of this file's format.");
        String cluster = id(file, "cluster", "raftsman", "Name of the cluster; a log of another one is never joined.");
        String node = id(file, "node", null, "Id of this node, one of raft.peers.");
        Path data = file.directory("data", null, "Directory of this node alone; made if absent.");
        long reserve = file.size(
                "reserve",
                "256MiB",
                "Free space on the data directory's disk below which no more blocks are taken; below half of it, and below"
                        + " 64MiB, nothing is.");

        boolean awaitRestore = file.bool(
                "awaitRestore",
                false,
                "Takes no agent before 'raftsman restore --cluster' is through: for a cluster that replaces a lost one.");

        Section raft = file.section("raft", "The replicated log.");
        List<Peer> peers = peers(raft);
        Peer self = peers.stream()
                .filter(p -> p.id().equals(node))
                .findFirst()
                .orElse(new Peer(node, PLACEHOLDER, PLACEHOLDER, PLACEHOLDER));
        if (!peers.isEmpty() && !peers.contains(self)) {
            file.problem(
                    "node",
                    "'" + node + "' is not among raft.peers",
                    String.join(" | ", peers.stream().map(Peer::id).toList()));
        }
        HostPort raftListen = listen(raft, self.raft(), "raft");
        if (raftListen.port() != self.raft().port()) {
            raft.problem(
                    "listen",
                    "port " + raftListen.port() + " is not this node's in raft.peers",
                    "port " + self.raft().port());
        }
        Duration electionTimeout = raft.duration(
                "electionTimeout",
                "1s",
                "A follower that hears nothing for this long, and up to twice it, stands for election.");
        if (electionTimeout.toMillis() < 100 || electionTimeout.toMillis() > 60_000) {
            raft.problem("electionTimeout", electionTimeout.toMillis() + " ms", "100ms to 60s");
        }
        TlsFiles raftTls = LogTls.read(raft);
        IngestSettings ingest = ingest(file.section("ingest", "Where sidecars connect."), self);
        Section pages = file.section("http", "Status, catalog, segments, streams, commands, metrics.");
        HostPort http = listen(pages, self.http(), "http");
        String token = pages.string(
                "token",
                "",
                "What readers and the archiver must know, ${env:X} or ${file:X}: 'Authorization: Bearer ...'. Left out:"
                        + " whoever reaches the address. /livez, /readyz and /metrics are open.");

        Section segments = file.section("segments", "Files that blocks are stored in.");
        long segmentBytes = segments.size(
                "size", "64MiB", "Length at which a segment is sealed; the leader's value holds for all nodes.");
        Duration segmentAge = segments.duration("age", "1h", "Age at which an open segment is sealed.");
        if (segmentBytes < 64L << 10 || segmentBytes > 4L << 30) {
            segments.problem("size", segmentBytes + " bytes", "64KiB to 4GiB");
        }
        Section snapshot = file.section("snapshot", "Snapshots of the tables, and what a node that was away fetches.");
        long snapshotBytes = snapshot.size(
                "logBytes", "256MiB", "Applied bytes after which one is taken; a restart replays no more.");
        long fetchBytesPerSecond = snapshot.size(
                "fetchRate", "200MiB", "Most bytes a second that this node fetches segments from others with.");
        if (fetchBytesPerSecond < 64 << 10) {
            snapshot.problem("fetchRate", fetchBytesPerSecond + " bytes", "64KiB or more");
        }
        return new CollectorConfig(
                cluster,
                node,
                data,
                reserve,
                ingest,
                http,
                token.isEmpty() ? null : new AccessToken(token),
                raftListen.host(),
                electionTimeout,
                raftTls,
                peers,
                segmentBytes,
                segmentAge,
                snapshotBytes,
                fetchBytesPerSecond,
                scrub(file.section("scrub", "Reading sealed segments again, to find damage before a reader does.")),
                file.section("search", "What makes searching faster.")
                        .bool(
                                "filters",
                                true,
                                "Collects the words of sealed segments while little comes in, so that 'raftsman grep' need not"
                                        + " read them all. Each segment is the task of one node."),
                awaitRestore);
    }

    private static Scrub scrub(Section section) {
        Duration period = section.duration("period", "7d", "Within it every sealed segment is read once.");
        if (period.toMillis() < 1_000) {
            section.problem("period", period.toMillis() + " ms", "1s or more");
        }
        long rate = section.size("rate", "20MiB", "Most bytes a second that are read for it.");
        if (rate < 64 << 10) {
            section.problem("rate", rate + " bytes", "64KiB or more");
        }
        return new Scrub(period, Math.max(1, rate));
    }

    private static String id(Section section, String key, String fallback, String explanation) {
        return section.parsed(key, fallback, explanation, "example", ID_RULE, text -> {
            if (!ID.matcher(text).matches()) {
                throw new IllegalArgumentException("'" + text + "' is no id; expected " + ID_RULE);
            }
            return text;
        });
    }

    private static HostPort listen(Section section, HostPort own, String door) {
        return section.parsed(
                "listen",
                "",
                "Address to bind; left out: this node's '" + door + "' in raft.peers.",
                own,
                "host:port",
                text -> text.isEmpty() ? own : HostPort.parse(text));
    }

    private static List<Peer> peers(Section raft) {
        List<Peer> peers = new ArrayList<>();
        Set<Object> seen = new HashSet<>();
        for (Section peer : raft.sections(
                "peers",
                "Every node that founds the cluster, this one too; an odd number. Later the cluster knows its members by"
                        + " itself.")) {
            Peer one = new Peer(
                    id(peer, "id", null, "Id of the node."),
                    peer.address("raft", null, "Where the nodes reach its log."),
                    peer.address("ingest", null, "Where sidecars reach it."),
                    peer.address("http", null, "Where its pages are."),
                    peer.bool("joins", false, "It does not found the cluster, but is added to it later."));
            peers.add(one);
            if (!seen.add(one.id())) {
                peer.problem("id", "'" + one.id() + "' is there twice", "each node once");
            }
            door(peer, "raft", one.raft(), seen);
            door(peer, "ingest", one.ingest(), seen);
            door(peer, "http", one.http(), seen);
        }
        long founding = peers.stream().filter(p -> !p.joins()).count();
        if (founding % 2 == 0) {
            raft.problem(
                    "peers",
                    founding + " nodes",
                    "an odd number of nodes, such as 1, 3 or 5, beside those that have joins: true");
        }
        return peers;
    }

    private static void door(Section peer, String key, HostPort address, Set<Object> seen) {
        if (peer.has(key) && !seen.add(address)) {
            peer.problem(key, address + " is given twice", "an address of its own for each door");
        }
    }

    private static IngestSettings ingest(Section section, Peer self) {
        HostPort listen = listen(section, self.ingest(), "ingest");
        long credit = section.size("credit", "16MiB", "Blocks that one connection may have unacknowledged.");
        long budget = section.size("budget", "48MiB", "Blocks of all connections waiting and in flight.");
        Duration linger = section.duration("linger", "5ms", "How long a block may wait for others to share its entry.");
        int connections = (int) section.integer("connections", 2_000, 1, 1_000_000, "Most connections at a time.");
        if (credit < 4L << 20 || budget < credit) {
            section.problem("credit", credit + " bytes with a budget of " + budget, "4MiB or more, up to the budget");
            credit = IngestSettings.DEFAULT_CREDIT_BYTES;
            budget = Math.max(budget, credit);
        }
        if (linger.toMillis() > 1_000) {
            section.problem("linger", linger.toMillis() + " ms", "at most 1s");
        }
        return new IngestSettings(listen, credit, budget, linger, connections, IngestTls.read(section));
    }

    /** @param founders the group that a founder's engine begins with; empty: this node alone, which founds nothing by it */
    LogSettings log(List<LogMember> founders) {
        return new LogSettings(
                cluster,
                node,
                founders.isEmpty() ? List.of(peer(node).orElseThrow().member()) : founders,
                raftHost,
                data.resolve("raft"),
                snapshotLogBytes,
                electionTimeout);
    }

    Optional<Peer> peer(String id) {
        return peers.stream().filter(p -> p.id().equals(id)).findFirst();
    }
}
