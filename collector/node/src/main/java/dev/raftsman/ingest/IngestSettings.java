package dev.raftsman.ingest;

import dev.raftsman.config.HostPort;
import java.time.Duration;

/**
 * @param listen where sidecars connect
 * @param creditBytes blocks that one connection may have unacknowledged
 * @param budgetBytes blocks that all connections together may have waiting or in flight; above it nothing is read
 * @param linger how long a block may wait for others to share its entry, while at most one entry is in flight
 * @param connections most at a time; what comes above is closed
 * @param tls null: plain text
 */
public record IngestSettings(
        HostPort listen, long creditBytes, long budgetBytes, Duration linger, int connections, IngestTls tls) {
    public static final long DEFAULT_CREDIT_BYTES = 16L << 20;
    public static final long DEFAULT_BUDGET_BYTES = 48L << 20;

    /** Plain text. */
    public IngestSettings(HostPort listen, long creditBytes, long budgetBytes, Duration linger, int connections) {
        this(listen, creditBytes, budgetBytes, linger, connections, null);
    }

    public IngestSettings {
        if (creditBytes > budgetBytes) {
            throw new IllegalArgumentException(
                    "credit of one connection " + creditBytes + " above the budget of all " + budgetBytes);
        }
    }
}
