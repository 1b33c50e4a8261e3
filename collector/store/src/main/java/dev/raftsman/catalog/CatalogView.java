package dev.raftsman.catalog;

import dev.raftsman.segment.SegmentId;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.ToLongFunction;

/**
 * The replicated tables at one Raft index, immutable.
 *
 * @param stampMillis the monotone stamp of the last entry: "now" as far as the tables are concerned
 * @param segmentBytes a segment is sealed by the entry that brings it to this length
 * @param lease null if never taken; look at its end
 * @param streams by number, from 1; without holes unless the cluster was restored
 * @param epochs by number, likewise
 * @param segments by stream, then base
 * @param snapshots in the order of recording
 * @param freeze null if deletion is free
 * @param throttles null if every stream is taken
 * @param outages by target; null if every target could be reached, or nobody says
 * @param policies declared versions of the policies, oldest first; null if none was
 * @param labels of streams, by number; null if there are none, and without those of which nothing is known
 * @param restored null if the cluster was never restored
 */
public record CatalogView(
        long appliedIndex,
        long term,
        long stampMillis,
        long segmentBytes,
        LeaseView lease,
        List<StreamView> streams,
        List<EpochView> epochs,
        List<SegmentView> segments,
        List<SnapshotView> snapshots,
        FreezeView freeze,
        List<ThrottleView> throttles,
        List<OutageView> outages,
        List<PoliciesView> policies,
        List<StreamLabels> labels,
        RestoreView restored) {
    public CatalogView {
        streams = List.copyOf(streams);
        epochs = List.copyOf(epochs);
        segments = List.copyOf(segments);
        snapshots = List.copyOf(snapshots);
        // Left out of the JSON where there are none: older readers know no such field.
        throttles = throttles == null || throttles.isEmpty() ? null : List.copyOf(throttles);
        outages = outages == null || outages.isEmpty() ? null : List.copyOf(outages);
        policies = policies == null || policies.isEmpty() ? null : List.copyOf(policies);
        labels = labels == null || labels.isEmpty() ? null : List.copyOf(labels);
    }

    public Optional<SegmentView> segment(SegmentId id) {
        int at = firstNotBefore(id);
        return at < segments.size() && segments.get(at).id().equals(id)
                ? Optional.of(segments.get(at))
                : Optional.empty();
    }

    /** The segments of one stream in the order of the Raft log. */
    public List<SegmentView> segmentsOf(int stream) {
        return segments.subList(firstNotBefore(new SegmentId(stream, 0)), firstNotBefore(new SegmentId(stream + 1, 0)));
    }

    private int firstNotBefore(SegmentId id) {
        int low = 0;
        int high = segments.size();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (segments.get(middle).id().compareTo(id) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    /** The snapshots that are not given up. */
    public List<SnapshotView> kept() {
        return snapshots.stream().filter(SnapshotView::kept).toList();
    }

    /** The version of the policies that counts; empty if none was declared. */
    public Optional<PoliciesView> activePolicies() {
        return policies == null ? Optional.empty() : Optional.of(policies.get(policies.size() - 1));
    }

    /** Targets that cannot be reached at this time, by name, with the beginning of it. */
    public Map<String, Long> outagesAt(long nowMillis) {
        Map<String, Long> since = new TreeMap<>();
        for (OutageView outage : outages == null ? List.<OutageView>of() : outages) {
            if (nowMillis < outage.untilMillis()) {
                since.put(outage.target(), outage.sinceMillis());
            }
        }
        return since;
    }

    /** What is true of every event of the stream's newest finished segment, or of its first; empty if that is not known. */
    public Optional<Map<String, String>> labelsOf(int stream) {
        return labels == null
                ? Optional.empty()
                : find(labels, StreamLabels::stream, stream).map(StreamLabels::known);
    }

    /** The applied index as segments are numbered: behind those of a cluster that this one was restored from. */
    public long position() {
        return appliedIndex + (restored == null ? 0 : restored.firstPosition());
    }

    public Optional<EpochView> epoch(long epoch) {
        return find(epochs, EpochView::epoch, epoch);
    }

    private static <T> Optional<T> find(List<T> rows, ToLongFunction<T> number, long wanted) {
        int low = 0;
        int high = (int) Math.min(rows.size(), Math.max(0, wanted)); // Numbers rise from 1: none is before its place.
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (number.applyAsLong(rows.get(middle)) < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low < rows.size() && number.applyAsLong(rows.get(low)) == wanted
                ? Optional.of(rows.get(low))
                : Optional.empty();
    }

    public Optional<StreamView> stream(String tenant, String name) {
        return streams.stream()
                .filter(row -> row.tenant().equals(tenant) && row.stream().equals(name))
                .findFirst();
    }

    public Optional<StreamView> stream(int number) {
        return find(streams, StreamView::number, number);
    }
}
