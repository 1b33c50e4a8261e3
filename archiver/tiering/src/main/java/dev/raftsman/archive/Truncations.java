package dev.raftsman.archive;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives segments up, and leaves in a store's manifest that they are: it outlives the cluster. Holding the lease is the
 * caller's part. One thread.
 */
public final class Truncations {
    /** How many records of what was given up share a page: one of a thousand has about a megabyte. */
    private static final int RECORDS_ON_A_PAGE = 1_000;

    private static final Logger LOG = LoggerFactory.getLogger(Truncations.class);

    private final RetentionPolicies policies;
    private final String policyHash;
    private final Lease lease;
    private final ColdTargets targets;
    private final ArchiveListener listener;

    public Truncations(RetentionPolicies policies, Lease lease, ColdTargets targets, ArchiveListener listener) {
        this.policies = policies;
        this.policyHash = policies.hash();
        this.lease = lease;
        this.targets = targets;
        this.listener = listener;
    }

    /**
     * Gives segments up, one command for all that share a policy and a reason.
     *
     * @param nowMillis the stamp of the catalog that it was decided by
     */
    public void truncate(List<Decision.Truncate> decisions, long nowMillis) throws IOException {
        Map<String, List<Decision.Truncate>> groups = new LinkedHashMap<>();
        decisions.forEach(decision -> groups.computeIfAbsent(
                        decision.policy() + " " + decision.reason() + " "
                                + (decision.segment().mark() != null),
                        key -> new ArrayList<>())
                .add(decision));
        for (List<Decision.Truncate> group : groups.values()) {
            for (int from = 0; from < group.size(); from += SegmentRef.MAX_IN_COMMAND) {
                truncateTogether(
                        group.subList(from, Math.min(group.size(), from + SegmentRef.MAX_IN_COMMAND)), nowMillis);
            }
        }
    }

    private void truncateTogether(List<Decision.Truncate> together, long nowMillis) throws IOException {
        List<SegmentRef> refs =
                together.stream().map(decision -> decision.segment().ref()).toList();
        Decision.Truncate first = together.get(0);
        CommandResult result = lease.execute(new Command.Truncate(
                lease.owner(),
                refs,
                first.policy(),
                first.reason().toString(),
                policyHash,
                first.segment().mark() != null,
                nowMillis));
        if (result instanceof CommandResult.Refused refused) {
            LOG.warn("truncate refused: segments={} reason={} {}", refs.size(), refused.reason(), refused.detail());
            listener.failed("truncate");
            return;
        }
        for (Decision.Truncate decision : together) {
            LOG.info("{}", decision);
            listener.done(decision);
        }
    }

    /** Puts on a manifest page what the catalog says was truncated and no page says yet. */
    public void record(CatalogView catalog) throws IOException {
        Map<String, List<ManifestEntry>> byTarget = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.state() == SegmentState.TRUNCATED) {
                recordTarget(segment)
                        .ifPresent(name -> byTarget.computeIfAbsent(name, key -> new ArrayList<>())
                                .add(ManifestEntry.truncated(catalog, segment)));
            }
        }
        for (Map.Entry<String, List<ManifestEntry>> entries : byTarget.entrySet()) {
            try {
                Cold cold = targets.get(entries.getKey(), catalog);
                List<ManifestEntry> missing = entries.getValue().stream()
                        .filter(entry ->
                                !cold.manifest().isTruncated(entry.segment().id()))
                        .toList();
                for (List<ManifestEntry> page : pages(missing)) {
                    cold.manifest().publish(lease.owner(), catalog.stampMillis(), page);
                }
            } catch (IOException e) {
                LOG.warn(
                        "record-truncation failed, will be tried again: target={} reason={}",
                        entries.getKey(),
                        e.getMessage());
                listener.failed("record-truncation");
                listener.targetFailed(entries.getKey());
            }
        }
    }

    /** As many on each as a page may hold, whatever their producers. */
    private static List<List<ManifestEntry>> pages(List<ManifestEntry> entries) {
        List<List<ManifestEntry>> pages = new ArrayList<>();
        long ranges = 0;
        for (ManifestEntry entry : entries) {
            ranges += entry.segment().ranges().size();
            boolean begins = pages.isEmpty()
                    || pages.get(pages.size() - 1).size() == RECORDS_ON_A_PAGE
                    || ranges > Merging.MAX_RANGES;
            if (begins) {
                pages.add(new ArrayList<>());
                ranges = entry.segment().ranges().size();
            }
            pages.get(pages.size() - 1).add(entry);
        }
        return pages;
    }

    /** What expired is recorded where it was; whoever looks for it looks there. */
    private Optional<String> recordTarget(SegmentView segment) {
        if (segment.archive() != null) {
            return Optional.of(segment.archive().target());
        }
        return policies.named(segment.truncation().policy())
                .flatMap(policies::recordTarget)
                .or(policies::defaultTarget);
    }
}
