package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.Truncations;
import dev.raftsman.archiver.LockedObjects.Place;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.policy.Decision;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Marks what is to be deleted, takes marks away, and deletes what is due. Every step is a command that the state machine
 * refuses while it is not due, held or frozen, whatever this archiver believes. One thread.
 */
final class Deletions {
    private static final Logger LOG = LoggerFactory.getLogger(Deletions.class);

    private final String policyHash;
    private final Lease lease;
    private final Truncations truncations;
    private final LockedObjects locked;
    private final ArchiveListener listener;

    Deletions(String policyHash, Lease lease, Truncations truncations, LockedObjects locked, ArchiveListener listener) {
        this.policyHash = policyHash;
        this.lease = lease;
        this.truncations = truncations;
        this.locked = locked;
        this.listener = listener;
    }

    /** Takes marks away: of what the policies keep now, and of what was marked under others, whose grace may have been less. */
    void spare(List<Decision> decisions) throws IOException {
        List<Decision> spares = new ArrayList<>();
        for (Decision decision : decisions) {
            if (decision instanceof Decision.Spare
                    || decision instanceof Decision.SegmentDeletion deletion && deletion.isOfOthers(policyHash)) {
                spares.add(decision);
            }
        }
        for (List<Decision> together : groups(spares, Decision::reason)) {
            Decision first = together.get(0);
            String why = "policy " + first.policy() + ": "
                    + (first instanceof Decision.Spare ? first.reason() : "it was marked under others");
            CommandResult result = lease.execute(new Command.Unmark(lease.owner(), refs(together), why, false));
            if (result.ok()) {
                together.forEach(decision -> LOG.info("mark taken away: {}", decision));
            } else {
                refused("spare", result);
            }
        }
    }

    /**
     * Does what is due; what {@link #spare} took the mark of is marked anew the next time.
     *
     * @param decidedBy the catalog that it was decided by
     * @param onlyMarked leave alone what nobody has marked
     * @return whether anything was deleted
     */
    boolean carryOut(List<Decision> decisions, CatalogView decidedBy, boolean onlyMarked) throws IOException {
        long nowMillis = decidedBy.stampMillis();
        List<Decision.SegmentDeletion> marks = new ArrayList<>();
        List<Decision.Truncate> givenUp = new ArrayList<>();
        List<Decision.Expire> expired = new ArrayList<>();
        for (Decision decision : decisions) {
            if (decision instanceof Decision.SegmentDeletion deletion && !deletion.isOfOthers(policyHash)) {
                Decision.Step step = deletion.step(nowMillis);
                boolean mayDelete = !onlyMarked || deletion.mark() != null;
                if (step == Decision.Step.MARK && !onlyMarked) {
                    marks.add(deletion);
                } else if (step == Decision.Step.DELETE && mayDelete) {
                    if (deletion instanceof Decision.Truncate truncate) {
                        givenUp.add(truncate);
                    } else if (deletion instanceof Decision.Expire expire) {
                        expired.add(expire);
                    }
                }
            }
        }
        expired = letGo(expired, decidedBy);
        mark(marks);
        truncations.truncate(givenUp, nowMillis);
        expire(expired, nowMillis);
        return !givenUp.isEmpty() || !expired.isEmpty();
    }

    /**
     * Those whose objects their stores do not keep. Only what was locked or held when it was archived is asked about: what was
     * locked since is found out when its object is to be deleted.
     */
    private List<Decision.Expire> letGo(List<Decision.Expire> decisions, CatalogView catalog) throws IOException {
        List<Decision.Expire> free = new ArrayList<>();
        Set<Place> known = new HashSet<>(); // Asked about once, however many segments are in it.
        for (Decision.Expire decision : decisions) {
            ArchiveView archive = decision.segment().archive();
            Place place = Place.of(archive);
            try {
                if (archive.lock() == null || known.contains(place) || !locked.isKept(place, catalog)) {
                    known.add(place);
                    free.add(decision);
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                LOG.warn(
                        "not expired, will be tried again: target={} key={} reason={}",
                        archive.target(),
                        archive.key(),
                        e.getMessage());
                listener.failed("expire");
            }
        }
        return free;
    }

    private void mark(List<Decision.SegmentDeletion> decisions) throws IOException {
        for (List<Decision.SegmentDeletion> together :
                groups(decisions, decision -> decision.reason() + " " + decision.graceMillis())) {
            Decision.SegmentDeletion first = together.get(0);
            CommandResult result = lease.execute(new Command.Mark(
                    lease.owner(),
                    refs(together),
                    first.policy(),
                    first.reason().toString(),
                    policyHash,
                    first.graceMillis()));
            if (result.ok()) {
                for (Decision.SegmentDeletion decision : together) {
                    LOG.info("marked, to be deleted after its time of grace: {}", decision);
                    listener.marked(decision);
                }
            } else {
                refused("mark", result);
            }
        }
    }

    private void expire(List<Decision.Expire> decisions, long nowMillis) throws IOException {
        for (List<Decision.Expire> together : groups(
                decisions,
                decision -> decision.reason() + " " + (decision.segment().mark() != null))) {
            Decision.Expire first = together.get(0);
            CommandResult result = lease.execute(new Command.Expire(
                    lease.owner(),
                    refs(together),
                    first.policy(),
                    first.reason().toString(),
                    policyHash,
                    first.segment().mark() != null,
                    nowMillis));
            if (result.ok()) {
                for (Decision.Expire decision : together) {
                    LOG.info("{}", decision);
                    listener.done(decision);
                }
            } else {
                refused("expire", result);
            }
        }
    }

    private void refused(String step, CommandResult result) {
        LOG.warn("{} refused: {}", step, result);
        listener.failed(step);
    }

    private static <D extends Decision> List<SegmentRef> refs(List<D> decisions) {
        return decisions.stream()
                .map(decision -> decision.subject().orElseThrow().ref())
                .toList();
    }

    /** One command for all of a policy that share what it says, as many as it may name. */
    private static <D extends Decision> List<List<D>> groups(List<D> decisions, Function<D, Object> what) {
        Map<String, List<D>> byText = new LinkedHashMap<>();
        for (D decision : decisions) {
            byText.computeIfAbsent(decision.policy() + " " + what.apply(decision), text -> new ArrayList<>())
                    .add(decision);
        }
        List<List<D>> groups = new ArrayList<>();
        for (List<D> all : byText.values()) {
            for (int from = 0; from < all.size(); from += SegmentRef.MAX_IN_COMMAND) {
                groups.add(all.subList(from, Math.min(all.size(), from + SegmentRef.MAX_IN_COMMAND)));
            }
        }
        return groups;
    }
}
