package dev.raftsman.sidecar;

import dev.raftsman.block.Labels;
import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.HostPort;
import dev.raftsman.config.Section;
import dev.raftsman.event.Names;
import dev.raftsman.shipper.ShipperSettings;
import dev.raftsman.tls.TlsFiles;
import dev.raftsman.wal.WalSettings;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The agent's configuration, as {@code conf/agent.yaml} shows it.
 *
 * @param agent this host's name in the cluster: producers of its files are {@code agent:stream}
 * @param data the agent's own directory: lock, cursor, WAL of its inputs
 * @param collectors ingest addresses of the collectors
 * @param labels of every block that is made here
 */
public record AgentConfig(
        String agent,
        String tenant,
        Path data,
        List<HostPort> collectors,
        Http http,
        Wal wal,
        Labels labels,
        InputsConfig inputs,
        Shipping shipper) {

    /**
     * @param listen where metrics and health are shown
     * @param stalledAfter how long nothing may move until they say so
     * @param tap whether events are shown although other hosts can connect
     */
    public record Http(HostPort listen, Duration stalledAfter, boolean tap) {}

    /**
     * @param roots where applications have their WALs
     * @param quotaBytes most bytes of the agent's own WAL
     */
    public record Wal(List<Path> roots, long quotaBytes, Duration force) {}

    /**
     * @param inFlightBytes most bytes of blocks in memory that wait for an acknowledgement
     * @param tls null: plain text
     */
    public record Shipping(long inFlightBytes, Duration linger, int blockBytes, TlsFiles tls) {}

    private static final String HOST_NAME = "host.name";
    /** Beside the file: a directory of files with more inputs and roots, in the order of their names. */
    public static final String CONF_D = "conf.d";

    private static final List<String> GROWING_LISTS = List.of("inputs", "wal.roots");
    private static final long MIB = 1 << 20;
    private static final long LEAST_BLOCK_BYTES = 4 << 10;

    /** @throws ConfigException naming every problem of the file and of those in {@link #CONF_D} at once */
    public static AgentConfig read(Path file) throws ConfigException {
        return ConfigFile.read(file, CONF_D, GROWING_LISTS, AgentConfig::of);
    }

    /** The shape of the file: every key, its default and what it is for. */
    public static AgentConfig of(Section root) {
        root.integer("version", 1, 1, 1, "format of this file");
        String agent = root.parsed("agent", null, "name of this host in the cluster", "agent", "a name", Names::name);
        String tenant = root.parsed(
                "tenant", "default", "whose logs these are", "default", "a-z, 0-9 and -, at most 63", Names::tenant);
        Path data = root.directory("data", null, "directory of the agent: lock, cursor, WAL of its own inputs");
        List<HostPort> collectors = root.addresses("collectors", "ingest addresses of the collectors");
        if (collectors.isEmpty()) {
            root.problem("collectors", "names no collector", "at least one host:port");
        }
        Http http = http(root.section("http", "metrics and health"));
        Shipping shipping = shipping(root.section("shipper", "how blocks go to the collectors"));
        Wal wal = wal(root.section("wal", "write-ahead logs on this host"));
        Labels labels = Labels.of(Map.of(HOST_NAME, agent))
                .with(InputsConfig.labels(
                        root, "what every event of this host carries; host.name is the agent's name"));
        InputsConfig inputs = InputsConfig.of(root, shipping, labels);
        return new AgentConfig(
                agent, tenant, data.toAbsolutePath().normalize(), collectors, http, wal, labels, inputs, shipping);
    }

    private static Http http(Section section) {
        HostPort listen = section.address("listen", "127.0.0.1:7461", "where /metrics, /livez and /readyz are shown");
        Duration stalled = section.duration(
                "stalledAfter",
                "30s",
                "after how long a thread that stands still makes /livez fail, and bytes that wait without any"
                        + " acknowledgement /readyz");
        if (stalled.compareTo(Duration.ofSeconds(1)) < 0) {
            section.problem("stalledAfter", "is shorter than an ordinary pause", "1s or more");
        }
        boolean tap = section.bool(
                "tap", false, "whether 'raftsman tap' is served although 'listen' is not a loopback address");
        return new Http(listen, stalled, tap);
    }

    private static Shipping shipping(Section section) {
        long inFlight = section.size("inFlight", "16MiB", "most bytes of blocks in memory, waiting to be acknowledged");
        if (inFlight < MIB) {
            section.problem("inFlight", "is less than one block may need", "1MiB or more");
        }
        Duration linger = section.duration(
                "linger",
                "1s",
                "how long events wait at most for more of them to become a block; while there is little to do they go at"
                        + " once");
        if (linger.compareTo(Duration.ofMinutes(1)) > 0) {
            section.problem("linger", "is longer than a minute", "at most 60s");
        }
        long block = section.size("block", "1MiB", "bytes of events, before compression, that make a block");
        if (block < LEAST_BLOCK_BYTES || block > MIB) {
            section.problem("block", "is outside of what a block holds", "4KiB to 1MiB");
            block = MIB;
        }
        return new Shipping(inFlight, linger, (int) block, ShipperSettings.readTls(section));
    }

    private static Wal wal(Section section) {
        List<Path> roots = new ArrayList<>();
        for (String root : section.strings(
                "roots", "directories below which applications have their WALs; conf.d/*.yaml may add to it")) {
            if (root.startsWith("/")) {
                roots.add(Path.of(root));
            } else {
                section.problem("roots", "'" + root + "' is not absolute", "absolute paths");
            }
        }
        long quota = section.size("quota", "1GiB", "most bytes of the agent's own WAL; when it is full, reading waits");
        if (quota < 16 * MIB) {
            section.problem("quota", "is too small for files that can be released one by one", "16MiB or more");
            quota = 16 * MIB;
        }
        Duration force = section.duration("force", "100ms", "how often what was written is forced to the disk");
        if (force.isZero() || force.compareTo(Duration.ofSeconds(10)) > 0) {
            section.problem("force", "is outside of what keeps a power cut harmless", "1ms to 10s");
            force = Duration.ofMillis(100);
        }
        return new Wal(List.copyOf(roots), quota, force);
    }

    /** Settings of the agent's own WAL when older ones still take some of its quota. */
    WalSettings walSettings(long takenBytes) {
        long quota = Math.max(wal.quotaBytes() / 4, wal.quotaBytes() - takenBytes);
        return WalSettings.ofQuota(quota).withForceInterval(wal.force());
    }
}
