package dev.raftsman.archiver;

import dev.raftsman.archive.Lease;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.policy.OutageRule;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Has the collectors take no more of streams that an outage leaves too much of. One thread. */
final class Throttling {
    /** One that nobody renews ends by itself: its archiver is gone. */
    private static final Duration LASTS = Duration.ofMinutes(5);

    private static final Logger LOG = LoggerFactory.getLogger(Throttling.class);

    private final RetentionPolicies policies;
    private final Lease lease;

    Throttling(RetentionPolicies policies, Lease lease) {
        this.policies = policies;
        this.lease = lease;
    }

    /** @param out when each target that is out began to be */
    void renew(CatalogView catalog, Map<String, Long> out) throws IOException {
        List<Integer> streams = new ArrayList<>();
        for (StreamView stream : catalog.streams()) {
            Optional<Policy> policy = policies.policyFor(catalog, stream);
            if (policy.isPresent() && throttles(policy.get(), out, catalog, stream)) {
                streams.add(stream.number());
            }
        }
        if (streams.isEmpty() && catalog.throttles() == null) {
            return;
        }
        CommandResult result = lease.execute(new Command.Throttle(
                lease.owner(), streams, "its archive cannot be reached", streams.isEmpty() ? 0 : LASTS.toMillis()));
        if (!result.ok()) {
            LOG.warn("throttle refused: {}", result);
        } else if ((catalog.throttles() == null) != streams.isEmpty()) {
            LOG.warn("streams taken no more for now: streams={} reason=outage-throttle", streams);
        }
    }

    private static boolean throttles(Policy policy, Map<String, Long> out, CatalogView catalog, StreamView stream) {
        boolean mayThrottle = policy.then() != Policy.Action.TRUNCATE
                && policy.outage().behaviour() == OutageRule.Behaviour.THROTTLE
                && policy.keepHot().sizeBytes().isPresent();
        Long since = policy.target().map(out::get).orElse(null);
        if (!mayThrottle
                || since == null
                || catalog.stampMillis() - since < policy.outage().after().toMillis()) {
            return false;
        }
        long hotBytes = catalog.segmentsOf(stream.number()).stream()
                .filter(segment -> segment.state().hot())
                .mapToLong(SegmentView::bytes)
                .sum();
        return hotBytes > policy.keepHot().sizeBytes().getAsLong();
    }
}
