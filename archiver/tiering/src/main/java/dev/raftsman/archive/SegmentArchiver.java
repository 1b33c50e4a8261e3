package dev.raftsman.archive;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.policy.Decider;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.Reason;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Truncates and archives segments, in the steps and with the recovery drawn on this package's page. Holding the lease is
 * the caller's part; {@link Lease.FencedException} ends a round. One thread.
 */
public final class SegmentArchiver {
    /** Label of what an archiver before this one, or an earlier round, had begun; the text is the reason it gave. */
    private static final String RESUMED = "resumed";

    /** How many segments share a manifest page; also how many uploads a killed archiver may leave to be gone on with. */
    static final int BATCH_SEGMENTS = 32;

    /** Other bytes found so often for one segment: it stays hot until a person has looked and restarted the archiver. */
    private static final int MAX_MISMATCHES = 3;

    private static final Logger LOG = LoggerFactory.getLogger(SegmentArchiver.class);

    private final RetentionPolicies policies;
    private final String policyHash;
    private final Lease lease;
    private final ColdTargets targets;
    private final VerifiedCopy copy;
    private final ArchiveListener listener;
    private final Map<SegmentId, Integer> mismatches = new HashMap<>();

    public SegmentArchiver(
            RetentionPolicies policies, Lease lease, ColdTargets targets, VerifiedCopy copy, ArchiveListener listener) {
        this.policies = policies;
        this.policyHash = policies.hash();
        this.lease = lease;
        this.targets = targets;
        this.copy = copy;
        this.listener = listener;
    }

    /** An upload announced in Raft, by this archiver or one before it. */
    private record Upload(UUID token, SegmentView segment, ObjectKey key, Decision.Archive decision) {}

    /** The content-addressed key: the same bytes of the same segment, whoever needs them. */
    public static ObjectKey contentKey(SegmentView segment) {
        return ObjectKey.of("cas", segment.sha256() + ".seg");
    }

    /** Goes on with everything that was announced or decided in Raft and is not finished. */
    public void resume(CatalogView catalog) throws IOException {
        Map<String, List<Upload>> byTarget = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            PreparedView prepared = segment.prepared();
            if (prepared == null || isStopped(segment)) {
                continue;
            }
            ObjectKey key = new ObjectKey(prepared.key());
            Optional<String> snapshotId = key.equals(contentKey(segment))
                    ? Decider.newestHolding(catalog, segment).map(SnapshotView::id)
                    : Optional.empty();
            Reason reason = new Reason(RESUMED, String.valueOf(prepared.reason()), Map.of());
            Decision.Archive decision =
                    new Decision.Archive(segment, prepared.policy(), reason, prepared.target(), snapshotId);
            byTarget.computeIfAbsent(prepared.target(), name -> new ArrayList<>())
                    .add(new Upload(prepared.token(), segment, key, decision));
        }
        for (Map.Entry<String, List<Upload>> uploads : byTarget.entrySet()) {
            try {
                finish(catalog, targets.get(uploads.getKey(), catalog), uploads.getValue());
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("resume", uploads.getKey(), e);
            }
        }
        recordTruncations(catalog);
    }

    /**
     * Gives segments up, one command for all that share a policy and a reason.
     *
     * @param nowMillis the stamp of the catalog that it was decided by
     */
    public void truncate(List<Decision.Truncate> decisions, long nowMillis) throws IOException {
        Map<String, List<Decision.Truncate>> groups = new LinkedHashMap<>();
        decisions.forEach(decision -> groups.computeIfAbsent(
                        decision.policy() + " " + decision.reason() + " "
                                + (decision.segment().mark() != null),
                        key -> new ArrayList<>())
                .add(decision));
        for (List<Decision.Truncate> group : groups.values()) {
            for (int from = 0; from < group.size(); from += SegmentRef.MAX_IN_COMMAND) {
                truncateTogether(group.subList(from, Math.min(group.size(), from + SegmentRef.MAX_IN_COMMAND)), nowMillis);
            }
        }
    }

    private void truncateTogether(List<Decision.Truncate> together, long nowMillis) throws IOException {
        List<SegmentRef> refs =
                together.stream().map(decision -> decision.segment().ref()).toList();
        Decision.Truncate first = together.get(0);
        CommandResult result = lease.execute(new Command.Truncate(
                lease.owner(),
                refs,
                first.policy(),
                first.reason().toString(),
                policyHash,
                first.segment().mark() != null,
                nowMillis));
        if (result instanceof CommandResult.Refused refused) {
            LOG.warn("truncate refused: segments={} reason={} {}", refs.size(), refused.reason(), refused.detail());
            listener.failed("truncate");
            return;
        }
        for (Decision.Truncate decision : together) {
            LOG.info("{}", decision);
            listener.done(decision);
        }
    }

    /** Puts on a manifest page what the catalog says was truncated and no page says yet. */
    public void recordTruncations(CatalogView catalog) throws IOException {
        Map<String, List<ManifestEntry>> byTarget = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            if (segment.state() == SegmentState.TRUNCATED) {
                recordTarget(segment)
                        .ifPresent(name -> byTarget.computeIfAbsent(name, key -> new ArrayList<>())
                                .add(ManifestEntry.truncated(catalog, segment)));
            }
        }
        for (Map.Entry<String, List<ManifestEntry>> entries : byTarget.entrySet()) {
            try {
                Cold cold = targets.get(entries.getKey(), catalog);
                List<ManifestEntry> missing = entries.getValue().stream()
                        .filter(entry ->
                                !cold.manifest().isTruncated(entry.segment().id()))
                        .toList();
                if (!missing.isEmpty()) {
                    cold.manifest().publish(lease.owner(), catalog.stampMillis(), missing);
                }
            } catch (IOException e) {
                failed("record-truncation", entries.getKey(), e);
            }
        }
    }

    /** What expired is recorded where it was; whoever looks for it looks there. */
    private Optional<String> recordTarget(SegmentView segment) {
        if (segment.archive() != null) {
            return Optional.of(segment.archive().target());
        }
        String policyName = segment.truncation().policy();
        return policies.policies().stream()
                .filter(policy -> policy.name().equals(policyName))
                .findFirst()
                .flatMap(policies::recordTarget)
                .or(policies::defaultTarget);
    }

    /** Archives segments, target by target; a target that fails is left for the next round. */
    public void archive(List<Decision.Archive> decisions, CatalogView catalog) throws IOException {
        Map<String, List<Decision.Archive>> byTarget = new LinkedHashMap<>();
        for (Decision.Archive decision : decisions) {
            if (!isStopped(decision.segment())) {
                byTarget.computeIfAbsent(decision.target(), name -> new ArrayList<>())
                        .add(decision);
            }
        }
        for (Map.Entry<String, List<Decision.Archive>> due : byTarget.entrySet()) {
            List<Decision.Archive> all = due.getValue();
            try {
                Cold cold = targets.get(due.getKey(), catalog);
                for (int from = 0; from < all.size(); from += BATCH_SEGMENTS) {
                    List<Upload> uploads = prepare(all.subList(from, Math.min(all.size(), from + BATCH_SEGMENTS)));
                    finish(catalog, cold, uploads);
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("archive", due.getKey(), e);
            }
        }
    }

    private List<Upload> prepare(List<Decision.Archive> decisions) throws IOException {
        List<Upload> uploads = new ArrayList<>();
        for (Decision.Archive decision : decisions) {
            SegmentView segment = decision.segment();
            UUID token = UUID.randomUUID();
            ObjectKey key = decision.snapshotId().isPresent() ? contentKey(segment) : ownKey(segment, token);
            CommandResult result = lease.execute(new Command.Prepare(
                    lease.owner(),
                    token,
                    List.of(segment.ref()),
                    decision.target(),
                    key.value(),
                    decision.policy(),
                    decision.reason().toString(),
                    policyHash));
            if (result instanceof CommandResult.Refused refused) {
                LOG.warn("prepare refused: segment={} reason={} {}", segment.id(), refused.reason(), refused.detail());
                listener.failed("prepare");
            } else {
                uploads.add(new Upload(token, segment, key, decision));
            }
        }
        return uploads;
    }

    private static ObjectKey ownKey(SegmentView segment, UUID token) {
        String base = segment.id().fileName().replace(SegmentId.FILE_SUFFIX, "");
        return ObjectKey.of(
                "segments",
                ObjectKey.component(segment.tenant()),
                ObjectKey.component(segment.stream()),
                base + "-" + token.toString().substring(0, 8) + SegmentId.FILE_SUFFIX);
    }

    /** Steps 2 to 6 for uploads of one target, from wherever each of them stands. */
    private void finish(CatalogView catalog, Cold cold, List<Upload> uploads) throws IOException {
        cold.manifest().refresh();
        List<ManifestEntry> verified = new ArrayList<>();
        IOException failure = null;
        for (Upload upload : uploads) {
            lease.keep();
            if (cold.manifest().isAborted(upload.token())) {
                abort(upload);
                continue;
            }
            try {
                if (cold.manifest().archived(upload.token()).isEmpty()) {
                    if (copy.store(upload.segment(), cold.store(), upload.key())) {
                        listener.stored(cold.name(), upload.segment().bytes());
                    }
                }
                verified.add(entry(catalog, upload));
            } catch (ObjectMismatchException e) {
                giveUp(catalog, cold, upload, e);
            } catch (IOException e) {
                failure = e; // What is verified is still finished; then the target is left alone.
                break;
            }
        }
        List<ManifestEntry> published = verified.isEmpty()
                ? List.of()
                : cold.manifest().publish(lease.owner(), catalog.stampMillis(), verified);
        for (Upload upload : uploads) {
            if (published.stream().anyMatch(entry -> entry.token().equals(upload.token()))) {
                commit(upload);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private ManifestEntry entry(CatalogView catalog, Upload upload) {
        Decision.Archive decision = upload.decision();
        return ManifestEntry.archived(
                catalog,
                upload.token(),
                upload.segment(),
                upload.key().value(),
                decision.policy(),
                decision.reason().label().equals(RESUMED)
                        ? decision.reason().text()
                        : decision.reason().toString(),
                policyHash,
                decision.snapshotId());
    }

    private void commit(Upload upload) throws IOException {
        SegmentView segment = upload.segment();
        CommandResult result = lease.execute(new Command.Commit(
                lease.owner(),
                upload.token(),
                segment.sha256(),
                segment.bytes(),
                upload.decision().snapshotId().orElse(null)));
        if (result instanceof CommandResult.Refused refused) {
            LOG.error(
                    "commit refused: segment={} token={} reason={} {}",
                    segment.id(),
                    upload.token(),
                    refused.reason(),
                    refused.detail());
            listener.failed("commit");
            return;
        }
        LOG.info("{} key={}", upload.decision(), upload.key());
        listener.done(upload.decision());
    }

    /** Other bytes are under the key: nothing is overwritten, the token and its key are given up, a person is told. */
    private void giveUp(CatalogView catalog, Cold cold, Upload upload, ObjectMismatchException why) throws IOException {
        SegmentId id = upload.segment().id();
        int times = mismatches.merge(id, 1, Integer::sum);
        LOG.error(
                "object is not what was stored: segment={} times={} stopped={} {}",
                id,
                times,
                times >= MAX_MISMATCHES,
                why.getMessage());
        listener.mismatch();
        ManifestEntry entry = ManifestEntry.aborted(
                upload.token(), upload.segment(), upload.key().value(), why.getMessage());
        List<ManifestEntry> inEffect = cold.manifest().publish(lease.owner(), catalog.stampMillis(), List.of(entry));
        if (!inEffect.isEmpty()) {
            abort(upload);
        }
    }

    private void abort(Upload upload) throws IOException {
        CommandResult result = lease.execute(new Command.Abort(lease.owner(), upload.token()));
        if (result instanceof CommandResult.Refused refused) {
            LOG.warn("abort refused: token={} reason={} {}", upload.token(), refused.reason(), refused.detail());
        }
    }

    private boolean isStopped(SegmentView segment) {
        return mismatches.getOrDefault(segment.id(), 0) >= MAX_MISMATCHES;
    }

    private void failed(String step, String target, IOException e) {
        LOG.warn("{} failed, will be tried again: target={} reason={}", step, target, e.getMessage());
        listener.failed(step);
        listener.targetFailed(target);
    }
}
