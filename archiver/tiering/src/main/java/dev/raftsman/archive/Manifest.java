package dev.raftsman.archive;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.objects.NoSuchObjectException;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The log of outcomes in one object store, and what it says taken together. Appending is compare-and-set: the next number
 * is written only by one who has read all pages before it. Memory: every entry. One thread.
 */
public final class Manifest {
    private final ObjectStore store;
    private final Map<UUID, Map<SegmentId, ManifestEntry>> archivedByToken = new LinkedHashMap<>();
    private final Set<UUID> aborted = new HashSet<>();
    private final Set<String> abandoned = new HashSet<>();
    private final Map<SegmentId, ManifestEntry> truncated = new TreeMap<>();
    private final Map<String, ManifestEntry> snapshots = new LinkedHashMap<>();
    private final Set<String> dropped = new HashSet<>();
    private String identity;
    private long pages;

    /** Reads nothing yet. */
    public Manifest(ObjectStore store) {
        this.store = store;
    }

    /**
     * Tries out, on a page 0 that stays, that the store refuses to write a key twice: everything here stands on it, and
     * there are S3 servers that ignore {@code If-None-Match}.
     *
     * @throws IOException if it does not, or cannot be asked
     */
    public void probe(String writer, long nowMillis) throws IOException {
        for (int tries = 0; tries < 2; tries++) { // The first may find no page there and rightly create it.
            ManifestPage title = new ManifestPage(
                    ManifestPage.FORMAT, 0, writer, UUID.randomUUID().toString(), nowMillis, List.of());
            if (store.putIfAbsent(ManifestPage.key(0), title.encode()) == PutOutcome.OCCUPIED) {
                return;
            }
        }
        throw new IOException(store.location() + " lets one key be written twice (If-None-Match is ignored):"
                + " nothing is stored where an archive could be overwritten");
    }

    /** Reads the pages that came since. */
    public void refresh() throws IOException {
        while (true) {
            ManifestPage page;
            ObjectKey key = ManifestPage.key(pages + 1);
            try (InputStream in = store.open(key)) {
                page = ManifestPage.decode(in, store.location() + key, pages + 1);
            } catch (NoSuchObjectException e) {
                return;
            }
            take(page);
        }
    }

    private void take(ManifestPage page) {
        if (page.page() == 1) {
            identity = page.nonce();
        }
        page.entries().stream().filter(this::isNews).forEach(this::add);
        pages = page.page();
    }

    /**
     * Appends one page with those entries that are news and not forbidden by what is there.
     *
     * @return those of the entries that are in effect now, whether by this page or an earlier one
     */
    public List<ManifestEntry> publish(String writer, long nowMillis, List<ManifestEntry> entries) throws IOException {
        while (true) {
            refresh();
            List<ManifestEntry> news = entries.stream().filter(this::isNews).toList();
            if (news.isEmpty()) {
                return entries.stream().filter(this::isInEffect).toList();
            }
            ManifestPage page = new ManifestPage(
                    ManifestPage.FORMAT, pages + 1, writer, UUID.randomUUID().toString(), nowMillis, news);
            PutOutcome outcome = store.putIfAbsent(ManifestPage.key(page.page()), page.encode());
            if (outcome != PutOutcome.OCCUPIED) {
                take(page);
            }
        }
    }

    /** An aborted token gets no archived entry, and an archived one cannot be aborted: whichever is first, stays. */
    private boolean isNews(ManifestEntry entry) {
        return switch (entry.outcome()) {
            case ARCHIVED -> !aborted.contains(entry.token()) && !isArchived(entry);
            case ABORTED -> !archivedByToken.containsKey(entry.token()) && !aborted.contains(entry.token());
            case TRUNCATED -> !truncated.containsKey(entry.segment().id());
            case SNAPSHOT -> !snapshots.containsKey(entry.snapshotId());
            case DROPPED -> !dropped.contains(entry.snapshotId());
        };
    }

    private boolean isArchived(ManifestEntry entry) {
        return archivedByToken
                .getOrDefault(entry.token(), Map.of())
                .containsKey(entry.segment().id());
    }

    private boolean isInEffect(ManifestEntry entry) {
        return switch (entry.outcome()) {
            case ARCHIVED -> isArchived(entry);
            case ABORTED -> aborted.contains(entry.token());
            case TRUNCATED, SNAPSHOT, DROPPED -> true;
        };
    }

    private void add(ManifestEntry entry) {
        switch (entry.outcome()) {
            case ARCHIVED ->
                archivedByToken
                        .computeIfAbsent(entry.token(), token -> new LinkedHashMap<>())
                        .put(entry.segment().id(), entry);
            case ABORTED -> {
                aborted.add(entry.token());
                if (Boolean.TRUE.equals(entry.abandoned())) {
                    abandoned.add(entry.key());
                }
            }
            case TRUNCATED -> truncated.put(entry.segment().id(), entry);
            case SNAPSHOT -> snapshots.put(entry.snapshotId(), entry);
            case DROPPED -> dropped.add(entry.snapshotId());
        }
    }

    /** @return what names this archive for ever, wherever it is copied to; empty as long as there is no page */
    public Optional<String> identity() {
        return Optional.ofNullable(identity);
    }

    /** @return how many pages were read or written */
    public long pages() {
        return pages;
    }

    /** @return the entries of one upload, one for each of its segments; none if it is on no page */
    public List<ManifestEntry> archived(UUID token) {
        return List.copyOf(archivedByToken.getOrDefault(token, Map.of()).values());
    }

    public boolean isAborted(UUID token) {
        return aborted.contains(token);
    }

    /** @return keys under which nothing will ever be needed, whoever stored it */
    public Set<String> abandoned() {
        return Collections.unmodifiableSet(abandoned);
    }

    /** @return one entry for each archived segment, in the order of the pages */
    public Collection<ManifestEntry> archived() {
        List<ManifestEntry> all = new ArrayList<>();
        archivedByToken.values().forEach(entries -> all.addAll(entries.values()));
        return all;
    }

    /** @return by segment */
    public Collection<ManifestEntry> truncated() {
        return Collections.unmodifiableCollection(truncated.values());
    }

    boolean isTruncated(SegmentId segment) {
        return truncated.containsKey(segment);
    }

    /** @return the snapshots that are kept, oldest first */
    public List<ManifestEntry> snapshots() {
        List<ManifestEntry> kept = new ArrayList<>(snapshots.values());
        kept.removeIf(entry -> dropped.contains(entry.snapshotId()));
        return kept;
    }

    public boolean isDropped(String snapshotId) {
        return dropped.contains(snapshotId);
    }

    /**
     * Two clusters give the same numbers to different segments, so their objects must never share a place.
     *
     * @throws IOException naming a segment that this manifest has and the cluster has not, or has with other bytes
     */
    void checkBelongsTo(CatalogView catalog) throws IOException {
        List<ManifestEntry> all = new ArrayList<>(archived());
        all.addAll(truncated.values());
        for (ManifestEntry entry : all) {
            SegmentView here = entry.segment();
            Optional<SegmentView> there = catalog.segment(here.id());
            if (there.isEmpty() || !here.sha256().equals(there.get().sha256())) {
                throw new IOException(
                        store.location() + " holds segment " + here.id() + ", not of this cluster (stream "
                                + here.stream() + ", SHA-256 " + here.sha256() + "; here "
                                + there.map(SegmentView::sha256).orElse("no such segment")
                                + "): give this cluster a directory, bucket or prefix of its own");
            }
        }
    }
}
