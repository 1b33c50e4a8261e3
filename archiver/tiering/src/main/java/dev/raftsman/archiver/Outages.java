package dev.raftsman.archiver;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which targets nothing but failures came from, and since when. Lives as long as the archiver: a restarted one begins to
 * count anew, so that it never gives data up sooner than it should. One thread.
 */
final class Outages {
    private static final Logger LOG = LoggerFactory.getLogger(Outages.class);

    private final Map<String, Long> sinceMillis = new TreeMap<>();
    private final Set<String> failed = new HashSet<>();
    private final Set<String> answered = new HashSet<>();

    /** Another archiver has acted since: what was seen before is no reason to give data up. */
    void forget() {
        sinceMillis.clear();
    }

    void beginRound() {
        failed.clear();
        answered.clear();
    }

    /** Something was to be done with the target in this round and failed. */
    void failed(String target) {
        failed.add(target);
    }

    /** Those of which something failed in this round until now. */
    Set<String> failedTargets() {
        return Set.copyOf(failed);
    }

    /** Something was stored in the target in this round, or it was asked and answered. */
    void answered(String target) {
        answered.add(target);
    }

    /** Those that failed in this round or were out before it, and have not answered in it. */
    Set<String> inDoubt() {
        Set<String> doubt = new TreeSet<>(failed);
        doubt.addAll(sinceMillis.keySet());
        doubt.removeAll(answered);
        return doubt;
    }

    /** Whether one of those that failed in this round has not answered in it. */
    boolean isAnyFailing() {
        return !answered.containsAll(failed);
    }

    /**
     * A round is over: whoever is in doubt was asked a moment ago.
     *
     * @param used targets that something was due for
     * @param nowMillis the cluster's time, after that. A round may be long, and its beginning says nothing of its end
     */
    void endOfRound(Set<String> used, long nowMillis) {
        for (String target : failed) {
            if (!answered.contains(target)) {
                sinceMillis.putIfAbsent(target, nowMillis);
            }
        }
        for (String target : Set.copyOf(sinceMillis.keySet())) {
            boolean well = answered.contains(target) || used.contains(target) && !failed.contains(target);
            if (well) {
                long millis = nowMillis - sinceMillis.remove(target);
                LOG.info("target can be reached again: target={} outMillis={}", target, millis);
            }
        }
    }

    /** By target: when the first round ended that failed. */
    Map<String, Long> sinceMillis() {
        return Map.copyOf(sinceMillis);
    }
}
