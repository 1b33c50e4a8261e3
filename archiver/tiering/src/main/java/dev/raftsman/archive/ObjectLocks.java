package dev.raftsman.archive;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.catalog.LockView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.Protection;
import dev.raftsman.policy.ArchiveRule;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Locks objects as their policies have it. An object is stored, proved, and only then locked: a lock on what turns out to be
 * damaged, or is given up, could be lifted by nobody for years. And nothing counts on an object before it is locked. One
 * thread.
 */
final class ObjectLocks {
    private static final Logger LOG = LoggerFactory.getLogger(ObjectLocks.class);

    private final RetentionPolicies policies;
    private final ArchiveListener listener;

    ObjectLocks(RetentionPolicies policies, ArchiveListener listener) {
        this.policies = policies;
        this.listener = listener;
    }

    /**
     * Those that the target can keep as their policies have it. A start refuses policies that ask for too much, if the bucket
     * answers then; here what would not be locked stays hot, and that is no outage of the target.
     */
    List<Decision.Archive> lockable(Cold cold, List<Decision.Archive> decisions) {
        List<Decision.Archive> lockable = new ArrayList<>();
        Set<String> refused = new TreeSet<>();
        for (Decision.Archive decision : decisions) {
            boolean guards = policies.named(decision.policy())
                    .map(policy -> policy.archive().guards())
                    .orElse(false);
            if (cold.cannotLock() && guards) {
                refused.add(decision.policy());
            } else {
                lockable.add(decision);
            }
        }
        if (!refused.isEmpty()) {
            LOG.error(
                    "not archived, the target cannot lock: target={} policies={} reason={}",
                    cold.name(),
                    refused,
                    cold.locks().why());
            listener.failed("lock");
        }
        return lockable;
    }

    /**
     * Locks an object that is proved.
     *
     * @param policy by its name; one that is there no more locks nothing
     * @param segments those in the object
     * @return what guards it now, whoever made it so; null if nothing does
     */
    LockView lock(Cold cold, ObjectKey key, String policy, List<SegmentView> segments, long nowMillis)
            throws IOException {
        Protection wanted = policies.named(policy)
                .map(Policy::archive)
                .map((ArchiveRule rule) -> rule.protection(segments, nowMillis))
                .orElse(Protection.NONE);
        if (cold.cannotLock() && wanted.isNone()) {
            return null;
        }
        Protection inForce = cold.store().protect(key, wanted);
        boolean locked = inForce.mode() != Protection.Mode.NONE;
        return inForce.isNone()
                ? null
                : new LockView(
                        locked ? inForce.mode().name().toLowerCase(Locale.ROOT) : null,
                        inForce.untilMillis(),
                        inForce.legalHold());
    }
}
