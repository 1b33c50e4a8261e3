package dev.raftsman.archive;

import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.SegmentUnavailableException;
import dev.raftsman.policy.ArchiveRule;
import dev.raftsman.policy.Decision;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes uploads of one target through the steps drawn on this package's page, from wherever each of them stands. Remembers
 * which segments cannot be recoded, which cannot be had, and which were found with other bytes; forgotten with the process, and found out again.
 * One thread.
 */
final class Uploader {
    /** Other bytes found so often for one segment: it stays hot until a person has looked and restarted the archiver. */
    private static final int MAX_MISMATCHES = 3;

    private static final Logger LOG = LoggerFactory.getLogger(Uploader.class);

    private final String policyHash;
    private final Lease lease;
    private final VerifiedCopy copy;
    private final ColdCopy coldCopy;
    private final ArchiveSettings.ByPolicy settings;
    private final ObjectLocks locks;
    private final ArchiveListener listener;
    private final Map<SegmentId, Integer> mismatches = new HashMap<>();
    private final Set<SegmentId> verbatim = new HashSet<>();
    private final UnavailableSegments unavailable = new UnavailableSegments();

    Uploader(
            String policyHash,
            Lease lease,
            VerifiedCopy copy,
            ArchiveSettings.ByPolicy settings,
            ObjectLocks locks,
            ArchiveListener listener) {
        this.policyHash = policyHash;
        this.lease = lease;
        this.copy = copy;
        this.coldCopy = copy.recoding();
        this.settings = settings;
        this.locks = locks;
        this.listener = listener;
    }

    /** An upload whose object is proved. */
    private record Proved(Upload upload, StoredObject object) {}

    void beginRound(CatalogView catalog) {
        unavailable.beginRound(catalog);
    }

    /** Whether nothing is tried with the segment in this round. */
    boolean waits(SegmentView segment) {
        return mismatches.getOrDefault(segment.id(), 0) >= MAX_MISMATCHES || unavailable.waits(segment);
    }

    /** Whether it shares its object with no other. */
    boolean isAlone(SegmentId segment) {
        return verbatim.contains(segment) || unavailable.isAlone(segment);
    }

    /** How many segments no collector sends, as far as it was tried. */
    int unavailable() {
        return unavailable.count();
    }

    /**
     * Step 1 for objects of one target.
     *
     * @param objects the decisions of each, in the order of their segments
     * @return those that the cluster took
     */
    List<Upload> prepare(List<List<Decision.Archive>> objects) throws IOException {
        List<Upload> uploads = new ArrayList<>();
        for (List<Decision.Archive> decisions : objects) {
            Upload upload = Upload.begin(decisions, isRecoded(decisions.get(0)));
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

    private boolean isRecoded(Decision.Archive decision) {
        return settings.of(decision.policy()).format() == ArchiveRule.Format.COLD
                && !verbatim.contains(decision.segment().id());
    }

    /** Steps 2 to 7. */
    void finish(CatalogView catalog, Cold cold, List<Upload> uploads) throws IOException {
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
                proved.add(new Proved(upload, known.isPresent() ? known.get() : locked(catalog, cold, upload)));
            } catch (SegmentUnavailableException e) {
                missed(catalog, cold, upload, e);
            } catch (RecodingException e) {
                storeVerbatim(catalog, cold, upload, e);
            } catch (UnsupportedFormatException e) { // The version that wrote it will go on with it.
                LOG.warn("read-back failed, will be tried again: target={} reason={}", cold.name(), e.getMessage());
                listener.failed("read-back");
                listener.targetFailed(cold.name());
            } catch (ObjectMismatchException e) {
                giveUp(catalog, cold, upload, e);
            } catch (IOException e) {
                failure = e; // What is verified is still finished; then the target is left alone.
                break;
            }
        }
        List<ManifestEntry> entries = proved.stream()
                .flatMap(object -> object.upload().entries(catalog, object.object(), policyHash).stream())
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
                .map(entry -> new StoredObject(entry.sha256(), entry.bytes(), false, entry.lock()));
    }

    private StoredObject locked(CatalogView catalog, Cold cold, Upload upload) throws IOException {
        StoredObject object = store(cold, upload);
        lease.keep();
        return object.lockedAs(
                locks.lock(cold, upload.key(), upload.first().policy(), upload.segments(), catalog.stampMillis()));
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
        upload.segments().forEach(segment -> unavailable.fetched(segment.id()));
        if (object.created()) {
            listener.stored(cold.name(), object.bytes());
        }
        return object;
    }

    private void commit(Proved proved) throws IOException {
        Upload upload = proved.upload();
        CommandResult result = lease.execute(new Command.Commit(
                lease.owner(),
                upload.token(),
                proved.object().sha256(),
                proved.object().bytes(),
                upload.first().snapshotId().orElse(null),
                proved.object().lock()));
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
        abandon(catalog, cold, upload, why.getMessage(), false);
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
        abandon(catalog, cold, upload, why.getMessage(), true);
    }

    /** The others go on; those that were to share its object do once it has failed a few times. */
    private void missed(CatalogView catalog, Cold cold, Upload upload, SegmentUnavailableException why)
            throws IOException {
        SegmentId id = why.segment();
        unavailable.failed(id);
        String line = "a segment to be archived cannot be had, others go on: target={} policy={} times={} {}";
        if (unavailable.times(id) == 1) {
            LOG.error(line, cold.name(), upload.first().policy(), 1, why.getMessage());
        } else {
            LOG.warn(line, cold.name(), upload.first().policy(), unavailable.times(id), why.getMessage());
        }
        listener.failed("fetch");
        if (upload.decisions().size() > 1 && unavailable.isAlone(id)) {
            abandon(catalog, cold, upload, why.getMessage(), false);
        }
    }

    /** @param evidence whether what may be under the key is to be looked at by somebody */
    private void abandon(CatalogView catalog, Cold cold, Upload upload, String why, boolean evidence)
            throws IOException {
        ManifestEntry entry = ManifestEntry.aborted(
                upload.token(), upload.first().segment(), upload.key().value(), why, evidence);
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
}
