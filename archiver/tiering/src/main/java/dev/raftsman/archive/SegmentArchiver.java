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
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Truncates and archives segments, in the steps and with the recovery drawn on this package's page. Holding the lease is
 * the caller's part; {@link Lease.FencedException} ends a round. One thread.
 */
public final class SegmentArchiver {
    /** What the key of a cold object ends with. */
    public static final String COLD_SUFFIX = ".cold";

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
    private final ColdCopy coldCopy;
    private final ArchiveSettings.ByPolicy settings;
    private final ArchiveListener listener;
    private final Map<SegmentId, Integer> mismatches = new HashMap<>();

    /** What cannot be recoded; forgotten with the process, and found out again. */
    private final Set<SegmentId> verbatim = new HashSet<>();

    /** With the same settings for every policy. */
    public SegmentArchiver(
            RetentionPolicies policies, Lease lease, ColdTargets targets, VerifiedCopy copy, ArchiveListener listener) {
        this(policies, lease, targets, copy, policy -> ArchiveSettings.DEFAULTS, listener);
    }

    public SegmentArchiver(
            RetentionPolicies policies,
            Lease lease,
            ColdTargets targets,
            VerifiedCopy copy,
            ArchiveSettings.ByPolicy settings,
            ArchiveListener listener) {
        this.policies = policies;
        this.policyHash = policies.hash();
        this.lease = lease;
        this.targets = targets;
        this.copy = copy;
        this.coldCopy = copy.recoding();
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * An upload announced in Raft, by this archiver or one before it.
     *
     * @param decisions one for each segment, in the order of their bases
     */
    private record Upload(UUID token, ObjectKey key, List<Decision.Archive> decisions) {
        List<SegmentView> segments() {
            return segmentsOf(decisions);
        }

        /** The first one; there is none other but in a cold object. */
        Decision.Archive first() {
            return decisions.get(0);
        }

        /** The key says it, since whoever finds the object knows no more. */
        boolean isCold() {
            return isColdKey(key.value());
        }
    }

    /** An upload whose object is proved. */
    private record Proved(Upload upload, StoredObject object) {}

    /** The content-addressed key: the same bytes of the same segment, whoever needs them. */
    public static ObjectKey contentKey(SegmentView segment) {
        return ObjectKey.of("cas", segment.sha256() + ".seg");
    }

    /** Whether the object under a key holds recoded segments. */
    public static boolean isColdKey(String key) {
        return key.endsWith(COLD_SUFFIX);
    }

    /** Goes on with everything that was announced or decided in Raft and is not finished. */
    public void resume(CatalogView catalog) throws IOException {
        Map<UUID, Upload> byToken = new LinkedHashMap<>();
        for (SegmentView segment : catalog.segments()) {
            PreparedView prepared = segment.prepared();
            if (prepared != null) {
                byToken.computeIfAbsent(
                                prepared.token(),
                                token -> new Upload(token, new ObjectKey(prepared.key()), new ArrayList<>()))
                        .decisions()
                        .add(resumed(catalog, segment, prepared));
            }
        }
        Map<String, List<Upload>> byTarget = new LinkedHashMap<>();
        for (Upload upload : byToken.values()) {
            if (upload.segments().stream().noneMatch(this::isStopped)) {
                upload.decisions()
                        .sort(Comparator.comparing(
                                decision -> decision.segment().id()));
                byTarget.computeIfAbsent(upload.first().target(), name -> new ArrayList<>())
                        .add(upload);
            }
        }
        for (Map.Entry<String, List<Upload>> uploads : byTarget.entrySet()) {
            try {
                Cold cold = targets.get(uploads.getKey(), catalog);
                for (List<Upload> batch : batches(uploads.getValue(), Upload::segments)) {
                    finish(catalog, cold, batch);
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("resume", uploads.getKey(), e);
            }
        }
        recordTruncations(catalog);
    }

    private static Decision.Archive resumed(CatalogView catalog, SegmentView segment, PreparedView prepared) {
        Optional<String> snapshotId = prepared.key().equals(contentKey(segment).value())
                ? Decider.newestHolding(catalog, segment).map(SnapshotView::id)
                : Optional.empty();
        Reason reason = new Reason(RESUMED, String.valueOf(prepared.reason()), Map.of());
        return new Decision.Archive(segment, prepared.policy(), reason, prepared.target(), snapshotId);
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
                truncateTogether(
                        group.subList(from, Math.min(group.size(), from + SegmentRef.MAX_IN_COMMAND)), nowMillis);
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

    /** Those of the decisions that need not wait for others to share an object with, in the order of their segments. */
    public List<Decision.Archive> ripe(List<Decision.Archive> decisions) {
        List<Decision.Archive> inOrder = new ArrayList<>(decisions);
        inOrder.sort(Comparator.comparing(decision -> decision.segment().id()));
        return Merging.ripe(inOrder, settings, verbatim::contains);
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
                all.sort(
                        Comparator.comparing(decision -> decision.segment().id())); // What is merged must lie together.
                for (List<List<Decision.Archive>> batch :
                        batches(Merging.objects(all, settings, verbatim::contains), SegmentArchiver::segmentsOf)) {
                    cold.manifest().refresh(); // What cannot be reached has nothing announced for it.
                    finish(catalog, cold, prepare(batch));
                }
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("archive", due.getKey(), e);
            }
        }
    }

    /** Objects that share a manifest page: so many segments, and so many bytes that the page is not long in coming. */
    private static <T> List<List<T>> batches(List<T> objects, Function<T, List<SegmentView>> segmentsOf) {
        List<List<T>> batches = new ArrayList<>();
        int count = BATCH_SEGMENTS;
        long bytes = 0;
        for (T object : objects) {
            List<SegmentView> segments = segmentsOf.apply(object);
            if (count + segments.size() > BATCH_SEGMENTS || bytes >= ArchiveSettings.DEFAULT_OBJECT_BYTES) {
                batches.add(new ArrayList<>());
                count = 0;
                bytes = 0;
            }
            batches.get(batches.size() - 1).add(object);
            count += segments.size();
            bytes += segments.stream().mapToLong(SegmentView::bytes).sum();
        }
        return batches;
    }

    private static List<SegmentView> segmentsOf(List<Decision.Archive> object) {
        return object.stream().map(Decision.Archive::segment).toList();
    }

    private List<Upload> prepare(List<List<Decision.Archive>> objects) throws IOException {
        List<Upload> uploads = new ArrayList<>();
        for (List<Decision.Archive> decisions : objects) {
            Upload upload = announced(decisions);
            Decision.Archive first = upload.first();
            CommandResult result = lease.execute(new Command.Prepare(
                    lease.owner(),
                    upload.token(),
                    upload.segments().stream().map(SegmentView::ref).toList(),
                    first.target(),
                    upload.key().value(),
                    first.policy(),
                    first.reason().toString(),
                    policyHash));
            if (result instanceof CommandResult.Refused refused) {
                LOG.warn(
                        "prepare refused: segment={} segments={} reason={} {}",
                        first.segment().id(),
                        decisions.size(),
                        refused.reason(),
                        refused.detail());
                listener.failed("prepare");
            } else {
                uploads.add(upload);
            }
        }
        return uploads;
    }

    private Upload announced(List<Decision.Archive> decisions) {
        UUID token = UUID.randomUUID();
        Decision.Archive first = decisions.get(0);
        boolean cold = settings.of(first.policy()).format() == ArchiveSettings.Format.COLD
                && !verbatim.contains(first.segment().id());
        ObjectKey key = first.snapshotId().isPresent()
                ? contentKey(first.segment())
                : ownKey(first.segment(), token, cold ? COLD_SUFFIX : SegmentId.FILE_SUFFIX);
        return new Upload(token, key, decisions);
    }

    private static ObjectKey ownKey(SegmentView segment, UUID token, String suffix) {
        String base = segment.id().fileName().replace(SegmentId.FILE_SUFFIX, "");
        return ObjectKey.of(
                "segments",
                ObjectKey.component(segment.tenant()),
                ObjectKey.component(segment.stream()),
                base + "-" + token.toString().substring(0, 8) + suffix);
    }

    /** Steps 2 to 6 for uploads of one target, from wherever each of them stands. */
    private void finish(CatalogView catalog, Cold cold, List<Upload> uploads) throws IOException {
        cold.manifest().refresh();
        List<Proved> proved = new ArrayList<>();
        IOException failure = null;
        for (Upload upload : uploads) {
            lease.keep();
            if (cold.manifest().isAborted(upload.token())) {
                abort(upload);
                continue;
            }
            try {
                Optional<StoredObject> known = onPage(cold, upload);
                proved.add(new Proved(upload, known.isPresent() ? known.get() : store(cold, upload)));
            } catch (RecodingException e) {
                storeVerbatim(catalog, cold, upload, e);
            } catch (UnsupportedFormatException e) {
                failed("read-back", cold.name(), e); // The version that wrote it will go on with it.
            } catch (ObjectMismatchException e) {
                giveUp(catalog, cold, upload, e);
            } catch (IOException e) {
                failure = e; // What is verified is still finished; then the target is left alone.
                break;
            }
        }
        List<ManifestEntry> entries = proved.stream()
                .flatMap(object -> entries(catalog, object).stream())
                .toList();
        List<ManifestEntry> published =
                entries.isEmpty() ? List.of() : cold.manifest().publish(lease.owner(), catalog.stampMillis(), entries);
        for (Proved object : proved) {
            UUID token = object.upload().token();
            if (published.stream().anyMatch(entry -> entry.token().equals(token))) {
                commit(object);
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    /** What a page says of the upload already: its object was proved by whoever wrote the page. */
    private static Optional<StoredObject> onPage(Cold cold, Upload upload) {
        return cold.manifest().archived(upload.token()).stream()
                .findFirst()
                .map(entry -> new StoredObject(entry.sha256(), entry.bytes(), false));
    }

    private StoredObject store(Cold cold, Upload upload) throws IOException {
        StoredObject object;
        if (upload.isCold()) {
            ArchiveSettings how = settings.of(upload.first().policy());
            object = coldCopy.store(upload.segments(), cold.store(), upload.key(), how.cold(), lease::keep);
        } else {
            SegmentView segment = upload.first().segment();
            boolean created = copy.store(segment, cold.store(), upload.key());
            object = new StoredObject(segment.sha256(), segment.bytes(), created);
        }
        if (object.created()) {
            listener.stored(cold.name(), object.bytes());
        }
        return object;
    }

    private List<ManifestEntry> entries(CatalogView catalog, Proved proved) {
        List<ManifestEntry> entries = new ArrayList<>();
        for (Decision.Archive decision : proved.upload().decisions()) {
            entries.add(ManifestEntry.archived(
                    catalog,
                    proved.upload().token(),
                    decision.segment(),
                    proved.upload().key().value(),
                    proved.object(),
                    proved.upload().isCold() ? entries.size() : null,
                    decision.policy(),
                    decision.reason().label().equals(RESUMED)
                            ? decision.reason().text()
                            : decision.reason().toString(),
                    policyHash,
                    decision.snapshotId()));
        }
        return entries;
    }

    private void commit(Proved proved) throws IOException {
        Upload upload = proved.upload();
        CommandResult result = lease.execute(new Command.Commit(
                lease.owner(),
                upload.token(),
                proved.object().sha256(),
                proved.object().bytes(),
                upload.first().snapshotId().orElse(null)));
        if (result instanceof CommandResult.Refused refused) {
            LOG.error(
                    "commit refused: segment={} token={} reason={} {}",
                    upload.first().segment().id(),
                    upload.token(),
                    refused.reason(),
                    refused.detail());
            listener.failed("commit");
            return;
        }
        for (Decision.Archive decision : upload.decisions()) {
            LOG.info("{} key={}", decision, upload.key());
            listener.done(decision);
        }
    }

    /** The announced object is given up; in the next round each of its segments is an object of its own, as it is. */
    private void storeVerbatim(CatalogView catalog, Cold cold, Upload upload, RecodingException why)
            throws IOException {
        LOG.error(
                "stored verbatim from now on: segments={} {}",
                upload.decisions().size(),
                why.getMessage(),
                why);
        listener.failed("recode");
        upload.segments().forEach(segment -> verbatim.add(segment.id()));
        abandon(catalog, cold, upload, why.getMessage());
    }

    private void abandon(CatalogView catalog, Cold cold, Upload upload, String why) throws IOException {
        ManifestEntry entry = ManifestEntry.aborted(
                upload.token(), upload.first().segment(), upload.key().value(), why);
        List<ManifestEntry> inEffect = cold.manifest().publish(lease.owner(), catalog.stampMillis(), List.of(entry));
        if (!inEffect.isEmpty()) {
            abort(upload);
        }
    }

    /** Other bytes are under the key: nothing is overwritten, the token and its key are given up, a person is told. */
    private void giveUp(CatalogView catalog, Cold cold, Upload upload, ObjectMismatchException why) throws IOException {
        SegmentId id = upload.first().segment().id();
        int times = 0;
        for (SegmentView segment : upload.segments()) {
            times = Math.max(times, mismatches.merge(segment.id(), 1, Integer::sum));
        }
        LOG.error(
                "object is not what was stored: segment={} times={} stopped={} {}",
                id,
                times,
                times >= MAX_MISMATCHES,
                why.getMessage());
        listener.mismatch();
        abandon(catalog, cold, upload, why.getMessage());
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
