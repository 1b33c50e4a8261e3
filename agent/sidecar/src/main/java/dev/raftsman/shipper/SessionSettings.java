package dev.raftsman.shipper;

import java.time.Duration;
import java.util.List;

/**
 * How a session behaves.
 *
 * @param collectors {@code host:port} of each collector's ingest; any of them may be the leader
 * @param inFlightBytes global budget of the memory of blocks, those on their way and what is kept for the next ones, whatever
 *     the collector's credit
 * @param ping how long a collector may say nothing before it is asked whether it is there; a quarter of that where it owes
 *     an answer
 * @param silence how long it may say nothing before it is given up
 * @param owing the same where it owes an answer: it answers a ping at once, however long the log takes
 */
public record SessionSettings(
        String tenant,
        String agent,
        List<String> collectors,
        long inFlightBytes,
        Duration connectTimeout,
        Duration backoffFirst,
        Duration backoffMost,
        Duration ping,
        Duration silence,
        Duration owing) {

    public SessionSettings {
        collectors = List.copyOf(collectors);
        if (collectors.isEmpty()) {
            throw new IllegalArgumentException("no collectors");
        }
        if (ping.compareTo(silence) >= 0 || ping.dividedBy(4).compareTo(owing) >= 0) {
            throw new IllegalArgumentException(
                    "ping " + ping + " must be shorter than silence " + silence + ", a quarter of it than " + owing);
        }
    }

    public static SessionSettings of(String tenant, String agent, List<String> collectors, long inFlightBytes) {
        return new SessionSettings(
                tenant,
                agent,
                collectors,
                inFlightBytes,
                Duration.ofSeconds(3),
                Duration.ofMillis(50),
                Duration.ofSeconds(2),
                Duration.ofSeconds(5),
                Duration.ofSeconds(15),
                Duration.ofSeconds(4));
    }
}
