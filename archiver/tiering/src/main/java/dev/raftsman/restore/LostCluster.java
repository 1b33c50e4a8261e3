package dev.raftsman.restore;

import dev.raftsman.archive.Manifest;
import dev.raftsman.archive.ManifestEntry;
import dev.raftsman.catalog.ArchiveView;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.EpochState;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import dev.raftsman.snapshot.SnapshotManifest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The tables of a cluster that is lost, as far as its archives tell them: what an empty one must be filled with to go on in
 * its place.
 *
 * <pre>
 *  an epoch was       its last is set to              what is not archived up to there
 *  ---------------    ----------------------------    ------------------------------------------------------------
 *  OPEN               the last archived               its producer sends it again from there on, or declares what it
 *                                                     holds no longer; holes before it are declared here
 *  CLOSED, FORGOTTEN  its last: it sends nothing      declared here
 *                     any more
 * </pre>
 *
 * @param archive names these archives for ever
 * @param source where they are, for people
 * @param epochs with the last sequence that counts as stored from here on
 * @param segments all of them cold
 * @param lost sequences to be declared as lost with the cluster
 * @param acknowledged by epoch, the last sequence that the archives know to have been acknowledged, archived or not
 */
public record LostCluster(
        String archive,
        String source,
        List<StreamView> streams,
        List<EpochView> epochs,
        List<SegmentView> segments,
        List<SequenceRange> lost,
        Map<Long, Long> acknowledged) {
    /**
     * Numbers of the new cluster begin at a multiple of this, as many as seconds have passed since 2026 began: no cluster gives
     * so many numbers in a second, so those of one that is restored later are new, also if nothing of this one is archived.
     */
    private static final long GENERATION = 1L << 32;

    private static final long FIRST_SECOND =
            Instant.parse("2026-01-01T00:00:00Z").getEpochSecond();

    public LostCluster {
        streams = List.copyOf(streams);
        epochs = List.copyOf(epochs);
        segments = List.copyOf(segments);
        lost = List.copyOf(lost);
        acknowledged = Map.copyOf(acknowledged);
    }

    /** An archive, by the name that policies have for it. */
    public record Archive(String target, ObjectStore store) {}

    /**
     * Reads the manifests of all archives of a cluster, and what its kept snapshots hold.
     *
     * @throws IOException if one cannot be read, or holds nothing
     */
    public static LostCluster ofArchives(List<Archive> given) throws IOException {
        // In one order, whatever was given: it is the same cluster.
        List<Archive> archives =
                given.stream().sorted(Comparator.comparing(Archive::target)).toList();
        Rows rows = new Rows();
        List<String> names = new ArrayList<>();
        for (Archive archive : archives) {
            Manifest manifest = manifest(archive);
            if (manifest.identity().isEmpty()) {
                continue; // A target that was never used.
            }
            names.add(manifest.identity().get());
            // Snapshots first: what was archived for itself is the better place.
            for (ManifestEntry entry : manifest.snapshots()) {
                rows.add(SnapshotManifest.read(archive.store(), entry.snapshotId()));
            }
            for (ManifestEntry entry : manifest.archived()) {
                rows.add(entry.segment().archived(place(archive.target(), entry)));
                entry.epochs().forEach(rows::add);
            }
            for (ManifestEntry entry : manifest.truncated()) {
                rows.add(entry.segment());
                entry.epochs().forEach(rows::add);
            }
        }
        if (names.isEmpty()) {
            throw new IOException(source(archives) + " holds no archive: no manifest page");
        }
        return rows.cluster(name(names), source(archives));
    }

    /** The streams of one snapshot, as they were at its index. */
    public static LostCluster ofSnapshot(Archive archive, String id) throws IOException {
        String identity = manifest(archive)
                .identity()
                .orElseThrow(() -> new IOException(archive.store().location() + " holds no archive: no manifest page"));
        Rows rows = new Rows();
        rows.add(SnapshotManifest.read(archive.store(), id));
        return rows.cluster(name(List.of(identity, id)), "snapshot " + id + " in " + source(List.of(archive)));
    }

    /**
     * The archive that holds a snapshot.
     *
     * @throws IOException if none does, naming those that there are
     */
    public static Archive holding(String snapshot, List<Archive> archives) throws IOException {
        List<String> kept = new ArrayList<>();
        for (Archive archive : archives) {
            for (ManifestEntry entry : manifest(archive).snapshots()) {
                if (entry.snapshotId().equals(snapshot)) {
                    return archive;
                }
                kept.add(entry.snapshotId() + " in '" + archive.target() + "'");
            }
        }
        throw new IOException("no snapshot '" + snapshot + "' in " + source(archives) + "; there "
                + (kept.isEmpty() ? "is none" : "are " + String.join(", ", kept)));
    }

    private static Manifest manifest(Archive archive) throws IOException {
        Manifest manifest = new Manifest(archive.store());
        manifest.refresh();
        return manifest;
    }

    private static String name(List<String> names) {
        return UUID.nameUUIDFromBytes(String.join(" ", names).getBytes(StandardCharsets.UTF_8))
                .toString();
    }

    private static String source(List<Archive> archives) {
        return String.join(
                ", ",
                archives.stream().map(archive -> archive.store().location()).toList());
    }

    private static ArchiveView place(String target, ManifestEntry entry) {
        return new ArchiveView(
                target,
                entry.key(),
                entry.sha256(),
                entry.bytes(),
                entry.policy(),
                entry.reason(),
                entry.policyHash(),
                entry.token(),
                entry.snapshotId(),
                entry.segment().sealedAtMillis(),
                entry.lock());
    }

    /** Raft indexes of a cluster restored now are raised by it. */
    public long firstPosition(long nowMillis) {
        return beyond(segments.stream().mapToLong(SegmentView::baseIndex).max().orElse(0), nowMillis);
    }

    /** The least number of a new epoch of a cluster restored now. */
    public long firstEpoch(long nowMillis) {
        return beyond(epochs.stream().mapToLong(EpochView::epoch).max().orElse(0), nowMillis);
    }

    private static long beyond(long greatest, long nowMillis) {
        return Math.max(greatest / GENERATION + 1, nowMillis / 1_000 - FIRST_SECOND) * GENERATION;
    }

    /** Of all that will be restored: an archive that has grown since has another. */
    public String contents() {
        try {
            MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
            try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), sha256)) {
                for (List<? extends Record> rows : List.of(streams, epochs, segments, lost)) {
                    for (Record row : rows) {
                        CatalogJson.write(out, row);
                    }
                }
            }
            return HexFormat.of().formatHex(sha256.digest());
        } catch (IOException | NoSuchAlgorithmException e) {
            throw new IllegalStateException("no digest of rows in memory", e);
        }
    }

    public long events() {
        return segments.stream()
                .filter(segment -> segment.state() == SegmentState.ARCHIVED)
                .mapToLong(SegmentView::events)
                .sum();
    }

    public long lostSequences() {
        return lost.stream().mapToLong(SequenceRange::count).sum();
    }

    /** Rows as they are found. */
    private static final class Rows {
        private final Map<SegmentId, SegmentView> segments = new TreeMap<>();
        private final Map<Long, EpochView> epochs = new TreeMap<>();
        private final Map<Integer, StreamView> streams = new TreeMap<>();

        void add(SegmentView segment) {
            // Given up after it was archived, or archived for itself and not only for a snapshot: the later word
            // counts.
            segments.merge(segment.id(), segment, (a, b) -> a.state() == SegmentState.TRUNCATED ? a : b);
            streams.merge(
                    segment.streamNumber(),
                    new StreamView(
                            segment.streamNumber(), segment.tenant(), segment.stream(), segment.openedAtMillis()),
                    (a, b) -> a.openedAtMillis() <= b.openedAtMillis() ? a : b);
        }

        void add(EpochView epoch) {
            epochs.merge(epoch.epoch(), epoch, (a, b) -> isLater(a, b) ? a : b);
        }

        private static boolean isLater(EpochView a, EpochView b) {
            return a.last() != b.last() ? a.last() > b.last() : a.state().compareTo(b.state()) >= 0;
        }

        void add(SnapshotManifest snapshot) {
            snapshot.streams().forEach(stream -> streams.merge(stream.number(), stream, (a, b) -> b));
            snapshot.epochs().forEach(this::add);
            for (SnapshotManifest.Part part : snapshot.segments()) {
                SegmentView segment = part.segment();
                if (segment.state() == SegmentState.TRUNCATED || segment.archive() != null) {
                    add(segment);
                } else {
                    add(segment.archived(new ArchiveView(
                            part.target(),
                            part.key(),
                            segment.sha256(),
                            segment.bytes(),
                            snapshot.policy(),
                            snapshot.reason(),
                            snapshot.policyHash(),
                            UUID.nameUUIDFromBytes((snapshot.id() + " " + segment.id() + " " + part.key())
                                    .getBytes(StandardCharsets.UTF_8)),
                            snapshot.id(),
                            snapshot.takenAtMillis())));
                }
            }
        }

        LostCluster cluster(String archive, String source) throws IOException {
            Map<Long, List<SequenceRange>> stored = new HashMap<>();
            for (SegmentView segment : segments.values()) {
                for (SequenceRange range : segment.ranges()) {
                    if (!epochs.containsKey(range.epoch())) {
                        throw new IOException(source + " holds sequences of epoch " + range.epoch() + " in segment "
                                + segment.id() + ", and no row of that epoch");
                    }
                    stored.computeIfAbsent(range.epoch(), epoch -> new ArrayList<>())
                            .add(range);
                }
            }
            List<EpochView> restored = new ArrayList<>();
            List<SequenceRange> lost = new ArrayList<>();
            for (EpochView epoch : epochs.values()) {
                if (streams.containsKey(epoch.stream())) {
                    restored.add(restored(epoch, stored.getOrDefault(epoch.epoch(), List.of()), lost));
                }
            }
            Map<Long, Long> acknowledged = new TreeMap<>();
            epochs.values().forEach(epoch -> acknowledged.put(epoch.epoch(), epoch.last()));
            return new LostCluster(
                    archive,
                    source,
                    List.copyOf(streams.values()),
                    restored,
                    List.copyOf(segments.values()),
                    lost,
                    acknowledged);
        }

        private static EpochView restored(EpochView epoch, Collection<SequenceRange> stored, List<SequenceRange> lost) {
            long archivedThrough =
                    stored.stream().mapToLong(SequenceRange::last).max().orElse(-1);
            long last = epoch.state() == EpochState.OPEN ? archivedThrough : Math.max(epoch.last(), archivedThrough);
            long next = 0;
            for (SequenceRange range : stored.stream()
                    .sorted(Comparator.comparingLong(SequenceRange::first))
                    .toList()) {
                lose(lost, epoch.epoch(), next, range.first());
                next = Math.max(next, range.last() + 1);
            }
            lose(lost, epoch.epoch(), next, last + 1);
            // Which of the gaps were before the last, and which of these are lost now, nobody counted.
            long lostHere = lost.stream()
                    .filter(range -> range.epoch() == epoch.epoch())
                    .mapToLong(SequenceRange::count)
                    .sum();
            long gaps = Math.max(0, Math.min(epoch.gapEvents(), last + 1 - lostHere));
            return new EpochView(
                    epoch.epoch(),
                    epoch.tenant(),
                    epoch.producer(),
                    epoch.incarnation(),
                    epoch.stream(),
                    epoch.state(),
                    last,
                    last + 1 - gaps,
                    gaps,
                    epoch.lostEvents(),
                    epoch.duplicatesRefused(),
                    epoch.conflictsRefused(),
                    epoch.openedAtMillis(),
                    epoch.closedAtMillis());
        }

        private static void lose(List<SequenceRange> lost, long epoch, long from, long end) {
            for (long at = from; at < end; ) {
                long count = Math.min(Integer.MAX_VALUE, end - at); // As many as a gap can declare.
                lost.add(new SequenceRange(epoch, at, count));
                at += count;
            }
        }
    }
}
