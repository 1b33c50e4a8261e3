package dev.raftsman.cli;

import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.HostPort;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Which cluster a verb speaks with. Every verb that speaks with one has this mixin, so all take the same. */
final class ClusterOption {
    /** The cluster of {@code conf/local-s3/start} and of the examples in {@code conf/}. */
    static final String LOOPBACK = "127.0.0.1:7451,127.0.0.1:7452,127.0.0.1:7453";

    // No default of picocli's: whether it was said matters where something else may be said instead.
    @Option(
            names = "--cluster",
            paramLabel = "HOST:PORT",
            split = ",",
            converter = AddressConverter.class,
            description = "HTTP addresses of some or all collectors (where it may be left out: " + LOOPBACK + ")")
    private List<HostPort> addresses;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            converter = AgentCommand.DurationConverter.class,
            defaultValue = "10s",
            description = "how long to go on asking while none of them answers or leads (default: ${DEFAULT-VALUE})")
    private Duration limit;

    @Mixin
    private AccessOption access;

    /** As in configuration files; the beginning of a copied URL does no harm. */
    static final class AddressConverter implements CommandLine.ITypeConverter<HostPort> {
        @Override
        public HostPort convert(String text) {
            try {
                return HostPort.parse(text.replaceFirst("^http://", "").replaceFirst("/$", ""));
            } catch (IllegalArgumentException e) {
                throw new CommandLine.TypeConversionException(
                        "'" + text + "' is no address; expected host:port, such as 127.0.0.1:7451");
            }
        }
    }

    /** Whether the command line says which, so that another place was not meant. */
    boolean isGiven() {
        return addresses != null;
    }

    List<HostPort> addresses() {
        AddressConverter address = new AddressConverter();
        return addresses != null
                ? addresses
                : List.of(LOOPBACK.split(",")).stream().map(address::convert).toList();
    }

    /** @return what the collectors ask for; empty if nothing was given */
    String token() {
        return access.token();
    }

    /** @return a client, the caller's to close */
    ClusterClient client() {
        return new ClusterClient(
                addresses(), new Backoff(Duration.ofMillis(50), Duration.ofMillis(500), limit), access.token());
    }
}
