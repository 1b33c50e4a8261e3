package dev.raftsman.restore;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;

/**
 * What is stored, declared, missing, or there twice, for each incarnation of each producer. Counted from the blocks
 * themselves; what a catalog or manifest says adds only how far an epoch had been acknowledged, what was refused, what is in
 * an archive and what a policy gave up. An audit that does not read has nothing but these tables.
 *
 * @param rows by tenant, stream, epoch
 * @param onHosts of each stream that has open epochs, what agents say they still hold; empty if nobody was asked
 * @param unreadable segments that are whole nowhere: of their events only those count that could be read, the others are
 *     missing as far as anything tells that they were acknowledged; null if nothing was read
 */
public record Audit(List<Row> rows, List<OnHost> onHosts, List<Unreadable> unreadable) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    public Audit {
        rows = List.copyOf(rows);
        onHosts = List.copyOf(onHosts);
        unreadable = unreadable == null ? null : List.copyOf(unreadable);
    }

    /** A segment that should be there, and what is wrong with each of its copies, or that there is none. */
    public record Unreadable(String tenant, String stream, SegmentId segment, List<String> problems) {
        public Unreadable {
            problems = List.copyOf(problems);
        }
    }

    /** Nothing is lost, twice, or whole nowhere. */
    public boolean isSound() {
        return lost() == 0 && duplicated() == 0 && (unreadable == null || unreadable.isEmpty());
    }

    /**
     * What is not yet acknowledged of a stream, by the agents' last reports.
     *
     * @param open epochs that may bring more
     * @param bytes null if no agent reports of the stream: it is away, or of a version that does not say
     * @param seconds the age of the oldest of them; null likewise
     * @param agents those that report
     */
    public record OnHost(String tenant, String stream, int open, Long bytes, Double seconds, List<String> agents) {
        public OnHost {
            agents = List.copyOf(agents);
        }
    }

    /**
     * One epoch.
     *
     * @param producer null where only its truncated segments and no row of it are known, like the incarnation
     * @param state null where no catalog and no manifest was asked
     * @param first the sequence from which on it is accounted for: 0, unless the audit began later
     * @param last the greatest sequence that is stored or was acknowledged; -1 before the first
     * @param events stored, each counted as often as it is there
     * @param rawBytes of those as their source had them
     * @param gaps sequences that hold no event, declared so
     * @param gapReasons the same by reason
     * @param declaredLost events that never had a sequence, as declared
     * @param lossReasons the same by reason, as far as blocks tell
     * @param refusedDuplicates blocks that came again and were not stored again; null where no table says, as the next
     * @param refusedConflicts blocks that came again with other bytes
     * @param archived sequences whose segment is in an archive and was proved there, as the tables say
     * @param verified sequences, gaps included, whose bytes this audit read and whose checksums it compared; null if it
     *     did not read
     * @param truncated sequences given up by a policy
     * @param missing sequences up to {@code last} that nothing holds and nothing explains
     * @param duplicated sequences that are there more than once
     * @param holes the first of the missing ranges
     */
    public record Row(
            String tenant,
            String stream,
            String producer,
            UUID incarnation,
            long epoch,
            EpochState state,
            long first,
            long last,
            long events,
            long rawBytes,
            long gaps,
            Map<LossReason, Long> gapReasons,
            long declaredLost,
            Map<LossReason, Long> lossReasons,
            Long refusedDuplicates,
            Long refusedConflicts,
            long archived,
            Long verified,
            long truncated,
            long missing,
            long duplicated,
            List<SequenceRange> holes) {
        public Row {
            gapReasons = Map.copyOf(gapReasons);
            lossReasons = Map.copyOf(lossReasons);
            holes = List.copyOf(holes);
        }

        /** All that did not arrive, declared or not; what a policy gave up had arrived. */
        public long lost() {
            return gaps + declaredLost + missing;
        }
    }

    public long events() {
        return rows.stream().mapToLong(Row::events).sum();
    }

    public long lost() {
        return rows.stream().mapToLong(Row::lost).sum();
    }

    public long missing() {
        return rows.stream().mapToLong(Row::missing).sum();
    }

    public long duplicated() {
        return rows.stream().mapToLong(Row::duplicated).sum();
    }

    public long truncated() {
        return rows.stream().mapToLong(Row::truncated).sum();
    }

    public long archived() {
        return rows.stream().mapToLong(Row::archived).sum();
    }

    /** Null if nothing was read. */
    private Long verified() {
        return rows.stream().anyMatch(row -> row.verified() == null)
                ? null
                : (Long) rows.stream().mapToLong(Row::verified).sum();
    }

    private long refused(Function<Row, Long> which) {
        return rows.stream()
                .map(which)
                .filter(Objects::nonNull)
                .mapToLong(Long::longValue)
                .sum();
    }

    /** The same with what hosts still hold, as far as that is known. */
    public Audit with(List<OnHost> hosts) {
        return new Audit(rows, hosts, unreadable);
    }

    /**
     * One line for each epoch, each segment that is whole nowhere, and each stream that hosts may hold more of, then one for
     * all; each ends in a newline.
     */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append("tenant=").append(row.tenant()).append(" stream=").append(row.stream());
            text.append(" producer=").append(row.producer()).append(" epoch=").append(row.epoch());
            text.append(" state=").append(row.state() == null ? "unknown" : row.state());
            text.append(row.first() == 0 ? "" : " first=" + row.first());
            text.append(" last=").append(row.last()).append(" events=").append(row.events());
            text.append(" gaps=").append(row.gaps()).append(reasons(row.gapReasons()));
            text.append(" declared=").append(row.declaredLost()).append(reasons(row.lossReasons()));
            text.append(" refused-duplicates=").append(orUnknown(row.refusedDuplicates()));
            text.append(" refused-conflicts=").append(orUnknown(row.refusedConflicts()));
            text.append(" archived=").append(row.archived());
            text.append(" verified=").append(row.verified() == null ? "not-read" : row.verified());
            text.append(" truncated=").append(row.truncated());
            text.append(" missing=").append(row.missing());
            String before = " (";
            for (SequenceRange hole : row.holes()) {
                text.append(before);
                before = ", ";
                text.append(hole.first()).append("..").append(hole.last());
            }
            text.append(row.holes().isEmpty() ? "" : ")");
            text.append(" duplicated=").append(row.duplicated()).append('\n');
        }
        for (Unreadable segment : unreadable == null ? List.<Unreadable>of() : unreadable) {
            text.append("unreadable tenant=").append(segment.tenant());
            text.append(" stream=").append(segment.stream());
            text.append(" segment=").append(segment.segment());
            text.append(" problems=").append(String.join("; ", segment.problems()));
            text.append('\n');
        }
        for (OnHost host : onHosts) {
            text.append("still-on-host tenant=").append(host.tenant());
            text.append(" stream=")
                    .append(host.stream())
                    .append(" open-epochs=")
                    .append(host.open());
            text.append(" bytes=").append(host.bytes() == null ? "not-known" : host.bytes());
            text.append(" seconds=").append(host.seconds() == null ? "not-known" : host.seconds());
            text.append(host.agents().isEmpty() ? "" : " agents=" + String.join(",", host.agents()));
            text.append('\n');
        }
        text.append("total epochs=").append(rows.size()).append(" events=").append(events());
        text.append(" archived=").append(archived());
        text.append(" verified=").append(verified() == null ? "not-read" : verified());
        text.append(" refused-duplicates=").append(refused(Row::refusedDuplicates));
        text.append(" refused-conflicts=").append(refused(Row::refusedConflicts));
        text.append(" unreadable=").append(unreadable == null ? "not-read" : unreadable.size());
        text.append(" truncated=").append(truncated()).append(" lost=").append(lost());
        return text.append(" duplicated=").append(duplicated()).append('\n').toString();
    }

    private static String orUnknown(Long value) {
        return value == null ? "unknown" : value.toString();
    }

    private static String reasons(Map<LossReason, Long> reasons) {
        if (reasons.isEmpty()) {
            return "";
        }
        return new TreeMap<>(reasons).toString().replace("{", " (").replace("}", ")");
    }

    /** The same for a program: one JSON object. */
    public String json() {
        // Its id as people write it.
        record Damaged(String tenant, String stream, String segment, List<String> problems) {
            static Damaged of(Unreadable of) {
                return new Damaged(of.tenant, of.stream, of.segment.toString(), of.problems);
            }
        }
        record Document(
                long events,
                long archived,
                Long verified,
                long refusedDuplicates,
                long refusedConflicts,
                long truncated,
                long lost,
                long missing,
                long duplicated,
                List<Row> rows,
                List<Damaged> unreadable,
                List<OnHost> onHosts) {}
        try {
            return JSON.writeValueAsString(new Document(
                    events(),
                    archived(),
                    verified(),
                    refused(Row::refusedDuplicates),
                    refused(Row::refusedConflicts),
                    truncated(),
                    lost(),
                    missing(),
                    duplicated(),
                    rows,
                    unreadable == null
                            ? null
                            : unreadable.stream().map(Damaged::of).toList(),
                    onHosts));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an audit of plain records", e);
        }
    }

    /** Adds up blocks as they come, or what tables say of them. One thread. */
    static final class Count implements BlockSink {
        private final Map<Long, Epoch> epochs = new TreeMap<>();
        private final List<Unreadable> unreadable = new ArrayList<>();
        private final AuditScope scope;

        Count(AuditScope scope) {
            this.scope = scope;
        }

        @Override
        public void block(SegmentHeader segment, EpochInfo info, long raftIndex, Block block) {
            if (!scope.producers().test(info.producer())) {
                return;
            }
            Epoch epoch = epoch(info.epoch(), segment.tenant(), segment.stream());
            epoch.producer = info.producer();
            epoch.incarnation = info.incarnation();
            epoch.add(block);
        }

        /** What a table says of a part of an epoch; before the segment is read, if it is. */
        void part(SegmentView segment, SequenceRange range, boolean archived) {
            Epoch epoch = epoch(range.epoch(), segment.tenant(), segment.stream());
            epoch.begins(range.first());
            if (segment.state() == SegmentState.TRUNCATED) {
                epoch.truncated.add(range);
            } else if (!scope.reads()) {
                epoch.covered.add(range);
            }
            epoch.archived += archived && segment.state() != SegmentState.TRUNCATED ? range.count() : 0;
        }

        /** A segment is whole nowhere. */
        void unreadable(StreamReader.StreamName stream, SegmentId segment, List<String> problems) {
            unreadable.add(new Unreadable(stream.tenant(), stream.stream(), segment, problems));
        }

        /** Whether a block of it was read. */
        boolean hasRead(long epoch) {
            return scope.reads() && epochs.containsKey(epoch);
        }

        /** What the cluster acknowledged, by its catalog or a manifest. */
        void known(StreamReader.StreamName stream, EpochView row) {
            Epoch epoch = epoch(row.epoch(), stream.tenant(), stream.stream());
            epoch.producer = row.producer();
            epoch.incarnation = row.incarnation();
            epoch.known = row;
        }

        private Epoch epoch(long number, String tenant, String stream) {
            return epochs.computeIfAbsent(number, n -> new Epoch(n, tenant, stream, scope));
        }

        /** @param listed those that count if tables are all there is */
        Audit result(Set<Long> listed) {
            List<Row> rows = new ArrayList<>();
            for (Epoch epoch : epochs.values()) {
                if (scope.reads() || listed.contains(epoch.number)) {
                    rows.add(epoch.row());
                }
            }
            rows.sort(
                    Comparator.comparing(Row::tenant).thenComparing(Row::stream).thenComparingLong(Row::epoch));
            return new Audit(rows, List.of(), scope.reads() ? unreadable : null);
        }
    }

    /** The running account of one epoch. Blocks come in the order of the log, so one number says what is covered. */
    private static final class Epoch {
        private static final int MAX_HOLES = 10;
        private static final long NOT_BEGUN = -1;

        private final long number;
        private final String tenant;
        private final String stream;
        private final List<SequenceRange> truncated = new ArrayList<>();
        private final List<SequenceRange> uncovered = new ArrayList<>();
        private final List<SequenceRange> declaredLate = new ArrayList<>();
        private final List<SequenceRange> covered = new ArrayList<>();
        private final Map<LossReason, Long> gapReasons = new EnumMap<>(LossReason.class);
        private final Map<LossReason, Long> lossReasons = new EnumMap<>(LossReason.class);
        private String producer;
        private UUID incarnation;
        private EpochView known;
        private final AuditScope scope;
        private long first;
        private long next;
        private long archived;
        private long events;
        private long rawBytes;
        private long gaps;
        private long declared;
        private long duplicated;

        Epoch(long number, String tenant, String stream, AuditScope scope) {
            this.number = number;
            this.tenant = tenant;
            this.stream = stream;
            this.scope = scope;
            this.first = scope.isWhole() ? 0 : NOT_BEGUN;
            this.next = first;
        }

        /** Tables say that something from here on is in what is read. */
        void begins(long sequence) {
            if (first == NOT_BEGUN || sequence < first && next == first) {
                first = sequence;
                next = sequence;
            }
        }

        void add(Block block) {
            long begin = block.firstSequence();
            long end = block.endSequence();
            if (first == NOT_BEGUN) {
                begins(begin);
            }
            if (block.gapReason() == LossReason.CLUSTER_LOSS && begin < next) {
                // A restore found the hole and declares it behind what came after it.
                declaredLate.add(new SequenceRange(number, begin, block.count()));
                gaps += block.count();
                gapReasons.merge(block.gapReason(), (long) block.count(), Long::sum);
                return;
            }
            if (begin > next) {
                uncovered.add(new SequenceRange(number, next, begin - next));
            }
            duplicated += Math.max(0, Math.min(next, end + 1) - begin);
            next = Math.max(next, end + 1);
            if (block.kind() == BlockKind.GAP) {
                gaps += block.count();
                gapReasons.merge(block.gapReason(), (long) block.count(), Long::sum);
            } else {
                events += block.count();
                rawBytes += block.rawBytes();
            }
            if (block.lostCount() > 0) {
                declared += block.lostCount();
                lossReasons.merge(block.loss().reason(), block.lostCount(), Long::sum);
            }
        }

        /** What the tables say is stored, in place of blocks. */
        private void cover() {
            covered.sort(Comparator.comparingLong(SequenceRange::first));
            for (SequenceRange range : covered) {
                if (range.first() > next) {
                    uncovered.add(new SequenceRange(number, next, range.first() - next));
                }
                next = Math.max(next, range.last() + 1);
            }
            events = known == null ? 0 : known.events();
            gaps = known == null ? 0 : known.gapEvents();
        }

        Row row() {
            if (first == NOT_BEGUN) { // Nothing of it is in what was read.
                begins(known == null ? 0 : known.last() + 1);
            }
            if (!scope.reads()) {
                cover();
            }
            long last = Math.max(next - 1, known == null ? -1 : known.last());
            for (SequenceRange range : truncated) {
                last = Math.max(last, range.last());
            }
            List<SequenceRange> open = new ArrayList<>(uncovered);
            if (last >= next) {
                open.add(new SequenceRange(number, next, last + 1 - next));
            }
            long explained = 0;
            long missing = 0;
            List<SequenceRange> holes = new ArrayList<>();
            List<SequenceRange> told = new ArrayList<>(truncated);
            told.addAll(declaredLate);
            told.sort(Comparator.comparingLong(SequenceRange::first));
            for (SequenceRange range : open) {
                long at = range.first();
                for (SequenceRange gone : told) {
                    long from = Math.max(at, gone.first());
                    long to = Math.min(range.last(), gone.last());
                    if (from <= to) {
                        missing += hole(holes, at, from);
                        explained += declaredLate.contains(gone) ? 0 : to + 1 - from;
                        at = to + 1;
                    }
                }
                missing += hole(holes, at, range.last() + 1);
            }
            return new Row(
                    tenant,
                    stream,
                    producer,
                    incarnation,
                    number,
                    known == null ? null : known.state(),
                    first,
                    last,
                    events,
                    rawBytes,
                    gaps,
                    gapReasons,
                    Math.max(declared, known == null || !scope.isWhole() ? 0 : known.lostEvents()),
                    lossReasons,
                    known == null ? null : (Long) known.duplicatesRefused(),
                    known == null ? null : (Long) known.conflictsRefused(),
                    archived,
                    scope.reads() ? (Long) (events + gaps) : null,
                    explained,
                    missing,
                    duplicated,
                    holes);
        }

        private long hole(List<SequenceRange> holes, long from, long end) {
            if (end <= from) {
                return 0;
            }
            if (holes.size() < MAX_HOLES) {
                holes.add(new SequenceRange(number, from, end - from));
            }
            return end - from;
        }
    }
}
