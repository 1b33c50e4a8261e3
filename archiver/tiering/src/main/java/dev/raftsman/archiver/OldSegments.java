package dev.raftsman.archiver;

import dev.raftsman.archive.Lease;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** Asks the collectors to seal what was begun longer ago than its policy's {@code sealAfter}. One thread. */
final class OldSegments {
    private final RetentionPolicies policies;
    private final Lease lease;

    OldSegments(RetentionPolicies policies, Lease lease) {
        this.policies = policies;
        this.lease = lease;
    }

    void seal(CatalogView catalog) throws IOException {
        for (StreamView stream : catalog.streams()) {
            Optional<Duration> sealAfter = policies.policyFor(catalog, stream).flatMap(Policy::sealAfter);
            if (sealAfter.isEmpty()) {
                continue;
            }
            long olderThanMillis = sealAfter.get().toMillis();
            boolean due = catalog.segmentsOf(stream.number()).stream()
                    .anyMatch(segment -> segment.state() == SegmentState.OPEN
                            && segment.blocks() > 0
                            && catalog.stampMillis() - segment.openedAtMillis() >= olderThanMillis);
            if (due) {
                lease.execute(new Command.Seal(stream.tenant(), stream.stream(), olderThanMillis));
            }
        }
    }
}
