package dev.raftsman.policy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What an outage of a target does, or is about to do, to the decisions of a policy.
 *
 * @param target that cannot be reached
 * @param since when the first round began that failed
 * @param onArchiveOutage hold, throttle or truncate
 * @param inEffect whether the policy decides by it now
 * @param inEffectFrom when it does, if the outage goes on
 */
public record OutageEffect(
        String target, String since, String policy, String onArchiveOutage, boolean inEffect, String inEffectFrom) {

    /** One for each policy that stores in a target which is out. */
    static List<OutageEffect> of(RetentionPolicies policies, Map<String, Long> outages, long nowMillis) {
        List<OutageEffect> effects = new ArrayList<>();
        for (Policy policy : policies.policies()) {
            Long since = policy.then() == Policy.Action.TRUNCATE
                    ? null
                    : policy.target().map(outages::get).orElse(null);
            if (since != null) {
                long from = since + policy.outage().after().toMillis();
                effects.add(new OutageEffect(
                        policy.target().orElseThrow(),
                        Instant.ofEpochMilli(since).toString(),
                        policy.name(),
                        policy.outage().behaviour().label(),
                        nowMillis >= from,
                        Instant.ofEpochMilli(from).toString()));
            }
        }
        return effects;
    }

    /** One line. */
    @Override
    public String toString() {
        return "outage target=" + target + " since=" + since + " policy=" + policy + " onArchiveOutage="
                + onArchiveOutage + " in-effect=" + inEffect + (inEffect ? "" : " from=" + inEffectFrom);
    }
}
