package dev.raftsman.cluster;

import com.fasterxml.jackson.databind.JsonNode;

/**
 * What an agent said it still holds of a stream, unacknowledged.
 *
 * @param lagSeconds the age of the oldest of it
 * @param asOfMillis when the collector heard it
 */
public record HostBacklog(
        String tenant, String agent, String stream, long lagBytes, double lagSeconds, long asOfMillis) {
    static HostBacklog of(JsonNode agent, JsonNode stream) {
        return new HostBacklog(
                agent.path("tenant").asText(),
                agent.path("agent").asText(),
                stream.path("stream").asText(),
                stream.path("lagBytes").asLong(),
                stream.path("lagSeconds").asDouble(),
                stream.path("asOfMillis").asLong());
    }

    String key() {
        return tenant + "/" + agent + "/" + stream;
    }

    HostBacklog newer(HostBacklog other) {
        return other.asOfMillis > asOfMillis ? other : this;
    }
}
