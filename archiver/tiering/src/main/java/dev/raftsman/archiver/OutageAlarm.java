package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells a person when a policy begins to act on an outage, once; the metric says how long it lasts. One thread. */
final class OutageAlarm {
    private static final Logger LOG = LoggerFactory.getLogger(OutageAlarm.class);

    private final RetentionPolicies policies;
    private final ArchiveListener listener;

    /** What was told, as target and policy. */
    private final Set<String> told = new HashSet<>();

    OutageAlarm(RetentionPolicies policies, ArchiveListener listener) {
        this.policies = policies;
        this.listener = listener;
    }

    /**
     * @param out when each target that is out began to be
     * @param nowMillis the cluster's time
     */
    void tell(Map<String, Long> out, long nowMillis) {
        Set<String> declared = new HashSet<>();
        for (Policy policy : policies.policies()) {
            Long since = policy.target().map(out::get).orElse(null);
            if (since != null && nowMillis - since >= policy.outage().after().toMillis()) {
                declared.add(policy.target().get());
                String outage = policy.target().get() + " " + policy.name();
                if (told.add(outage)) {
                    LOG.error(
                            "target is out: target={} sinceMillis={} policy={} onArchiveOutage={}",
                            policy.target().get(),
                            since,
                            policy.name(),
                            policy.outage().behaviour());
                }
            } else {
                policy.target().ifPresent(target -> told.remove(target + " " + policy.name()));
            }
        }
        for (String target : policies.targets().keySet()) {
            Long since = out.get(target);
            long seconds = since == null ? 0 : TimeUnit.MILLISECONDS.toSeconds(nowMillis - since);
            listener.outage(target, seconds, declared.contains(target));
        }
    }
}
