package dev.raftsman.archiver;

import dev.raftsman.config.ConfigException;
import dev.raftsman.config.ConfigFile;
import dev.raftsman.config.ConfigKey;
import dev.raftsman.config.HostPort;
import dev.raftsman.config.Section;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * What {@code archiver.yaml} says.
 *
 * @param data for the lock, the owner's name, and one segment on its way
 * @param collectors HTTP addresses of some or all collectors
 * @param token that the collectors ask for; empty: none
 * @param retention the file of policies
 * @param every from the end of a round to the next
 * @param act whether decisions are carried out; if not, only plans that somebody applies are
 * @param http where figures and health are served
 */
public record ArchiverConfig(
        Path data,
        List<HostPort> collectors,
        String token,
        Path retention,
        Duration every,
        boolean act,
        HostPort http) {
    public ArchiverConfig {
        collectors = List.copyOf(collectors);
    }

    /** @throws ConfigException naming every problem with file, line, column and key */
    public static ArchiverConfig read(Path file) throws ConfigException {
        return ConfigFile.read(file, ArchiverConfig::of);
    }

    /** @return every key, for the reference */
    public static List<ConfigKey> reference() {
        return ConfigFile.reference(ArchiverConfig::of);
    }

    private static ArchiverConfig of(Section file) {
        file.integer("version", 1, 1, 1, "Version of this file's format.");
        Path data = file.directory("data", null, "Own directory; room for one segment.");
        List<HostPort> collectors =
                file.addresses("collectors", "HTTP addresses of the collectors, any of which may lead.");
        if (collectors.isEmpty()) {
            file.problem("collectors", "names nobody", "at least one host:port");
        }
        String token = file.string(
                "token", "", "What the collectors ask for, their http.token: ${env:X} or ${file:X}. Left out: none.");
        Path retention = file.directory("retention", null, "The file of policies, retention.yaml.");
        Duration every = file.duration("every", "10s", "From the end of a round to the beginning of the next.");
        if (every.isZero()) {
            file.problem("every", "must be longer than zero", "a duration such as 10s");
        }
        boolean act = file.bool(
                "act",
                true,
                "Whether decisions are carried out. false: 'retention apply' does it, and what was begun or marked is finished.");
        HostPort http = file.section("http", "Figures and health.")
                .address("listen", "127.0.0.1:7471", "Where /metrics, /livez and /readyz are served.");
        return new ArchiverConfig(data, collectors, token, retention, every, act, http);
    }
}
