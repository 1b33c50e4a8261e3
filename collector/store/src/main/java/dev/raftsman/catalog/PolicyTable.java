package dev.raftsman.catalog;

import dev.raftsman.catalog.CommandResult.Done;
import dev.raftsman.catalog.CommandResult.Refused;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which version of the policies counts, and those before it. Two archivers with different files would undo each other's
 * marks, each silently: so a version is declared in place of a known one, and commands of any other are refused.
 */
final class PolicyTable {
    /** Older ones are on the pages of manifests, with what was done by them. */
    private static final int KEPT = 64;

    private final List<PoliciesView> versions = new ArrayList<>();

    /** @param versions oldest first; null for none */
    PolicyTable(List<PoliciesView> versions) {
        if (versions != null) {
            this.versions.addAll(versions);
        }
    }

    /** Oldest first. */
    List<PoliciesView> versions() {
        return List.copyOf(versions);
    }

    private PoliciesView newest() {
        return versions.isEmpty() ? null : versions.get(versions.size() - 1);
    }

    CommandResult adopt(Command.Adopt adopt, long nowMillis) {
        PoliciesView newest = newest();
        String hash = newest == null ? null : newest.hash();
        String actor = adopt.acts() ? adopt.by() : null;
        if (adopt.policyHash().equals(hash)) {
            if (actor == null || actor.equals(newest.actor())) {
                return new Done(0);
            }
            versions.set(versions.size() - 1, new PoliciesView(hash, newest.by(), newest.atMillis(), actor));
            return new Done(1);
        }
        if (!Objects.equals(hash, adopt.replaces())) {
            return new Refused(RefusalReason.OTHER_POLICIES, told(newest) + "; expected " + adopt.replaces());
        }
        versions.add(new PoliciesView(adopt.policyHash(), adopt.by(), nowMillis, actor));
        if (versions.size() > KEPT) {
            versions.remove(0);
        }
        return new Done(1);
    }

    /** @return null if it is decided by the version that counts, or none was ever declared */
    Refused other(String policyHash) {
        PoliciesView newest = newest();
        return newest == null || newest.hash().equals(policyHash)
                ? null
                : new Refused(RefusalReason.OTHER_POLICIES, told(newest) + "; decided by " + policyHash);
    }

    private static String told(PoliciesView newest) {
        return newest == null ? "none are declared" : "the cluster's are " + newest.hash() + " by " + newest.by();
    }
}
