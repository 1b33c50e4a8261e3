package dev.raftsman.restore;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.segment.SequenceRange;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Restored epochs that are open, and of which nothing came since: their producers ended after what was archived, their hosts
 * are gone, or they have nothing to say. What nobody will ever send is told from what is only late by a person, not by a
 * clock. To be wrong about one costs nothing that was not missing: its producer goes on behind what is declared.
 *
 * @param absent by epoch
 */
public record AbsentProducers(List<Absent> absent) {
    private static final Set<RefusalReason> CAME_BACK =
            Set.of(RefusalReason.EXPECTED, RefusalReason.CLOSED_EPOCH, RefusalReason.FORGOTTEN_EPOCH);

    public AbsentProducers {
        absent = List.copyOf(absent);
    }

    /**
     * One of them.
     *
     * @param through the last sequence that the archive knows to have been acknowledged
     */
    public record Absent(EpochView epoch, String stream, long through) {
        /** Acknowledged once, and not archived. What was acknowledged after the archive was last told is not in it. */
        public long lost() {
            return through - epoch.last();
        }
    }

    /**
     * Those of a restored cluster.
     *
     * @param lost what it was restored from
     * @throws IOException if it was not restored from that, or its restore is not through
     */
    public static AbsentProducers of(CatalogView catalog, LostCluster lost) throws IOException {
        RestoreView restored = catalog.restored();
        if (restored == null || !restored.archive().equals(lost.archive())) {
            throw new IOException("the cluster was not restored from " + lost.source()
                    + (restored == null ? "" : ", but from " + restored.source()));
        }
        if (!restored.finished()) {
            throw new IOException("the restore from " + restored.source() + " is not through: run it again first");
        }
        Map<Long, Long> lasts = restoredLasts(catalog, restored);
        List<Absent> absent = new ArrayList<>();
        for (EpochView epoch : catalog.epochs()) {
            boolean silent = epoch.last() == lasts.getOrDefault(epoch.epoch(), -1L);
            if (epoch.epoch() < restored.firstEpoch() && epoch.state() == EpochState.OPEN && silent) {
                long through = lost.acknowledged().getOrDefault(epoch.epoch(), -1L);
                String stream = catalog.stream(epoch.stream()).orElseThrow().stream();
                absent.add(new Absent(epoch, stream, Math.max(through, epoch.last())));
            }
        }
        return new AbsentProducers(absent);
    }

    private static Map<Long, Long> restoredLasts(CatalogView catalog, RestoreView restored) {
        List<SequenceRange> ranges = new ArrayList<>(restored.declared());
        for (SegmentView segment : catalog.segments()) {
            if (segment.baseIndex() < restored.firstPosition()) {
                ranges.addAll(segment.ranges());
            }
        }
        Map<Long, Long> lasts = new HashMap<>();
        ranges.forEach(range -> lasts.merge(range.epoch(), range.last(), Math::max));
        return lasts;
    }

    public long lost() {
        return absent.stream().mapToLong(Absent::lost).sum();
    }

    /**
     * Waits for none of them any more. On return what is known to be missing is declared. May be killed and run again.
     *
     * @return those that came back since the look, and were left as they are
     */
    public List<Absent> abandon(Cluster cluster) throws IOException {
        List<Absent> back = new ArrayList<>();
        for (Absent each : absent) {
            if (!abandon(cluster, each)) {
                back.add(each);
            }
        }
        return back;
    }

    private static boolean abandon(Cluster cluster, Absent absent) throws IOException {
        long last = absent.epoch().last();
        do {
            long through = Math.min(absent.through(), last + Integer.MAX_VALUE);
            CommandResult result =
                    cluster.execute(new Command.Abandon(absent.epoch().epoch(), last, through));
            if (result instanceof CommandResult.Refused refused) {
                if (CAME_BACK.contains(refused.reason())) {
                    return false;
                }
                throw new IOException("the cluster does not abandon epoch "
                        + absent.epoch().epoch() + ": " + refused.reason() + " " + refused.detail());
            }
            last = through;
        } while (last < absent.through());
        return true;
    }
}
