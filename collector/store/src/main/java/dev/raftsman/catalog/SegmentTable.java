package dev.raftsman.catalog;

import dev.raftsman.block.Block;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentTally;
import dev.raftsman.segment.SegmentTotals;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;

/** Segments: at most one active for a stream, counted as it grows; the others are immutable rows. */
final class SegmentTable {
    private static final class Active {
        final SegmentHeader header;
        final SegmentTally tally;
        long bytes;
        SegmentView view;

        Active(SegmentHeader header, SegmentTally tally, long bytes) {
            this.header = header;
            this.tally = tally;
            this.bytes = bytes;
        }
    }

    private final TreeMap<Integer, Active> active = new TreeMap<>();
    private final TreeMap<SegmentId, SegmentView> finished = new TreeMap<>();

    /** Sealed, their digests not yet attested by a majority. */
    private final TreeSet<SegmentId> unattested = new TreeSet<>();

    SegmentTable() {}

    SegmentTable(List<SegmentView> segments, List<SegmentId> unattested) {
        this.unattested.addAll(unattested);
        for (SegmentView segment : segments) {
            if (segment.state() == SegmentState.OPEN) {
                Active row = new Active(header(segment), new SegmentTally(totals(segment)), segment.bytes());
                if (active.put(segment.streamNumber(), row) != null) {
                    throw new IllegalArgumentException("a second active segment " + segment.id());
                }
            } else if (finished.put(segment.id(), segment) != null) {
                throw new IllegalArgumentException("a second segment " + segment.id());
            }
        }
    }

    static SegmentHeader header(SegmentView segment) {
        return new SegmentHeader(segment.id(), segment.tenant(), segment.stream(), segment.openedAtMillis());
    }

    private static SegmentTotals totals(SegmentView segment) {
        return new SegmentTotals(
                segment.blocks(),
                segment.events(),
                segment.rawBytes(),
                segment.gapEvents(),
                segment.lostEvents(),
                segment.levelBitmap(),
                segment.minTimeNanos(),
                segment.maxTimeNanos(),
                segment.ranges());
    }

    boolean hasActive(int stream) {
        return active.containsKey(stream);
    }

    void begin(SegmentHeader header, long bytes) {
        if (active.put(header.id().stream(), new Active(header, new SegmentTally(), bytes)) != null) {
            throw new IllegalStateException("a second active segment " + header.id());
        }
    }

    void appended(int stream, long epoch, Block block, long bytes) {
        Active row = active.get(stream);
        row.tally.add(epoch, block);
        row.bytes = bytes;
        row.view = null;
    }

    SegmentTotals activeTotals(int stream) {
        return active.get(stream).tally.totals();
    }

    void seal(int stream, long bytes, String sha256, long nowMillis) {
        Active row = active.remove(stream);
        row.bytes = bytes;
        SegmentView sealed = view(row, SegmentState.SEALED, nowMillis, sha256);
        finished.put(sealed.id(), sealed);
        unattested.add(sealed.id());
    }

    List<SegmentId> unattested() {
        return List.copyOf(unattested);
    }

    /** The oldest whose digests are not attested, as this node computed them. */
    List<SegmentRef> unattested(int limit) {
        return unattested.stream()
                .limit(limit)
                .map(id -> finished.get(id).ref())
                .toList();
    }

    /**
     * Takes digests for those of all nodes.
     *
     * @return those of which this node computed another
     */
    List<SegmentId> attest(Command.Attest attest) {
        List<SegmentId> differing = new ArrayList<>();
        for (SegmentRef ref : attest.segments()) {
            SegmentView row = finished.get(ref.segment());
            if (unattested.remove(ref.segment()) && !row.sha256().equals(ref.sha256())) {
                finished.put(row.id(), row.withSha256(ref.sha256()));
                differing.add(row.id());
            }
        }
        return differing;
    }

    /** The next segment after this one whose data is kept; null to begin. */
    Optional<SegmentView> sealedAfter(SegmentId id) {
        // No stream: it would count all that is behind the id first.
        for (SegmentView segment : (id == null ? finished : finished.tailMap(id, false)).values()) {
            if (segment.state() == SegmentState.SEALED) {
                return Optional.of(segment);
            }
        }
        return Optional.empty();
    }

    /** Streams whose active segment the command means, in order of their numbers. */
    List<Integer> matching(Command.Seal seal, long nowMillis) {
        List<Integer> streams = new ArrayList<>();
        for (Active row : active.values()) {
            SegmentHeader header = row.header;
            boolean named =
                    seal.stream().equals(Command.EVERY_STREAM) || seal.stream().equals(header.stream());
            boolean tenant = seal.tenant() == null || seal.tenant().equals(header.tenant());
            if (named && tenant && nowMillis - header.openedAtMillis() >= seal.olderThanMillis()) {
                streams.add(header.id().stream());
            }
        }
        return streams;
    }

    /** A finished segment; null if there is none, or it is still active. */
    SegmentView finished(SegmentId id) {
        return finished.get(id);
    }

    /** Active or finished; null if there is none. */
    SegmentView segment(SegmentId id) {
        Active row = active.get(id.stream());
        return row != null && row.header.id().equals(id) ? view(row) : finished.get(id);
    }

    /** The last segment of the id's stream that is not behind the id, else the stream's first; null if it has none. */
    SegmentView around(SegmentId id) {
        Active row = active.get(id.stream());
        if (row != null && row.header.id().compareTo(id) <= 0) {
            return view(row);
        }
        SegmentView found = ofStream(finished.floorEntry(id), id.stream());
        return found == null ? after(new SegmentId(id.stream(), 0)) : found;
    }

    /** The next segment of the stream; null if this is its last. */
    SegmentView after(SegmentId id) {
        SegmentView found = ofStream(finished.higherEntry(id), id.stream());
        Active row = active.get(id.stream());
        return found == null && row != null && row.header.id().compareTo(id) > 0 ? view(row) : found;
    }

    /** The segment of the stream before this one; null if this is its first. */
    SegmentView before(SegmentId id) {
        return ofStream(finished.lowerEntry(id), id.stream());
    }

    private static SegmentView ofStream(Map.Entry<SegmentId, SegmentView> entry, int stream) {
        return entry == null || entry.getKey().stream() != stream ? null : entry.getValue();
    }

    void replace(SegmentView changed) {
        if (changed.state() != SegmentState.SEALED) {
            unattested.remove(changed.id());
        }
        finished.put(changed.id(), changed);
    }

    /** Takes a finished row of before. @return false if it is here */
    boolean restore(SegmentView segment) {
        return finished.putIfAbsent(segment.id(), segment) == null;
    }

    /** How many rows there are of cold segments. */
    long coldRows() {
        return finished.values().stream()
                .filter(segment -> !segment.state().hot())
                .count();
    }

    /** By id: the active segment of a stream is its last. */
    List<SegmentView> views() {
        // Merged and not sorted: with 100,000 rows a snapshot would hold applying up for twice as long.
        List<SegmentView> views = new ArrayList<>(finished.size() + active.size());
        Iterator<Active> last = active.values().iterator();
        Active next = last.hasNext() ? last.next() : null;
        for (SegmentView segment : finished.values()) {
            while (next != null && next.header.id().stream() < segment.streamNumber()) {
                views.add(view(next));
                next = last.hasNext() ? last.next() : null;
            }
            views.add(segment);
        }
        while (next != null) {
            views.add(view(next));
            next = last.hasNext() ? last.next() : null;
        }
        return views;
    }

    private static SegmentView view(Active row) {
        if (row.view == null) {
            row.view = view(row, SegmentState.OPEN, 0, null);
        }
        return row.view;
    }

    private static SegmentView view(Active row, SegmentState state, long sealedAtMillis, String sha256) {
        SegmentHeader header = row.header;
        SegmentTotals totals = row.tally.totals();
        return new SegmentView(
                header.id(),
                header.id().stream(),
                header.tenant(),
                header.stream(),
                header.id().base(),
                state,
                null,
                totals.blocks(),
                totals.events(),
                row.bytes,
                totals.rawBytes(),
                totals.gapEvents(),
                totals.lostEvents(),
                totals.minTimeNanos(),
                totals.maxTimeNanos(),
                totals.levelBitmap(),
                header.openedAtMillis(),
                sealedAtMillis,
                sha256,
                totals.ranges(),
                null,
                null,
                null,
                null);
    }
}
