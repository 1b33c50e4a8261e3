package dev.raftsman.lake;

import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.PutOutcome;
import dev.raftsman.segment.SegmentId;
import io.delta.kernel.Operation;
import io.delta.kernel.Scan;
import io.delta.kernel.Snapshot;
import io.delta.kernel.TableManager;
import io.delta.kernel.Transaction;
import io.delta.kernel.TransactionCommitResult;
import io.delta.kernel.commit.CommitFailedException;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.exceptions.CheckpointAlreadyExistsException;
import io.delta.kernel.exceptions.KernelEngineException;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.exceptions.MaxCommitRetryLimitReachedException;
import io.delta.kernel.exceptions.TableAlreadyExistsException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.expressions.Column;
import io.delta.kernel.expressions.Literal;
import io.delta.kernel.hook.PostCommitHook;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.actions.SetTransaction;
import io.delta.kernel.internal.actions.SingleAction;
import io.delta.kernel.internal.snapshot.LogSegment;
import io.delta.kernel.internal.util.FileNames;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.statistics.DataFileStatistics;
import io.delta.kernel.transaction.DataLayoutSpec;
import io.delta.kernel.types.DateType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterable;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.DataFileStatus;
import io.delta.kernel.utils.FileStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.parquet.ParquetRuntimeException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Delta table of one tenant in one store. What is in it is known from its log alone: every version that adds files of a
 * segment says so by a transaction identifier of that segment, in the same file, and a version's file is created once.
 *
 * <p>The kernel would settle a lost race by itself, but knows only one identifier in a version; here a version has those of
 * all segments it adds. So a lost race is an answer, and the caller looks again what is missing.
 *
 * <p>Memory: the names of all segments in the table. One thread.
 */
final class LakeTable {
    static final String FOLDER = "lake";

    private static final String ENGINE = "raftsman";
    private static final String APPLICATION = "raftsman/";
    private static final long EXPORTED = 1;
    private static final String NULL_DAY = "__HIVE_DEFAULT_PARTITION__";
    private static final int DIGEST_DIGITS = 12;

    /** Where the column with transaction identifiers is in {@link #IDENTIFIERS}. */
    private static final int IDENTIFIER = 0;

    private static final StructType IDENTIFIERS = new StructType().add("txn", SetTransaction.FULL_SCHEMA);

    private static final Logger LOG = LoggerFactory.getLogger(LakeTable.class);

    private final ObjectStore store;
    private final String root;
    private final Engine engine;
    private final Set<SegmentId> exported = new HashSet<>();
    private Optional<Snapshot> snapshot = Optional.empty();
    private long knownVersion = -1;

    /** A file that is in the store under the key, and not yet in the table. */
    private record Stored(DayFile file, String key) {}

    /** A segment whose files are in the store; without files if it has no events. */
    static final class Uploaded {
        private final SegmentId segment;
        private final long atMillis;
        private final List<Stored> files = new ArrayList<>();

        /** @param atMillis the time its files show */
        Uploaded(SegmentId segment, long atMillis) {
            this.segment = segment;
            this.atMillis = atMillis;
        }

        SegmentId segment() {
            return segment;
        }

        long rows() {
            return files.stream().mapToLong(stored -> stored.file.rows()).sum();
        }

        long bytes() {
            return files.stream().mapToLong(stored -> stored.file.bytes()).sum();
        }
    }

    /** A file that the table has now. */
    record LiveFile(String key, long bytes) {}

    /**
     * @param store stays the caller's
     * @param staging for checkpoints of the log on their way
     */
    LakeTable(ObjectStore store, String tenant, Path staging) {
        this.store = store;
        this.root = FOLDER + "/" + ObjectKey.component(tenant);
        this.engine = new StoreEngine(store, staging);
    }

    /** Where the table is, as an operator names it. */
    String location() {
        return store.location() + root;
    }

    private interface KernelCall<T> {
        T call() throws IOException;
    }

    /** The kernel's failures are unchecked, its own and those of the store below it. */
    private <T> T ask(String what, KernelCall<T> call) throws IOException {
        try {
            return call.call();
        } catch (UncheckedIOException e) {
            throw new IOException(what + " " + location() + ": " + rootMessage(e), e);
        } catch (KernelException | KernelEngineException | ParquetRuntimeException e) {
            throw new IOException(what + " " + location() + ": " + rootMessage(e), e);
        }
    }

    private static String rootMessage(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return String.valueOf(root.getMessage());
    }

    /** Reads the versions that came since. */
    void refresh() throws IOException {
        ask("reading table", () -> {
            try {
                Snapshot latest =
                        TableManager.loadSnapshot(StoreFileIO.path(root)).build(engine);
                snapshot = Optional.of(latest);
                learn(latest);
            } catch (TableNotFoundException e) {
                LOG.debug("no table yet: {}", root, e);
                snapshot = Optional.empty();
                exported.clear();
                knownVersion = -1;
            }
            return null;
        });
    }

    private void learn(Snapshot latest) throws IOException {
        if (latest.getVersion() < knownVersion) { // Somebody made it anew.
            exported.clear();
            knownVersion = -1;
        }
        LogSegment log = latest.getLogSegment();
        long checkpoint = log.getCheckpointVersionOpt().orElse(-1L);
        if (checkpoint > knownVersion) {
            for (FileStatus file : log.getCheckpoints()) {
                learnFromCheckpoint(file);
            }
        }
        List<FileStatus> news = log.getDeltas().stream()
                .filter(file -> FileNames.deltaVersion(file.getPath()) > knownVersion)
                .toList();
        learnFromJson(news);
        knownVersion = latest.getVersion();
    }

    private void learnFromCheckpoint(FileStatus file) throws IOException {
        if (file.getPath().endsWith(".json")) {
            learnFromJson(List.of(file));
            return;
        }
        try (CloseableIterator<FileReadResult> batches = engine.getParquetHandler()
                .readParquetFiles(Utils.toCloseableIterator(List.of(file).iterator()), IDENTIFIERS, Optional.empty())) {
            while (batches.hasNext()) {
                learn(batches.next().getData());
            }
        }
    }

    private void learnFromJson(List<FileStatus> files) throws IOException {
        try (CloseableIterator<ColumnarBatch> batches = engine.getJsonHandler()
                .readJsonFiles(Utils.toCloseableIterator(files.iterator()), IDENTIFIERS, Optional.empty())) {
            while (batches.hasNext()) {
                learn(batches.next());
            }
        }
    }

    private void learn(ColumnarBatch batch) {
        ColumnVector identifiers = batch.getColumnVector(IDENTIFIER);
        for (int i = 0; i < batch.getSize(); i++) {
            SetTransaction identifier = SetTransaction.fromColumnVector(identifiers, i);
            if (identifier != null && identifier.getAppId().startsWith(APPLICATION)) {
                exported.add(SegmentId.parse(identifier.getAppId().substring(APPLICATION.length())));
            }
        }
    }

    /** Whether the segment's events are in the table, as far as {@link #refresh} saw. */
    boolean has(SegmentId segment) {
        return exported.contains(segment);
    }

    /** How many segments are in the table, those without events included. */
    int segments() {
        return exported.size();
    }

    /** The table's version; -1 if there is no table yet. */
    long version() {
        return snapshot.map(Snapshot::getVersion).orElse(-1L);
    }

    /** The files the table has now, which is not what lies in its folder. */
    List<LiveFile> files() throws IOException {
        if (snapshot.isEmpty()) {
            return List.of();
        }
        return ask("reading table", () -> {
            List<LiveFile> files = new ArrayList<>();
            Scan scan = snapshot.get().getScanBuilder().build();
            try (CloseableIterator<FilteredColumnarBatch> batches = scan.getScanFiles(engine)) {
                while (batches.hasNext()) {
                    try (CloseableIterator<Row> rows = batches.next().getRows()) {
                        while (rows.hasNext()) {
                            FileStatus file = InternalScanFileUtils.getAddFileStatus(rows.next());
                            String key = file.getPath()
                                    .substring(StoreFileIO.path("").length());
                            files.add(new LiveFile(key, file.getSize()));
                        }
                    }
                }
            }
            return files;
        });
    }

    /**
     * Puts a file where a commit can take it from. The key has the digest of its bytes: a file that another version of this
     * program made of the same segment has another, and neither is ever replaced under a reader.
     */
    void upload(Uploaded segment, DayFile file) throws IOException {
        String day = file.day().map(LocalDate::toString).orElse(NULL_DAY);
        ObjectKey key = new ObjectKey(root + "/" + LakeSchema.DATE + "=" + day + "/" + segment.segment() + "-"
                + file.sha256().substring(0, DIGEST_DIGITS) + ".zstd.parquet");
        if (store.putIfAbsent(key, file.file(), file.sha256()) == PutOutcome.OCCUPIED) {
            throw new IOException(store.location() + key + " has other bytes than its name says");
        }
        long there = store.head(key)
                .orElseThrow(() -> new IOException(store.location() + key + " is gone after it was stored"))
                .bytes();
        if (there != file.bytes()) {
            throw new IOException(store.location() + key + " has " + there + " bytes; expected " + file.bytes());
        }
        segment.files.add(new Stored(file, key.value()));
    }

    /**
     * Adds segments to the table: all of them or none, each only if it is not there yet.
     *
     * @return false if another writer was faster: after a {@link #refresh} some of them may be there
     * @throws IOException if it is not known whether they are in the table; a refresh tells
     */
    boolean commit(Collection<Uploaded> segments) throws IOException {
        for (Uploaded segment : segments) {
            if (has(segment.segment)) {
                return false;
            }
        }
        return ask("commit to table", () -> {
            TransactionCommitResult result;
            try {
                Transaction transaction = begin();
                result = transaction.commit(engine, CloseableIterable.inMemoryIterable(actions(transaction, segments)));
            } catch (TableAlreadyExistsException e) {
                return false;
            } catch (MaxCommitRetryLimitReachedException e) {
                if (e.getCause() instanceof CommitFailedException failed && failed.isConflict()) {
                    return false;
                }
                throw e;
            }
            segments.forEach(segment -> exported.add(segment.segment));
            knownVersion = result.getVersion();
            snapshot = result.getPostCommitSnapshot();
            afterCommit(result);
            return true;
        });
    }

    /** A new version of the table as it was read, or the first: one try, since the kernel would settle too little. */
    private Transaction begin() {
        if (snapshot.isPresent()) {
            return snapshot.get()
                    .buildUpdateTableTransaction(ENGINE, Operation.WRITE)
                    .withMaxRetries(0)
                    .build(engine);
        }
        return TableManager.buildCreateTableTransaction(StoreFileIO.path(root), LakeSchema.TABLE, ENGINE)
                .withDataLayoutSpec(DataLayoutSpec.partitioned(List.of(new Column(LakeSchema.DATE))))
                .withTableProperties(Map.of("delta.appendOnly", "true"))
                .withMaxRetries(0)
                .build(engine);
    }

    private CloseableIterator<Row> actions(Transaction transaction, Collection<Uploaded> segments) throws IOException {
        Row state = transaction.getTransactionState(engine);
        List<Row> actions = new ArrayList<>();
        for (Uploaded segment : segments) {
            String application = APPLICATION + segment.segment;
            SetTransaction identifier =
                    new SetTransaction(application, EXPORTED, Optional.of(System.currentTimeMillis()));
            actions.add(SingleAction.createTxnSingleAction(identifier.toRow()));
            for (Stored stored : segment.files) {
                add(actions, state, segment, stored);
            }
        }
        return Utils.toCloseableIterator(actions.iterator());
    }

    private void add(List<Row> actions, Row state, Uploaded segment, Stored stored) throws IOException {
        DayFile file = stored.file;
        Literal day = file.day()
                .map(date -> Literal.ofDate((int) date.toEpochDay()))
                .orElseGet(() -> Literal.ofNull(DateType.DATE));
        Column time = new Column(LakeSchema.TIME);
        DataFileStatistics statistics = new DataFileStatistics(
                file.rows(),
                Map.of(time, Literal.ofTimestamp(file.minMicros())),
                Map.of(time, Literal.ofTimestamp(file.maxMicros())),
                Map.of(time, 0L),
                Optional.empty());
        DataFileStatus status = new DataFileStatus(
                StoreFileIO.path(stored.key), file.bytes(), segment.atMillis, Optional.of(statistics));
        try (CloseableIterator<Row> added = Transaction.generateAppendActions(
                engine,
                state,
                Utils.toCloseableIterator(List.of(status).iterator()),
                Transaction.getWriteContext(engine, state, Map.of(LakeSchema.DATE, day)))) {
            added.forEachRemaining(actions::add);
        }
    }

    /** Checkpoints and checksums spare readers the reading of every version; the table is whole without them. */
    private void afterCommit(TransactionCommitResult result) {
        for (PostCommitHook hook : result.getPostCommitHooks()) {
            try {
                hook.threadSafeInvoke(engine);
            } catch (CheckpointAlreadyExistsException e) {
                LOG.debug("another writer made the checkpoint", e);
            } catch (IOException
                    | KernelException
                    | KernelEngineException
                    | ParquetRuntimeException
                    | UncheckedIOException e) {
                LOG.warn(
                        "{} not written, readers read more of the log: table={} version={} reason={}",
                        hook.getType(),
                        location(),
                        result.getVersion(),
                        rootMessage(e));
            }
        }
    }
}
