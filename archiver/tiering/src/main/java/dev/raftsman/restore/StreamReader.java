package dev.raftsman.restore;

import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.restore.SegmentSource.Copy;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads streams over hot and cold as one: each block once, in the order of the Raft log. Shows what its sources held when it
 * was opened; a segment that moved from hot to cold since is found where it went if that source was given too. One thread.
 */
public final class StreamReader implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StreamReader.class);

    private final List<SegmentSource> sources;

    /** Everything to be read or known of a segment. */
    static final class Segment {
        final SegmentId id;
        final List<Copy> copies = new ArrayList<>();
        SegmentView view;

        Segment(SegmentId id) {
            this.id = id;
        }

        boolean isTruncated() {
            return view != null && view.state() == SegmentState.TRUNCATED;
        }

        /** Nearest first; a source's own order is kept. */
        List<Copy> nearestFirst() {
            List<Copy> nearest = new ArrayList<>(copies);
            nearest.sort(Comparator.comparingInt(Copy::distance));
            return nearest;
        }

        /** @param last whether it may not be finished as far as anybody knows */
        boolean mustBeWhole(boolean last) {
            return !last || view != null && view.sha256() != null;
        }

        IOException wholeNowhere(List<String> problems) {
            return new IOException("segment " + id + " is whole nowhere: " + String.join("; ", orNoCopy(problems)));
        }

        /** Problems of copies, or that there is no copy. */
        private List<String> orNoCopy(List<String> problems) {
            return problems.isEmpty() ? List.of("no source has a copy" + whereItShouldBe()) : problems;
        }

        private String whereItShouldBe() {
            if (view == null) {
                return "";
            }
            return view.archive() == null
                    ? ", it is " + view.state()
                    : ", it is in target '" + view.archive().target() + "' as "
                            + view.archive().key();
        }

        /** Whether the catalog says so, or a manifest does: this names only what was read back and proved. */
        boolean isArchived() {
            return view != null && view.state() == SegmentState.ARCHIVED
                    || copies.stream().anyMatch(Copy::isArchived);
        }

        /** A later row knows more: states go forward only. */
        void know(SegmentView row) {
            if (view == null || row.state().compareTo(view.state()) > 0) {
                view = row;
            }
        }
    }

    /** A stream's name. */
    public record StreamName(String tenant, String stream) implements Comparable<StreamName> {
        private static final Comparator<StreamName> ORDER =
                Comparator.comparing(StreamName::tenant).thenComparing(StreamName::stream);

        @Override
        public int compareTo(StreamName other) {
            return ORDER.compare(this, other);
        }
    }

    private final Map<StreamName, TreeMap<SegmentId, Segment>> streams = new TreeMap<>();
    private final Map<Long, EpochView> epochs = new HashMap<>();

    private StreamReader(List<SegmentSource> sources) {
        this.sources = List.copyOf(sources);
    }

    /**
     * Looks at every source.
     *
     * @param sources closed with the reader, also when this fails
     */
    public static StreamReader open(List<SegmentSource> sources) throws IOException {
        StreamReader reader = new StreamReader(sources);
        try {
            // Archives last: what leaves the collectors while we look is in both, never in neither.
            for (SegmentSource source : sources) {
                if (!(source instanceof ColdArchive)) {
                    reader.take(source.look());
                }
            }
            for (SegmentSource source : sources) {
                if (source instanceof ColdArchive) {
                    reader.take(source.look());
                }
            }
            return reader;
        } catch (IOException | RuntimeException e) {
            reader.close();
            throw e;
        }
    }

    private void take(SegmentSource.Contents contents) {
        for (Copy copy : contents.copies()) {
            segment(copy.tenant(), copy.stream(), copy.id()).copies.add(copy);
        }
        for (SegmentView view : contents.known()) {
            segment(view.tenant(), view.stream(), view.id()).know(view);
        }
        for (EpochView epoch : contents.epochs()) {
            epochs.merge(epoch.epoch(), epoch, (a, b) -> newer(a, b) ? a : b);
        }
    }

    private static boolean newer(EpochView a, EpochView b) {
        return a.last() != b.last() ? a.last() > b.last() : a.state().compareTo(b.state()) >= 0;
    }

    private Segment segment(String tenant, String stream, SegmentId id) {
        return streams.computeIfAbsent(new StreamName(tenant, stream), name -> new TreeMap<>())
                .computeIfAbsent(id, Segment::new);
    }

    /** @return every stream that any source knows */
    public Set<StreamName> streams() {
        return new TreeSet<>(streams.keySet());
    }

    /**
     * Hands on every block of a stream. What was given up by policy is left out; what should be there and is not, or is
     * damaged in every copy, is a failure after the blocks before it.
     *
     * @throws IOException naming the segment, where it was looked for, and what was found there
     */
    public void readStream(String tenant, String stream, BlockSink sink) throws IOException {
        TreeMap<SegmentId, Segment> segments = streams.get(new StreamName(tenant, stream));
        if (segments == null) {
            throw new IOException(
                    "no stream '" + stream + "' of tenant '" + tenant + "'; there are " + streams.keySet());
        }
        for (Segment segment : segments.values()) {
            if (!segment.isTruncated()) {
                boolean last = segment.id.equals(segments.lastKey());
                read(segment, last, sink);
            }
        }
    }

    /** The segments of a stream that were not given up, in order; none of a stream that is not known. */
    List<Segment> segments(StreamName name) {
        return streams.getOrDefault(name, new TreeMap<>()).values().stream()
                .filter(segment -> !segment.isTruncated())
                .toList();
    }

    /** Whether nothing of the stream comes behind a segment. */
    boolean isLast(StreamName name, Segment segment) {
        return segment.id.equals(streams.get(name).lastKey());
    }

    /**
     * Reads everything and adds up what is there, missing, or there twice. A segment that is whole nowhere is listed with the
     * reasons, and the audit goes on behind it.
     */
    public Audit audit() throws IOException {
        return audit(AuditScope.ALL);
    }

    /** The same of some streams. */
    public Audit audit(Set<StreamName> names) throws IOException {
        return audit(new AuditScope(names::contains, producer -> true, AuditScope.EVER, true));
    }

    /**
     * The same of a part of it, or by the tables alone.
     *
     * @throws IOException also if tables are to say it and there is no row for a segment
     */
    public Audit audit(AuditScope scope) throws IOException {
        Audit.Count count = new Audit.Count(scope);
        Set<Long> listed = new HashSet<>();
        for (StreamName name : streams()) {
            if (scope.streams().test(name)) {
                audit(name, scope, count, listed);
            }
        }
        Map<StreamNumber, StreamName> names = names();
        for (EpochView epoch : epochs.values()) {
            StreamName name = names.get(new StreamNumber(epoch.tenant(), epoch.stream()));
            if (name != null
                    && scope.streams().test(name)
                    && scope.producers().test(epoch.producer())
                    && (scope.begins(epoch) || listed.contains(epoch.epoch()) || count.hasRead(epoch.epoch()))) {
                count.known(name, epoch);
                listed.add(epoch.epoch());
            }
        }
        return count.result(listed);
    }

    /** @param listed gets the epochs with a part in what the scope begins with or that comes later */
    private void audit(StreamName name, AuditScope scope, Audit.Count count, Set<Long> listed) throws IOException {
        TreeMap<SegmentId, Segment> segments = streams.get(name);
        boolean begun = false;
        for (Segment segment : segments.values()) {
            begun |= scope.begins(segment.view);
            if (!begun && scope.reads()) {
                continue;
            }
            if (segment.view == null && !scope.reads()) {
                throw new IOException("no table has a row for segment " + segment.id + " of stream " + name.stream()
                        + ": it must be read");
            }
            boolean wanted = segment.view == null;
            for (SequenceRange range : segment.view == null ? List.<SequenceRange>of() : segment.view.ranges()) {
                EpochView epoch = epochs.get(range.epoch());
                if (epoch == null || scope.producers().test(epoch.producer())) {
                    wanted = true;
                    // Without its row nobody knows whose a part is that is not there to be read.
                    if (epoch != null || scope.producers().test(null)) {
                        count.part(segment.view, range, segment.isArchived());
                        if (begun) {
                            listed.add(range.epoch());
                        }
                    }
                }
            }
            if (wanted && scope.reads() && !segment.isTruncated()) {
                List<String> problems = problems(segment, segment.id.equals(segments.lastKey()), count);
                if (!problems.isEmpty()) {
                    count.unreadable(name, segment.id, problems);
                }
            }
        }
    }

    private record StreamNumber(String tenant, long number) {}

    /** An epoch's row has its stream's number; any segment of that stream has its name. */
    private Map<StreamNumber, StreamName> names() {
        Map<StreamNumber, StreamName> names = new HashMap<>();
        streams.forEach((name, segments) ->
                names.putIfAbsent(new StreamNumber(name.tenant(), segments.firstKey().stream()), name));
        return names;
    }

    private static void read(Segment segment, boolean last, BlockSink sink) throws IOException {
        List<String> problems = problems(segment, last, sink);
        if (!problems.isEmpty()) {
            throw segment.wholeNowhere(problems);
        }
    }

    /**
     * Hands on the blocks of a segment.
     *
     * @return why it is whole nowhere; empty if it is whole, or need not be
     */
    private static List<String> problems(Segment segment, boolean last, BlockSink sink) throws IOException {
        boolean mustBeWhole = segment.mustBeWhole(last);
        int handedOn = 0;
        boolean readable = false;
        List<String> problems = new ArrayList<>();
        for (Copy copy : segment.nearestFirst()) {
            Progress progress = new Progress(handedOn, sink);
            try (SegmentBlocks blocks = copy.opener().open()) {
                progress.read(blocks);
                readable = true;
                if (blocks.isWhole()) {
                    return List.of();
                }
                problems.add(copy.where() + " " + blocks.ending());
            } catch (SinkFailedException e) {
                throw e.failure;
            } catch (IOException e) {
                LOG.warn("copy not readable, the next is tried: segment={} reason={}", segment.id, e.getMessage());
                problems.add(String.valueOf(e.getMessage()));
            }
            handedOn = Math.max(handedOn, progress.seen);
        }
        return mustBeWhole || !readable ? segment.orNoCopy(problems) : List.of();
    }

    /** The sink's own failure is not the copy's: no other copy is tried. */
    static final class SinkFailedException extends IOException {
        private static final long serialVersionUID = 1L;

        final transient IOException failure;

        SinkFailedException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** Hands on the blocks of one copy after those that another copy gave already. */
    private static final class Progress {
        private final int skip;
        private final BlockSink sink;
        private int seen;

        Progress(int skip, BlockSink sink) {
            this.skip = skip;
            this.sink = sink;
        }

        void read(SegmentBlocks blocks) throws IOException {
            while (blocks.next()) {
                seen++;
                if (seen > skip) {
                    try {
                        sink.block(blocks.header(), blocks.epochInfo(), blocks.raftIndex(), blocks.block());
                    } catch (IOException e) {
                        throw new SinkFailedException(e);
                    }
                }
            }
        }
    }

    @Override
    public void close() {
        sources.forEach(SegmentSource::close);
    }
}
