package dev.raftsman.catalog;

import dev.raftsman.segment.SegmentId;
import java.util.List;

/**
 * The tables as a snapshot keeps them: all that a view shows, and what only the tables need to go on.
 *
 * @param freeze null if deletion is free; as {@code throttles}, left out of the JSON then, which older versions read
 * @param throttles null if there are none, as the next three
 * @param policies declared versions, oldest first
 */
public record CatalogImage(
        long stampMillis,
        long segmentBytes,
        LeaseView lease,
        List<StreamView> streams,
        List<Epoch.Image> epochs,
        List<SegmentView> segments,
        List<SegmentId> unattested,
        List<TierTable.Aborted> aborted,
        List<SnapshotView> snapshots,
        List<MemberView> members,
        FreezeView freeze,
        List<ThrottleView> throttles,
        List<OutageView> outages,
        List<PoliciesView> policies,
        List<StreamLabels> labels,
        RestoreView restored) {
    public CatalogImage {
        streams = List.copyOf(streams);
        epochs = List.copyOf(epochs);
        segments = List.copyOf(segments);
        unattested = List.copyOf(unattested);
        aborted = List.copyOf(aborted);
        snapshots = List.copyOf(snapshots);
        // Images from before there was this table have none.
        members = members == null ? List.of() : List.copyOf(members);
        throttles = throttles == null || throttles.isEmpty() ? null : List.copyOf(throttles);
        outages = outages == null || outages.isEmpty() ? null : List.copyOf(outages);
        policies = policies == null || policies.isEmpty() ? null : List.copyOf(policies);
        labels = labels == null || labels.isEmpty() ? null : List.copyOf(labels);
    }
}
