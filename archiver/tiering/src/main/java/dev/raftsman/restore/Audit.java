package dev.raftsman.restore;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.EpochInfo;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SequenceRange;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * What is stored, declared, missing, or there twice, for each incarnation of each producer. Counted from the blocks
 * themselves; what a catalog or manifest says adds only how far an epoch had been acknowledged and what a policy gave up.
 *
 * @param rows by tenant, stream, epoch
 */
public record Audit(List<Row> rows) {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    public Audit {
        rows = List.copyOf(rows);
    }

    /**
     * One epoch.
     *
     * @param producer null where only its truncated segments and no row of it are known, like the incarnation
     * @param state null where no catalog and no manifest was asked
     * @param last the greatest sequence that is stored or was acknowledged; -1 before the first
     * @param events stored, each counted as often as it is there
     * @param rawBytes of those as their source had them
     * @param gaps sequences that hold no event, declared so
     * @param gapReasons the same by reason
     * @param declaredLost events that never had a sequence, as declared
     * @param lossReasons the same by reason, as far as blocks tell
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
            long last,
            long events,
            long rawBytes,
            long gaps,
            Map<LossReason, Long> gapReasons,
            long declaredLost,
            Map<LossReason, Long> lossReasons,
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

    /** One line for each epoch, then one for all; each ends in a newline. */
    public String text() {
        StringBuilder text = new StringBuilder();
        for (Row row : rows) {
            text.append("tenant=").append(row.tenant()).append(" stream=").append(row.stream());
            text.append(" producer=").append(row.producer()).append(" epoch=").append(row.epoch());
            text.append(" state=").append(row.state() == null ? "unknown" : row.state());
            text.append(" last=").append(row.last()).append(" events=").append(row.events());
            text.append(" gaps=").append(row.gaps()).append(reasons(row.gapReasons()));
            text.append(" declared=").append(row.declaredLost()).append(reasons(row.lossReasons()));
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
        text.append("total epochs=").append(rows.size()).append(" events=").append(events());
        text.append(" truncated=").append(truncated()).append(" lost=").append(lost());
        return text.append(" duplicated=").append(duplicated()).append('\n').toString();
    }

    private static String reasons(Map<LossReason, Long> reasons) {
        if (reasons.isEmpty()) {
            return "";
        }
        return new TreeMap<>(reasons).toString().replace("{", " (").replace("}", ")");
    }

    /** The same for a program: one JSON object. */
    public String json() {
        record Document(long events, long truncated, long lost, long missing, long duplicated, List<Row> rows) {}
        try {
            return JSON.writeValueAsString(new Document(events(), truncated(), lost(), missing(), duplicated(), rows));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("an audit of plain records", e);
        }
    }

    /** Adds up blocks as they come. One thread. */
    public static final class Count implements BlockSink {
        private final Map<Long, Epoch> epochs = new TreeMap<>();

        @Override
        public void block(SegmentHeader segment, EpochInfo info, long raftIndex, Block block) {
            Epoch epoch = epoch(info.epoch(), segment.tenant(), segment.stream());
            epoch.producer = info.producer();
            epoch.incarnation = info.incarnation();
            epoch.add(block);
        }

        /** A segment that is not there because a policy gave it up. */
        public void truncated(SegmentView segment) {
            for (SequenceRange range : segment.ranges()) {
                epoch(range.epoch(), segment.tenant(), segment.stream())
                        .truncated
                        .add(range);
            }
        }

        /** What the cluster acknowledged, by its catalog or a manifest. */
        public void known(StreamReader.StreamName stream, EpochView row) {
            Epoch epoch = epoch(row.epoch(), stream.tenant(), stream.stream());
            epoch.producer = row.producer();
            epoch.incarnation = row.incarnation();
            epoch.known = row;
        }

        private Epoch epoch(long number, String tenant, String stream) {
            return epochs.computeIfAbsent(number, n -> new Epoch(n, tenant, stream));
        }

        public Audit result() {
            List<Row> rows = new ArrayList<>();
            epochs.values().forEach(epoch -> rows.add(epoch.row()));
            rows.sort(
                    Comparator.comparing(Row::tenant).thenComparing(Row::stream).thenComparingLong(Row::epoch));
            return new Audit(rows);
        }
    }

    /** The running account of one epoch. Blocks come in the order of the log, so one number says what is covered. */
    private static final class Epoch {
        private static final int MAX_HOLES = 10;

        private final long number;
        private final String tenant;
        private final String stream;
        private final List<SequenceRange> truncated = new ArrayList<>();
        private final List<SequenceRange> uncovered = new ArrayList<>();
        private final List<SequenceRange> declaredLate = new ArrayList<>();
        private final Map<LossReason, Long> gapReasons = new EnumMap<>(LossReason.class);
        private final Map<LossReason, Long> lossReasons = new EnumMap<>(LossReason.class);
        private String producer;
        private UUID incarnation;
        private EpochView known;
        private long next;
        private long events;
        private long rawBytes;
        private long gaps;
        private long declared;
        private long duplicated;

        Epoch(long number, String tenant, String stream) {
            this.number = number;
            this.tenant = tenant;
            this.stream = stream;
        }

        void add(Block block) {
            long first = block.firstSequence();
            long end = block.endSequence();
            if (block.gapReason() == LossReason.CLUSTER_LOSS && first < next) {
                // A restore found the hole and declares it behind what came after it.
                declaredLate.add(new SequenceRange(number, first, block.count()));
                gaps += block.count();
                gapReasons.merge(block.gapReason(), (long) block.count(), Long::sum);
                return;
            }
            if (first > next) {
                uncovered.add(new SequenceRange(number, next, first - next));
            }
            duplicated += Math.max(0, Math.min(next, end + 1) - first);
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

        Row row() {
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
                    last,
                    events,
                    rawBytes,
                    gaps,
                    gapReasons,
                    Math.max(declared, known == null ? 0 : known.lostEvents()),
                    lossReasons,
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
