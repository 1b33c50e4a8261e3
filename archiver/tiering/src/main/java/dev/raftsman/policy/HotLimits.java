package dev.raftsman.policy;

import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.NodeDisk;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Which sealed segments of one stream need not stay hot: the rows of age and size, and for {@code then: auto} those of the
 * disk, of files, of the tiers' ratio, of the schedule, of what was read lately, and of what an object costs at least.
 */
final class HotLimits {
    /**
     * What an object costs beyond its bytes, in bytes: the least that a storage class for cold data bills, which is more
     * than its requests and its place in the manifest do.
     */
    private static final long OBJECT_COST_BYTES = 128 << 10;

    private static final long PERMILLE = 1_000;

    private final Policy policy;
    private final List<SegmentView> segments;
    private final StoreFacts facts;
    private final long nowMillis;
    private final String version;

    /** Of the stream, from each segment on: hot bytes, and sealed segments that are hot. */
    private final long[] hotBytes;

    private final int[] hotFiles;
    private final long archivedBytes;

    /** Those that only a row in no hurry sends away, together. */
    private final long amplificationPermille;

    /**
     * What a row says of a segment.
     *
     * @param goes whether it need not stay hot
     */
    record Due(boolean goes, Reason reason) {}

    /** @param segments of the stream, oldest first */
    HotLimits(Policy policy, List<SegmentView> segments, StoreFacts facts, long nowMillis, String version) {
        this.policy = policy;
        this.segments = segments;
        this.facts = facts;
        this.nowMillis = nowMillis;
        this.version = version;
        hotBytes = new long[segments.size()];
        hotFiles = new int[segments.size()];
        long bytes = 0;
        int files = 0;
        long archived = 0;
        for (int i = segments.size() - 1; i >= 0; i--) {
            SegmentView segment = segments.get(i);
            bytes += segment.state().hot() ? segment.bytes() : 0;
            files += segment.state() == SegmentState.SEALED ? 1 : 0;
            archived += segment.state() == SegmentState.ARCHIVED ? segment.bytes() : 0;
            hotBytes[i] = bytes;
            hotFiles[i] = files;
        }
        archivedBytes = archived;
        amplificationPermille = policy.then() == Policy.Action.AUTO ? amplification() : 0;
    }

    private long amplification() {
        List<SegmentView> unhurried = new ArrayList<>();
        for (int i = 0; i < segments.size(); i++) {
            SegmentView segment = segments.get(i);
            boolean sealed = segment.state() == SegmentState.SEALED && segment.prepared() == null;
            if (sealed
                    && urgent(i).isEmpty()
                    && lastRead(i).isEmpty()
                    && unhurried(i).isPresent()) {
                unhurried.add(segment);
            }
        }
        long bytes = unhurried.stream().mapToLong(SegmentView::bytes).sum();
        long cost = policy.archive().objects(unhurried) * OBJECT_COST_BYTES;
        return bytes == 0 ? 0 : (bytes + cost) * PERMILLE / bytes;
    }

    /** Of a sealed segment by its place. */
    Due of(int at) {
        Optional<Reason> urgent = urgent(at);
        if (urgent.isPresent()) {
            return new Due(true, urgent.get());
        }
        Optional<Reason> unhurried = policy.then() == Policy.Action.AUTO ? unhurried(at) : Optional.empty();
        Optional<Long> read = lastRead(at);
        if (unhurried.isPresent() && read.isPresent()) {
            long limitMillis = policy.auto().read().toMillis();
            return new Due(
                    false,
                    reason(
                            Row.AUTO_READ,
                            "read " + Quantity.age(read.get()) + " ago, less than " + Quantity.age(limitMillis)
                                    + ", else " + unhurried.get(),
                            Map.of("readAgoMillis", read.get(), "limitMillis", limitMillis)));
        }
        if (unhurried.isPresent()) {
            long limit = policy.auto().writeAmplificationPermille();
            if (amplificationPermille > limit) {
                return new Due(
                        false,
                        reason(
                                Row.AUTO_AMPLIFICATION,
                                times(amplificationPermille) + " > " + times(limit) + ", else " + unhurried.get(),
                                Map.of("amplificationPermille", amplificationPermille, "limitPermille", limit)));
            }
            return new Due(true, unhurried.get());
        }
        long ageMillis = nowMillis - segments.get(at).sealedAtMillis();
        return new Due(
                false,
                reason(
                        Row.WITHIN_HOT,
                        "sealed " + Quantity.age(ageMillis) + " ago",
                        Map.of("ageMillis", ageMillis, "bytes", hotBytes[at])));
    }

    /** How long ago it was read, if that is lately. */
    private Optional<Long> lastRead(int at) {
        return Optional.ofNullable(facts.reads().get(segments.get(at).id()))
                .map(readMillis -> Math.max(0, nowMillis - readMillis))
                .filter(agoMillis -> agoMillis < policy.auto().read().toMillis());
    }

    private Optional<Reason> urgent(int at) {
        KeepHot keepHot = policy.keepHot();
        long ageMillis = nowMillis - segments.get(at).sealedAtMillis();
        if (keepHot.age().isPresent()) {
            long limitMillis = keepHot.age().get().toMillis();
            if (ageMillis >= limitMillis) {
                return Optional.of(reason(
                        Row.HOT_AGE,
                        Quantity.age(ageMillis) + " >= " + Quantity.age(limitMillis),
                        Map.of("ageMillis", ageMillis, "limitMillis", limitMillis)));
            }
        }
        if (keepHot.sizeBytes().isPresent()) {
            long limitBytes = keepHot.sizeBytes().getAsLong();
            if (hotBytes[at] > limitBytes) {
                return Optional.of(reason(
                        Row.HOT_SIZE,
                        Quantity.bytes(hotBytes[at]) + " > " + Quantity.bytes(limitBytes),
                        Map.of("bytes", hotBytes[at], "limitBytes", limitBytes)));
            }
        }
        if (policy.then() == Policy.Action.AUTO && facts.disk().isPresent()) {
            NodeDisk least = facts.disk().get();
            long limitBytes = policy.auto().diskFreeBytes();
            if (least.isShort(limitBytes)) {
                return Optional.of(reason(
                        Row.AUTO_DISK,
                        least.node() + " is at " + least.room() + " with "
                                + (least.freeBytes() == NodeDisk.UNKNOWN ? "?" : Quantity.bytes(least.freeBytes()))
                                + ", least "
                                + Quantity.bytes(limitBytes),
                        Map.of("freeBytes", least.freeBytes(), "limitBytes", limitBytes)));
            }
        }
        return Optional.empty();
    }

    private Optional<Reason> unhurried(int at) {
        AutoRule auto = policy.auto();
        if (hotFiles[at] > auto.files()) {
            return Optional.of(reason(
                    Row.AUTO_FILES,
                    hotFiles[at] + " > " + auto.files(),
                    Map.of("files", (long) hotFiles[at], "limit", (long) auto.files())));
        }
        long limitBytes = Math.multiplyHigh(archivedBytes, auto.ratioPermille()) != 0
                ? Long.MAX_VALUE
                : archivedBytes * auto.ratioPermille() / PERMILLE;
        if (archivedBytes > 0 && hotBytes[at] > limitBytes) {
            return Optional.of(reason(
                    Row.AUTO_RATIO,
                    Quantity.bytes(hotBytes[at]) + " > " + times(auto.ratioPermille()) + " of "
                            + Quantity.bytes(archivedBytes),
                    Map.of(
                            "bytes", hotBytes[at],
                            "archivedBytes", archivedBytes,
                            "limitBytes", limitBytes)));
        }
        if (auto.schedule().isPresent()) {
            long lastMillis = lastTime(auto.schedule().get());
            long sealedMillis = segments.get(at).sealedAtMillis();
            if (sealedMillis < lastMillis) {
                return Optional.of(reason(
                        Row.AUTO_SCHEDULE,
                        "sealed before " + Instant.ofEpochMilli(lastMillis),
                        Map.of("sealedAtMillis", sealedMillis, "scheduleMillis", lastMillis)));
            }
        }
        return Optional.empty();
    }

    /** The last time that a clock in UTC showed this. */
    private long lastTime(LocalTime time) {
        LocalDate today = Instant.ofEpochMilli(nowMillis).atZone(ZoneOffset.UTC).toLocalDate();
        long millis = today.atTime(time).toInstant(ZoneOffset.UTC).toEpochMilli();
        return millis <= nowMillis
                ? millis
                : today.minusDays(1).atTime(time).toInstant(ZoneOffset.UTC).toEpochMilli();
    }

    private static String times(long permille) {
        return BigDecimal.valueOf(permille, 3).stripTrailingZeros().toPlainString();
    }

    private Reason reason(Row row, String text, Map<String, Long> numbers) {
        return new Reason(row.label(), text, numbers, version);
    }
}
