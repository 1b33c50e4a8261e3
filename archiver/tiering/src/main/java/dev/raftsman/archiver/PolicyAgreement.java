package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.Lease;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.PoliciesView;
import dev.raftsman.policy.RetentionPolicies;
import java.io.IOException;
import java.time.Instant;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whether this archiver's policies are those that the cluster's segments are decided by. Two archivers with different files
 * would otherwise take turns, each undoing the other's marks. One thread.
 *
 * <pre>
 * the cluster's version      who acted by it last     what an archiver does
 *   none                       -                        declares its own
 *   the same                   anybody                  acts
 *   another                    this archiver            declares its own: its file was changed, and it was restarted
 *   another                    another, or nobody       nothing, and tells a person
 * </pre>
 */
final class PolicyAgreement {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyAgreement.class);

    private final RetentionPolicies policies;
    private final String hash;
    private final Lease lease;
    private final ArchiveListener listener;

    /** The version that was last told of as another; null if none was. */
    private String told;

    PolicyAgreement(RetentionPolicies policies, Lease lease, ArchiveListener listener) {
        this.policies = policies;
        this.hash = policies.hash();
        this.lease = lease;
        this.listener = listener;
    }

    /** As an archiver that acts by itself, round by round. @return whether it may */
    boolean reach(CatalogView catalog) throws IOException {
        PoliciesView active = catalog.activePolicies().orElse(null);
        boolean same = active != null && active.hash().equals(hash);
        boolean own = active == null || lease.owner().equals(active.actor());
        boolean agreed = same && own || (same || own) && declare(active, true);
        tell(agreed ? null : active);
        return agreed;
    }

    /** As an archiver that stands by: it could not take over. */
    void look(CatalogView catalog) {
        tell(catalog.activePolicies()
                .filter(active -> !active.hash().equals(hash))
                .orElse(null));
    }

    /** @param others null if the cluster's policies are not others */
    private void tell(PoliciesView others) {
        listener.otherPolicies(others != null);
        if (others != null && !others.hash().equals(told)) {
            LOG.error(
                    "this archiver can do nothing: {}; give it the same file, or see 'raftsman retention adopt'",
                    difference(others));
        }
        told = others == null ? null : others.hash();
    }

    /** As one who applies a plan once. @return what is in the way, if anything is */
    Optional<String> objection(CatalogView catalog) throws IOException {
        PoliciesView active = catalog.activePolicies().orElse(null);
        boolean agreed = active == null ? declare(null, false) : active.hash().equals(hash);
        if (agreed) {
            return Optional.empty();
        }
        return Optional.of(
                active == null
                        ? "no policies could be declared"
                        : difference(active) + "; see 'raftsman retention adopt'");
    }

    private boolean declare(PoliciesView active, boolean acts) throws IOException {
        String before = active == null ? null : active.hash();
        CommandResult result = lease.execute(new Command.Adopt(lease.owner(), hash, before, acts));
        if (!result.ok()) {
            LOG.warn("policies are not declared: {}", result);
        } else if (!hash.equals(before)) {
            LOG.info("policies are declared: version={} before={}", policies.version(), before);
        }
        return result.ok();
    }

    private String difference(PoliciesView active) {
        return "policies of this file are " + policies.version() + ", of the cluster "
                + RetentionPolicies.version(active.hash()) + " by " + active.by() + " since "
                + Instant.ofEpochMilli(active.atMillis());
    }
}
