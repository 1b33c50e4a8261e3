package dev.raftsman.archive;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The places for cold objects, each opened when it is first needed and checked to be this cluster's. One thread. */
public final class ColdTargets implements AutoCloseable {
    /** Opens a target's store; tests put a failing one in between. */
    public interface Opener {
        ObjectStore open(Target target) throws IOException;
    }

    /**
     * One place: its objects and what its manifest says of them.
     *
     * @param locks whether its objects can be locked, by us or by what the bucket does with each
     */
    public record Cold(String name, ObjectStore store, Manifest manifest, LockSupport locks) {
        boolean cannotLock() {
            return locks.answer() == LockSupport.Answer.NO;
        }
    }

    private final RetentionPolicies policies;
    private final Opener opener;
    private final Map<String, Cold> open = new TreeMap<>();

    public ColdTargets(RetentionPolicies policies, Opener opener) {
        this.policies = policies;
        this.opener = opener;
    }

    /** @throws IOException if the place cannot be reached, is not configured (any more), cannot put
     *     conditionally, or is another cluster's */
    public Cold get(String name, CatalogView catalog) throws IOException {
        Cold known = open.get(name);
        if (known != null) {
            return known;
        }
        Target target = policies.targets().get(name);
        if (target == null) {
            throw new IOException(
                    "target '" + name + "' is not configured, but the cluster has uploads announced for it");
        }
        ObjectStore store = opener.open(target);
        try {
            Manifest manifest = new Manifest(store);
            probe(manifest, catalog);
            manifest.refresh();
            manifest.checkBelongsTo(catalog);
            Cold cold = new Cold(name, store, manifest, store.lockSupport());
            open.put(name, cold);
            return cold;
        } catch (IOException | RuntimeException e) {
            store.close();
            throw e;
        }
    }

    /** Asks the place for one write, as {@link #get} does when it opens it. @throws IOException if it does not answer */
    public void probe(String name, CatalogView catalog) throws IOException {
        Cold known = open.get(name);
        if (known == null) {
            get(name, catalog);
        } else {
            probe(known.manifest(), catalog);
        }
    }

    private static void probe(Manifest manifest, CatalogView catalog) throws IOException {
        manifest.probe("probe", catalog.stampMillis());
    }

    /** @return those that were needed so far */
    public List<Cold> opened() {
        return List.copyOf(open.values());
    }

    @Override
    public void close() {
        open.values().forEach(cold -> cold.store().close());
        open.clear();
    }
}
