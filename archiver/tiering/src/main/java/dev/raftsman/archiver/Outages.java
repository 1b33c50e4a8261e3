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

    /**
     * A round is over.
     *
     * @param used targets that something was due for
     * @param beganMillis when it began, by the cluster's time
     */
    void endOfRound(Set<String> used, long beganMillis) {
        for (String target : failed) {
            if (!answered.contains(target)) {
                sinceMillis.putIfAbsent(target, beganMillis);
            }
        }
        for (String target : Set.copyOf(sinceMillis.keySet())) {
            boolean well = answered.contains(target) || used.contains(target) && !failed.contains(target);
            if (well) {
                long millis = beganMillis - sinceMillis.remove(target);
                LOG.info("target can be reached again: target={} outMillis={}", target, millis);
            }
        }
        failed.clear();
        answered.clear();
    }

    /** By target: the beginning of the first round that failed. */
    Map<String, Long> sinceMillis() {
        return Map.copyOf(sinceMillis);
    }
}
