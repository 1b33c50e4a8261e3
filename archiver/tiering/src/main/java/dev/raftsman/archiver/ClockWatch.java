package dev.raftsman.archiver;

import java.time.Duration;
import java.util.Optional;

/**
 * Notices that time jumped. Ages decide what is deleted, and the cluster's stamps never go back: a leader's clock that was
 * an hour ahead for a moment makes every segment an hour older for ever. One thread.
 *
 * <pre>
 * what is compared                                     frozen if they differ by more than an hour
 *   the cluster's stamp and this machine's clock         one of the two is wrong
 *   the stamp's advance and the monotonic clock's        the cluster's clock jumped, at once or little by little
 *   this machine's clock's advance and the monotonic's   this machine's did; or it slept, which is taken for the same
 * </pre>
 *
 * Advances count from the first look, so that many small jumps are as one. After an operator has thawed, they count anew
 * from the last look while it was frozen, and the difference that was there then is taken as the cluster's, until the
 * archiver is restarted: what the operator has seen, and no jump since.
 */
final class ClockWatch {
    private static final long MOST_MILLIS = Duration.ofHours(1).toMillis();

    /** The clocks of this machine. */
    interface Clocks {
        long wallMillis();

        /** Of any origin; never set. */
        long monotonicMillis();
    }

    private record Look(long stampMillis, long wallMillis, long monotonicMillis) {}

    private final Clocks clocks;
    private long acceptedMillis;
    private Look first;

    /** The last look while the cluster was frozen; null if it was not. */
    private Look frozen;

    ClockWatch(Clocks clocks) {
        this.clocks = clocks;
    }

    /**
     * @param stampMillis of an entry made a moment ago
     * @param frozenInCluster whether deletion is frozen already
     * @return what is wrong, if anything is
     */
    Optional<String> look(long stampMillis, boolean frozenInCluster) {
        Look now = new Look(stampMillis, clocks.wallMillis(), clocks.monotonicMillis());
        if (frozen != null && !frozenInCluster) {
            acceptedMillis = frozen.stampMillis() - frozen.wallMillis();
            first = frozen;
        }
        frozen = frozenInCluster ? now : null;
        Optional<String> wrong = wrong(now);
        if (first == null) {
            first = now;
        }
        return wrong;
    }

    private Optional<String> wrong(Look now) {
        long difference = now.stampMillis() - now.wallMillis() - acceptedMillis;
        if (Math.abs(difference) > MOST_MILLIS) {
            return Optional.of("the cluster's time and this machine's differ by " + hours(difference));
        }
        if (first == null) {
            return Optional.empty();
        }
        long passed = now.monotonicMillis() - first.monotonicMillis();
        long stamped = now.stampMillis() - first.stampMillis() - passed;
        if (Math.abs(stamped) > MOST_MILLIS) {
            return Optional.of("the cluster's time jumped by " + hours(stamped));
        }
        long walled = now.wallMillis() - first.wallMillis() - passed;
        if (Math.abs(walled) > MOST_MILLIS) {
            return Optional.of("this machine's time jumped by " + hours(walled));
        }
        return Optional.empty();
    }

    private static String hours(long millis) {
        return (millis < 0 ? "-" : "")
                + Duration.ofMillis(Math.abs(millis)).toString().substring(2);
    }
}
