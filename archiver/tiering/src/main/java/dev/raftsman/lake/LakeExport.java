package dev.raftsman.lake;

import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.restore.SegmentSource;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Copies archived segments of a store into the tables of the same store: files of a segment first, then one new version of
 * the table with all that belongs to some segments, or nothing. It may be killed anywhere, run again, and run twice at the
 * same time: each segment is in the table once.
 *
 * <p>Disk: the files of one segment. Memory: {@link SegmentFiles}, the names of the segments in the tables. One thread.
 */
public final class LakeExport implements AutoCloseable {
    /** A version of the table costs a few requests and a look at its log, so small segments share one. */
    private static final int MAX_SEGMENTS = 64;

    /** What a killed exporter may have uploaded in vain; its files are found again. */
    private static final long MAX_BYTES = 64L << 20;

    /** Races lost against others before it is left to the next run. */
    private static final int MAX_RACES = 10;

    private static final Logger LOG = LoggerFactory.getLogger(LakeExport.class);

    private final ObjectStore store;
    private final Path staging;
    private final LakeListener listener;
    private final SegmentFiles files;
    private final Map<String, LakeTable> tables = new HashMap<>();

    private LakeExport(ObjectStore store, Path staging, LakeListener listener) {
        this.store = store;
        this.staging = staging;
        this.listener = listener;
        this.files = new SegmentFiles(staging);
    }

    /**
     * @param store of the archive, stays the caller's
     * @param staging a directory of this export's own, made if missing; what a killed one left in it is deleted
     */
    public static LakeExport open(ObjectStore store, Path staging, LakeListener listener) throws IOException {
        Durable.createDirectories(staging);
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(staging, "*.parquet")) {
            for (Path leftover : leftovers) {
                Files.delete(leftover);
            }
        }
        return new LakeExport(store, staging, listener);
    }

    /**
     * A segment that is in the archive.
     *
     * @param opener of its copy there
     */
    public record Archived(SegmentView segment, SegmentSource.Opener opener) {
        public Archived {
            Objects.requireNonNull(segment, "segment");
            Objects.requireNonNull(opener, "opener");
        }

        private SegmentId id() {
            return segment.id();
        }
    }

    /**
     * What a run came to.
     *
     * @param segments added to the tables by this run
     * @param failed segments that could not be read, to be tried again
     */
    public record Outcome(int segments, long rows, long bytes, int failed) {
        private static final Outcome NOTHING = new Outcome(0, 0, 0, 0);

        private Outcome plus(Outcome other) {
            return new Outcome(
                    segments + other.segments, rows + other.rows, bytes + other.bytes, failed + other.failed);
        }
    }

    /** Every archived segment that a source can read here, by stream, then in the order of the Raft log. */
    public static List<Archived> archived(SegmentSource.Contents contents, Predicate<SegmentView> wanted) {
        Map<SegmentId, SegmentView> views = new HashMap<>();
        contents.known().forEach(view -> views.put(view.id(), view));
        Map<SegmentId, Archived> archived = new TreeMap<>();
        for (SegmentSource.Copy copy : contents.copies()) {
            SegmentView view = views.get(copy.id());
            if (view != null && wanted.test(view)) {
                archived.putIfAbsent(copy.id(), new Archived(view, copy.opener()));
            }
        }
        return List.copyOf(archived.values());
    }

    /**
     * Adds to the tables what is not in them. A segment that cannot be read is left out and counted.
     *
     * @throws IOException if the store cannot be written to or a table cannot be read; what was added before stays
     */
    public Outcome run(Collection<Archived> archived) throws IOException {
        Outcome outcome = Outcome.NOTHING;
        Map<String, List<Archived>> byTenant = archived.stream()
                .collect(Collectors.groupingBy(one -> one.segment().tenant(), TreeMap::new, Collectors.toList()));
        IOException failure = null;
        for (Map.Entry<String, List<Archived>> tenant : byTenant.entrySet()) {
            try {
                outcome = outcome.plus(run(table(tenant.getKey()), tenant.getValue()));
            } catch (IOException e) {
                LOG.warn("lake not filled, will be tried again: tenant={} reason={}", tenant.getKey(), e.getMessage());
                if (failure != null) {
                    e.addSuppressed(failure);
                }
                failure = e; // One tenant's table holds up no other's.
            }
        }
        if (failure != null) {
            throw failure;
        }
        return outcome;
    }

    private LakeTable table(String tenant) {
        return tables.computeIfAbsent(tenant, name -> new LakeTable(store, name, staging));
    }

    private Outcome run(LakeTable table, List<Archived> archived) throws IOException {
        table.refresh();
        Outcome outcome = Outcome.NOTHING;
        List<LakeTable.Uploaded> batch = new ArrayList<>();
        long batchBytes = 0;
        for (Archived one : archived) {
            if (table.has(one.id())) {
                continue;
            }
            LakeTable.Uploaded uploaded = upload(table, one);
            if (uploaded == null) {
                outcome = outcome.plus(new Outcome(0, 0, 0, 1));
                continue;
            }
            batch.add(uploaded);
            batchBytes += uploaded.bytes();
            if (batch.size() >= MAX_SEGMENTS || batchBytes >= MAX_BYTES) {
                outcome = outcome.plus(commit(table, batch));
                batch.clear();
                batchBytes = 0;
            }
        }
        return outcome.plus(commit(table, batch));
    }

    /** @return null if the segment cannot be read */
    private LakeTable.Uploaded upload(LakeTable table, Archived one) throws IOException {
        List<DayFile> made;
        try {
            made = files.make(one.id().toString(), one.opener());
        } catch (IOException e) {
            LOG.warn("segment not exported, will be tried again: segment={} reason={}", one.id(), e.getMessage());
            listener.failed("read");
            return null;
        }
        try {
            LakeTable.Uploaded uploaded =
                    new LakeTable.Uploaded(one.id(), one.segment().sealedAtMillis());
            for (DayFile file : made) {
                table.upload(uploaded, file);
            }
            return uploaded;
        } finally {
            for (DayFile file : made) {
                Files.deleteIfExists(file.file());
            }
        }
    }

    private Outcome commit(LakeTable table, List<LakeTable.Uploaded> batch) throws IOException {
        List<LakeTable.Uploaded> left = List.copyOf(batch);
        for (int race = 0; !left.isEmpty() && race < MAX_RACES; race++) {
            if (table.commit(left)) {
                Outcome outcome = Outcome.NOTHING;
                for (LakeTable.Uploaded segment : left) {
                    listener.exported(segment.segment(), segment.rows(), segment.bytes());
                    outcome = outcome.plus(new Outcome(1, segment.rows(), segment.bytes(), 0));
                }
                LOG.info(
                        "lake: table={} version={} segments={} rows={} bytes={}",
                        table.location(),
                        table.version(),
                        outcome.segments(),
                        outcome.rows(),
                        outcome.bytes());
                return outcome;
            }
            table.refresh();
            left = left.stream()
                    .filter(segment -> !table.has(segment.segment()))
                    .toList();
        }
        if (!left.isEmpty()) {
            throw new IOException(
                    "commit to table " + table.location() + ": " + MAX_RACES + " times another writer was faster");
        }
        return Outcome.NOTHING;
    }

    /**
     * How a tenant's table stands against what is archived.
     *
     * @param version -1 if there is no table yet
     * @param segments in the table
     * @param waiting archived and not in it
     * @param files that the table has now, and their bytes
     */
    public record Status(
            String tenant, String location, long version, int segments, int waiting, int files, long bytes) {}

    /** Looks at the table of each tenant of these segments. */
    public List<Status> status(Collection<Archived> archived) throws IOException {
        List<Status> all = new ArrayList<>();
        for (String tenant : archived.stream()
                .map(one -> one.segment().tenant())
                .collect(Collectors.toCollection(java.util.TreeSet::new))) {
            LakeTable table = table(tenant);
            table.refresh();
            Stream<Archived> waiting =
                    archived.stream().filter(one -> one.segment().tenant().equals(tenant) && !table.has(one.id()));
            List<LakeTable.LiveFile> live = table.files();
            all.add(new Status(
                    tenant,
                    table.location(),
                    table.version(),
                    table.segments(),
                    (int) waiting.count(),
                    live.size(),
                    live.stream().mapToLong(LakeTable.LiveFile::bytes).sum()));
        }
        return all;
    }

    /** Frees memory outside the heap; nothing is open between runs. */
    @Override
    public void close() {
        files.close();
    }
}
