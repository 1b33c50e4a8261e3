package dev.raftsman.snapshot;

import dev.raftsman.archive.ArchiveKey;
import dev.raftsman.archive.ArchiveListener;
import dev.raftsman.archive.ColdTargets;
import dev.raftsman.archive.ColdTargets.Cold;
import dev.raftsman.archive.Lease;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.archive.ObjectMismatchException;
import dev.raftsman.archive.VerifiedCopy;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.SnapshotView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.objects.Sha256;
import dev.raftsman.policy.Decision;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.SnapshotName;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes snapshots, in the steps and with the recovery of this package's page. The caller holds the lease. One thread. */
public final class SnapshotTaker {
    private static final Logger LOG = LoggerFactory.getLogger(SnapshotTaker.class);

    private final RetentionPolicies policies;
    private final String policyHash;
    private final Cluster cluster;
    private final Lease lease;
    private final ColdTargets targets;
    private final VerifiedCopy copy;
    private final SnapshotDrops drops;
    private final ArchiveListener listener;

    /** Targets looked through for what a killed archiver or a failed try left. */
    private final Set<String> swept = new HashSet<>();

    public SnapshotTaker(
            RetentionPolicies policies,
            Cluster cluster,
            Lease lease,
            ColdTargets targets,
            VerifiedCopy copy,
            ArchiveListener listener) {
        this.policies = policies;
        this.policyHash = policies.hash();
        this.cluster = cluster;
        this.lease = lease;
        this.targets = targets;
        this.copy = copy;
        this.drops = new SnapshotDrops(lease);
        this.listener = listener;
    }

    /** Records what was published and not recorded, finishes what was to be dropped. */
    public void resume(CatalogView catalog) throws IOException {
        Set<String> names = policies.policies().stream()
                .filter(policy -> policy.snapshot().isPresent())
                .map(policy -> policy.target().orElseThrow())
                .collect(Collectors.toCollection(HashSet::new));
        names.addAll(targetsOfGivenUp(catalog));
        for (String name : names) {
            try {
                resume(targets.get(name, catalog), catalog);
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("resume-snapshot", name, e);
            }
        }
    }

    private Set<String> targetsOfGivenUp(CatalogView catalog) {
        return catalog.snapshots().stream()
                .filter(snapshot -> !snapshot.kept())
                .map(SnapshotView::target)
                .filter(policies.targets()::containsKey)
                .collect(Collectors.toSet());
    }

    /** Finishes what was given up a moment ago; a target that fails is left for the next round. */
    public void finishDrops(CatalogView catalog) throws IOException {
        for (String name : targetsOfGivenUp(catalog)) {
            try {
                drops.finish(targets.get(name, catalog), catalog);
            } catch (Lease.FencedException e) {
                throw e;
            } catch (IOException e) {
                failed("drop-snapshot", name, e);
            }
        }
    }

    private void resume(Cold cold, CatalogView catalog) throws IOException {
        cold.manifest().refresh();
        if (!swept.contains(cold.name())) {
            sweep(cold);
            swept.add(cold.name());
        }
        Set<String> recorded =
                catalog.snapshots().stream().map(SnapshotView::id).collect(Collectors.toSet());
        for (ManifestEntry entry : cold.manifest().snapshots()) {
            if (!recorded.contains(entry.snapshotId())) {
                record(cold, SnapshotManifest.read(cold.store(), entry.snapshotId()));
            }
        }
        drops.finish(cold, catalog);
    }

    /** In the next round every target is looked through again: another archiver may have left something since. */
    public void sweepAgain() {
        swept.clear();
    }

    /** Once after a start or a failure: a file that is on no page was complete when its writer died; one marked as dropped can go. */
    private void sweep(Cold cold) throws IOException {
        List<ObjectKey> files = new ArrayList<>();
        cold.store().list(SnapshotManifest.FOLDER + "/", info -> files.add(info.key()));
        Set<String> listed = cold.manifest().snapshots().stream()
                .map(ManifestEntry::snapshotId)
                .collect(Collectors.toSet());
        for (ObjectKey file : files) {
            String id = SnapshotManifest.idOf(file);
            if (cold.manifest().isDropped(id)) {
                SnapshotDrops.delete(cold, file);
            } else if (!listed.contains(id)) {
                list(cold, SnapshotManifest.read(cold.store(), id));
            }
        }
    }

    /** Takes one; a failure is reported and left for the next round. */
    public void take(Decision.Snapshot decision) throws IOException {
        try {
            for (StreamView stream : decision.streams()) {
                lease.keep();
                cluster.execute(new Command.Seal(stream.tenant(), stream.stream(), 0));
            }
            CatalogView catalog = cluster.catalog();
            Cold cold = targets.get(decision.target(), catalog);
            SnapshotManifest manifest = store(decision, catalog, cold);
            swept.remove(cold.name());
            publish(cold, manifest);
            swept.add(cold.name());
            record(cold, manifest);
            LOG.info(
                    "{} id={} index={} segments={}",
                    decision,
                    manifest.id(),
                    manifest.index(),
                    manifest.segments().size());
            listener.done(decision);
        } catch (Lease.FencedException e) {
            throw e;
        } catch (ObjectMismatchException e) { // Under a content's own key nothing else will do: a person is needed.
            LOG.error("no snapshot until somebody has looked: policy={} {}", decision.policy(), e.getMessage());
            listener.mismatch();
            listener.failed("snapshot");
        } catch (IOException e) {
            failed("snapshot", decision.target(), e);
        }
    }

    private SnapshotManifest store(Decision.Snapshot decision, CatalogView catalog, Cold cold) throws IOException {
        Set<Integer> numbers =
                decision.streams().stream().map(StreamView::number).collect(Collectors.toSet());
        List<SegmentView> all = catalog.segments().stream()
                .filter(segment -> numbers.contains(segment.streamNumber()))
                .toList();
        long index = all.stream()
                .filter(segment -> segment.state() == SegmentState.OPEN)
                .mapToLong(segment -> segment.baseIndex() - 1)
                .min()
                .orElse(catalog.position());
        String id = SnapshotName.of(decision.policy(), catalog.stampMillis(), index);
        Set<String> verified = verifiedBefore(decision.policy(), catalog, cold);
        List<SnapshotManifest.Part> parts = new ArrayList<>();
        for (SegmentView segment : all) {
            if (segment.baseIndex() <= index) {
                parts.add(part(segment, cold, verified));
            }
        }
        return new SnapshotManifest(
                SnapshotManifest.FORMAT,
                id,
                decision.policy(),
                decision.reason().toString(),
                policyHash,
                index,
                catalog.stampMillis(),
                decision.streams(),
                catalog.epochs().stream()
                        .filter(epoch -> numbers.contains(epoch.stream()))
                        .toList(),
                parts);
    }

    private SnapshotManifest.Part part(SegmentView segment, Cold cold, Set<String> verified) throws IOException {
        lease.keep();
        if (segment.state() == SegmentState.TRUNCATED) {
            return new SnapshotManifest.Part(segment, null, null);
        }
        if (segment.state() == SegmentState.ARCHIVED) {
            ArchiveView archive = segment.archive();
            return new SnapshotManifest.Part(segment, archive.target(), archive.key());
        }
        ObjectKey key = ArchiveKey.ofContent(segment);
        if (!verified.contains(key.value()) && copy.store(segment, cold.store(), key)) {
            listener.stored(cold.name(), segment.bytes());
        }
        return new SnapshotManifest.Part(segment, cold.name(), key.value());
    }

    private static Set<String> verifiedBefore(String policy, CatalogView catalog, Cold cold) throws IOException {
        Set<String> keys = new HashSet<>();
        for (SnapshotView snapshot : catalog.snapshots()) {
            boolean readable = snapshot.target().equals(cold.name())
                    && SnapshotName.isOf(policy, snapshot.id())
                    && !cold.manifest().isDropped(snapshot.id());
            if (readable) {
                keys.clear(); // Only the newest counts.
                SnapshotManifest.read(cold.store(), snapshot.id()).segments().stream()
                        .filter(part -> cold.name().equals(part.target()))
                        .forEach(part -> keys.add(part.key()));
            }
        }
        return keys;
    }

    private void publish(Cold cold, SnapshotManifest manifest) throws IOException {
        byte[] content = manifest.encode();
        ObjectKey key = SnapshotManifest.key(manifest.id());
        lease.keep();
        if (cold.store().putIfAbsent(key, content) == PutOutcome.OCCUPIED) {
            throw new IOException(cold.store().location() + key + " is there with another content");
        }
        SnapshotManifest readBack = SnapshotManifest.read(cold.store(), manifest.id());
        if (!readBack.equals(manifest)) {
            throw new IOException(cold.store().location() + key + " reads back different");
        }
        list(cold, manifest);
    }

    private void list(Cold cold, SnapshotManifest manifest) throws IOException {
        byte[] content = manifest.encode();
        ManifestEntry entry = ManifestEntry.snapshot(
                manifest.id(),
                SnapshotManifest.key(manifest.id()).value(),
                Sha256.of(content),
                content.length,
                manifest.policy(),
                manifest.reason(),
                manifest.policyHash());
        cold.manifest().publish(lease.owner(), manifest.takenAtMillis(), List.of(entry));
    }

    private void record(Cold cold, SnapshotManifest manifest) throws IOException {
        CommandResult result = lease.execute(new Command.RecordSnapshot(
                lease.owner(),
                manifest.id(),
                cold.name(),
                SnapshotManifest.key(manifest.id()).value(),
                manifest.streams().stream().map(StreamView::number).toList(),
                manifest.index()));
        if (result instanceof CommandResult.Refused refused) {
            throw new IOException(
                    "snapshot " + manifest.id() + " refused: " + refused.reason() + " " + refused.detail());
        }
    }

    private void failed(String step, String target, IOException e) {
        LOG.warn("{} failed, will be tried again: target={} reason={}", step, target, e.getMessage());
        listener.failed(step);
        listener.targetFailed(target);
    }
}
