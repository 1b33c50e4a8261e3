package dev.raftsman.store;

import dev.raftsman.block.Block;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LabelReader;
import dev.raftsman.block.Labels;
import dev.raftsman.catalog.Catalog;
import dev.raftsman.catalog.CatalogImage;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.MemberView;
import dev.raftsman.catalog.RefusalReason;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.catalog.ThrottleView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.disk.Durable;
import dev.raftsman.event.LossReason;
import dev.raftsman.segment.Offset;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SequenceRange;
import dev.raftsman.segment.UnsupportedFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a collector keeps: the tables and the segment files, as the entries of the Raft log make them.
 *
 * <p>Threads: one applies entries and takes snapshots ({@link #apply}, {@link #advance}, {@link #capture}), which another
 * may write ({@link CapturedSnapshot#write}); any may ask ({@link #view}, {@link #epoch}, {@link #openForRead}). A lock
 * keeps them apart, held for one entry at a time and let go while the disk is full; a view asked for then may show the
 * first blocks of the entry that is waiting, all of them committed.
 *
 * <p>Durability: what is applied is durable in the Raft log, not here. A {@link #snapshot} makes it durable here; the log
 * before it may go then.
 *
 * <p>Failures: a full disk is waited out ({@link SpaceWait}). Any other failure of a write or force is a {@link
 * StoreFailedException} now and at every later call.
 */
public final class ReplicatedState implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ReplicatedState.class);

    /** The index before the first of a log. */
    private static final long NOTHING = -1;

    private static final String MARKER = "snapshotted";

    private final Path root;
    private final SegmentDirectory directory;
    private final ReentrantLock lock = new ReentrantLock();
    private final PatientDisk disk;
    private final ActiveSegments active;
    private final LabelReader labels = new LabelReader();
    private final SegmentCare care;

    /** Segments with a file here. */
    private final Set<SegmentId> local = new TreeSet<>();

    private Catalog catalog = new Catalog();
    private volatile long appliedIndex = NOTHING;
    private volatile long appliedTerm;
    private volatile CatalogView view;

    /** As the tables have them; read for every block, so kept where that takes no lock. */
    private volatile List<ThrottleView> throttles = List.of();

    private boolean closed;

    private ReplicatedState(Path root, StoreSettings settings) {
        this.root = root;
        this.directory = new SegmentDirectory(root);
        this.disk = new PatientDisk(root, settings.spaceWait(), lock);
        this.active = new ActiveSegments(directory, disk, settings);
        this.care = new SegmentCare(root, directory, this::segment);
    }

    /**
     * Begins without a snapshot: the log must bring everything from its first entry. Segment files that are there, from
     * before the first snapshot, are deleted.
     *
     * @throws CorruptStoreException if there was a snapshot: the log before it may be gone
     */
    public static ReplicatedState open(Path directory, StoreSettings settings) throws IOException {
        return open(directory, settings, Optional.empty());
    }

    /**
     * Goes back to a snapshot: verifies it and the files it names, cuts active segments to the lengths they had, deletes
     * what is newer. The log goes on at the snapshot's index + 1. Reads all active segments once. A sealed segment that is
     * missing or of another length does not prevent it: see {@link SegmentCare}.
     *
     * @param directory made if absent
     * @throws CorruptStoreException if the snapshot or an active segment is not as it was; nothing was deleted then
     * @throws UnsupportedFormatException if a newer version wrote it
     */
    public static ReplicatedState open(Path directory, StoreSettings settings, Path snapshot) throws IOException {
        return open(directory, settings, Optional.of(SnapshotManifest.read(snapshot)));
    }

    private static ReplicatedState open(Path root, StoreSettings settings, Optional<SnapshotManifest> manifest)
            throws IOException {
        ReplicatedState state = new ReplicatedState(root, settings);
        try {
            state.load(manifest);
            return state;
        } catch (IOException | RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private void load(Optional<SnapshotManifest> manifest) throws IOException {
        Durable.createDirectories(directory.segments());
        if (manifest.isEmpty()) {
            Path marker = root.resolve(MARKER);
            if (Files.exists(marker)) {
                String index = Files.readString(marker).strip();
                throw new CorruptStoreException(marker.toString(), 0, "the snapshot of index " + index, "none");
            }
            directory.clean(NOTHING, catalog.image());
            return;
        }
        SnapshotManifest snapshot = manifest.get();
        IncomingSnapshot.finish(root, snapshot);
        CatalogImage image = snapshot.catalog();
        catalog = new Catalog(image);
        throttles = catalog.throttles();
        Map<SegmentId, String> unfit = new TreeMap<>();
        for (SnapshotManifest.FileState file : snapshot.files()) {
            resume(file, snapshot, unfit);
        }
        directory.clean(catalog.position(snapshot.index()), image);
        unfit.forEach(care::damaged);
        mark(snapshot.index());
        appliedIndex = snapshot.index();
        appliedTerm = snapshot.term();
        LOG.info(
                "store opened: directory={}, snapshot={}, segments here={}, of them active={}",
                root,
                appliedIndex,
                local.size(),
                active.count());
    }

    /** A finished segment that is not as it should be can be fetched from others; an active one cannot. */
    private void resume(SnapshotManifest.FileState file, SnapshotManifest snapshot, Map<SegmentId, String> unfit)
            throws IOException {
        Path path = directory.file(file.segment());
        local.add(file.segment());
        SegmentView segment = catalog.segment(file.segment())
                .orElseThrow(() ->
                        new CorruptStoreException(path.toString(), 0, "a row of snapshot " + snapshot.index(), "none"));
        if (segment.state() != SegmentState.OPEN) {
            if (!Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
                unfit.put(file.segment(), "there is no file");
            } else if (Files.size(path) != segment.bytes()) {
                unfit.put(file.segment(), Files.size(path) + " bytes; expected " + segment.bytes());
            }
            return;
        }
        SegmentHeader header =
                new SegmentHeader(segment.id(), segment.tenant(), segment.stream(), segment.openedAtMillis());
        active.resume(header, file.bytes(), file.sha256());
    }

    /**
     * Applies one committed entry.
     *
     * @param index above {@link #appliedIndex()}
     * @param entry from position to limit, not moved, not used afterwards
     * @return an encoded {@link Reply}: of an {@link Entry.Append} its verdicts, else a result; bytes that are no entry are
     *     answered as a refused command, on every node alike
     * @throws StoreFailedException if the disk fails: the process must end
     */
    public byte[] apply(long term, long index, ByteBuffer entry) {
        lock.lock();
        try {
            check(index);
            Reply reply = reply(index, entry);
            appliedTerm = term;
            appliedIndex = index;
            return reply.encode();
        } finally {
            lock.unlock();
        }
    }

    /** Passes an entry that is not ours: the engine's own. */
    public void advance(long term, long index) {
        lock.lock();
        try {
            check(index);
            appliedTerm = term;
            appliedIndex = index;
        } finally {
            lock.unlock();
        }
    }

    private void check(long index) {
        disk.check();
        if (closed) {
            throw new IllegalStateException("closed");
        }
        if (index <= appliedIndex) {
            throw new IllegalArgumentException("index " + index + " after " + appliedIndex);
        }
        try {
            active.checkForces();
        } catch (IOException e) {
            throw disk.failed("force of segments", e);
        }
    }

    private Reply reply(long index, ByteBuffer encoded) {
        Entry entry;
        try {
            entry = Entry.decode(encoded);
        } catch (MalformedEntryException e) {
            return new Reply.ChangeReply(new CommandResult.Refused(RefusalReason.INVALID, e.getMessage()));
        }
        catalog.stamp(entry.stampMillis());
        if (entry instanceof Entry.Append append) {
            return new Reply.AppendReply(append(index, append.blocks()));
        }
        return new Reply.ChangeReply(change(index, ((Entry.Change) entry).command()));
    }

    private List<Verdict> append(long index, List<EpochBlock> blocks) {
        List<Verdict> verdicts = new ArrayList<>(blocks.size());
        Set<Integer> touched = new TreeSet<>();
        for (EpochBlock incoming : blocks) {
            Verdict verdict;
            try {
                Block block = Block.wrap(incoming.block());
                verdict = catalog.judge(incoming.epoch(), block);
                if (verdict.kind() == Verdict.Kind.ACCEPTED) {
                    touched.add(store(index, incoming.epoch(), block));
                } else {
                    refuse(incoming.epoch(), block, verdict);
                }
            } catch (CorruptBlockException e) {
                verdict = new Verdict(Verdict.Kind.MALFORMED, 0);
            }
            verdicts.add(verdict);
        }
        for (int stream : touched) {
            if (active.length(stream) >= catalog.segmentBytes()) {
                seal(index, stream);
            }
        }
        active.forceIfMuch();
        return verdicts;
    }

    private void refuse(long epoch, Block block, Verdict verdict) {
        catalog.refused(epoch, verdict);
        if (verdict.kind() == Verdict.Kind.CONFLICT) {
            EpochView row = catalog.epoch(epoch).orElseThrow();
            if (row.conflictsRefused() == 1) {
                LOG.error(
                        "a producer sent other bytes under stored sequences, refused: tenant={}, producer={}, epoch={},"
                                + " first={}, count={}; more of this epoch are only counted",
                        row.tenant(),
                        row.producer(),
                        epoch,
                        block.firstSequence(),
                        block.count());
            }
        }
    }

    private int store(long index, long epoch, Block block) {
        int stream = write(index, epoch, block);
        catalog.appended(epoch, block, labels(block), active.length(stream));
        return stream;
    }

    /** The same on every node: a block that says it carries labels, and is none to read, carries none. */
    private Labels labels(Block block) {
        try {
            return labels.labels(block);
        } catch (CorruptBlockException e) {
            return Labels.NONE;
        }
    }

    /** Appends to the stream's active segment, begun if there is none. @return the stream */
    private int write(long index, long epoch, Block block) {
        int stream = catalog.streamOf(epoch);
        if (!active.has(stream)) {
            SegmentHeader header = catalog.headerFor(stream, catalog.position(index));
            active.begin(header);
            local.add(header.id());
            catalog.begun(header, active.length(stream));
        }
        active.append(stream, catalog.epochInfo(epoch), catalog.position(index), catalog.stampMillis(), block);
        return stream;
    }

    private void seal(long index, int stream) {
        ActiveSegments.Sealed sealed =
                active.seal(stream, catalog.position(index), catalog.stampMillis(), catalog.activeTotals(stream));
        catalog.sealed(stream, sealed.bytes(), sealed.sha256());
    }

    private CommandResult change(long index, Command command) {
        if (command instanceof Command.Seal seal) {
            List<Integer> streams = catalog.matching(seal);
            for (int stream : streams) {
                seal(index, stream);
            }
            return new CommandResult.Done(streams.size());
        }
        if (command instanceof Command.Attest attest) {
            List<SegmentId> differing = catalog.attest(attest);
            differing.forEach(id -> care.damaged(id, "a majority computed another SHA-256"));
            return new CommandResult.Done(attest.segments().size());
        }
        if (command instanceof Command.DeclareLost declare) {
            return catalog.declare(declare).orElseGet(() -> declareLost(index, declare));
        }
        if (command instanceof Command.Abandon abandon) {
            return catalog.abandon(abandon).orElseGet(() -> abandon(index, abandon));
        }
        CommandResult result = catalog.apply(command);
        throttles = catalog.throttles();
        return result;
    }

    /** In a segment of its own: the sequences may lie before others of the epoch, which a segment has in order only. */
    private CommandResult declareLost(long index, Command.DeclareLost declare) {
        SequenceRange range = declare.range();
        Block gap = lostWithTheCluster(range.first(), (int) range.count());
        int stream = catalog.streamOf(range.epoch());
        if (active.has(stream)) {
            seal(index, stream);
        }
        write(index, range.epoch(), gap);
        catalog.declared(declare, gap, active.length(stream));
        seal(index, stream);
        return new CommandResult.Done(1);
    }

    private Block lostWithTheCluster(long first, int count) {
        long nanos = TimeUnit.MILLISECONDS.toNanos(catalog.stampMillis());
        return Block.wrap(GapBlock.encode(first, count, LossReason.CLUSTER_LOSS, nanos));
    }

    /** As its producer would have declared it: behind all that is stored of it. */
    private CommandResult abandon(long index, Command.Abandon abandon) {
        if (abandon.through() > abandon.last()) {
            int count = (int) (abandon.through() - abandon.last());
            store(index, abandon.epoch(), lostWithTheCluster(abandon.last() + 1, count));
        }
        catalog.abandoned(abandon);
        return new CommandResult.Done(1);
    }

    /**
     * Takes a snapshot of what is applied, not yet durable; its force begins. Called by the applying thread, which is held
     * up for a copy of references to the rows: some milliseconds for 100,000 of them.
     *
     * @throws StoreFailedException if the disk failed before
     */
    public CapturedSnapshot capture() {
        lock.lock();
        try {
            check(appliedIndex + 1);
            Map<Integer, String> activeSha256 = active.sha256();
            return new CapturedSnapshot(this, appliedTerm, appliedIndex, catalog.image(), activeSha256, active.force());
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes a snapshot and makes it durable before it returns.
     *
     * @return the index that it shows
     * @see CapturedSnapshot#write
     */
    public long snapshot(Path file) throws IOException {
        CapturedSnapshot captured = capture();
        captured.write(file);
        return captured.index();
    }

    void awaitForce(Future<?> forced, long index) throws InterruptedException {
        try {
            SegmentForcer.await(forced);
            active.checkForces();
        } catch (IOException e) {
            lock.lock();
            try {
                throw disk.failed("force before the snapshot of index " + index, e);
            } finally {
                lock.unlock();
            }
        }
    }

    /** What is known of this node's sealed copies, and how they are mended. */
    public SegmentCare care() {
        return care;
    }

    /** A stream by its name, without building a view. Any thread. */
    public Optional<StreamView> stream(String tenant, String stream) {
        lock.lock();
        try {
            return catalog.stream(tenant, stream);
        } finally {
            lock.unlock();
        }
    }

    /** Behind everything applied, in every stream. Any thread. */
    public Offset nextOffset() {
        lock.lock();
        try {
            return new Offset(catalog.position(Math.max(0, appliedIndex + 1)), 0);
        } finally {
            lock.unlock();
        }
    }

    /** The last segment of the id's stream that is not behind the id, else the stream's first, whatever its state. Any thread. */
    public Optional<SegmentView> segmentAround(SegmentId id) {
        lock.lock();
        try {
            return catalog.segmentAround(id);
        } finally {
            lock.unlock();
        }
    }

    /** The stream's next segment, whatever its state. Any thread. */
    public Optional<SegmentView> segmentAfter(SegmentId id) {
        lock.lock();
        try {
            return catalog.segmentAfter(id);
        } finally {
            lock.unlock();
        }
    }

    /** The stream's segment before, whatever its state. Any thread. */
    public Optional<SegmentView> segmentBefore(SegmentId id) {
        lock.lock();
        try {
            return catalog.segmentBefore(id);
        } finally {
            lock.unlock();
        }
    }

    /** A segment as it stands now, without building a view. Any thread. */
    public Optional<SegmentView> segment(SegmentId id) {
        lock.lock();
        try {
            return catalog.segment(id);
        } finally {
            lock.unlock();
        }
    }

    /** The next sealed segment by id; null to begin. Any thread. */
    public Optional<SegmentView> sealedAfter(SegmentId id) {
        lock.lock();
        try {
            return catalog.sealedAfter(id);
        } finally {
            lock.unlock();
        }
    }

    /** Sealed segments whose digests no majority has attested, with those that this node computed. Any thread. */
    public List<SegmentRef> unattested(int limit) {
        lock.lock();
        try {
            return catalog.unattested(limit);
        } finally {
            lock.unlock();
        }
    }

    /** This node's digest of a sealed segment, if it has the file and knows of no damage. Any thread. */
    Optional<SegmentRef> ownDigest(SegmentId id) {
        return segment(id)
                .filter(segment -> segment.state() == SegmentState.SEALED && !care.isDamaged(id))
                .map(SegmentView::ref);
    }

    /** How many segments have a file here. Any thread. */
    public int localSegments() {
        lock.lock();
        try {
            return local.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Where a segment's file is, for another node that checks what it gets.
     *
     * @throws DamagedSegmentException if it is known not to be what it should be
     */
    public Path fileForPeer(SegmentId id) throws IOException {
        if (care.isDamaged(id)) {
            throw new DamagedSegmentException(id);
        }
        return directory.file(id);
    }

    /** Whether the segment is finished here, with this digest. Any thread. */
    public boolean holds(SegmentId id, String sha256) {
        lock.lock();
        try {
            return local.contains(id)
                    && !care.isDamaged(id)
                    && catalog.segment(id)
                            .filter(segment -> segment.state() == SegmentState.SEALED)
                            .filter(segment -> segment.sha256().equals(sha256))
                            .isPresent();
        } finally {
            lock.unlock();
        }
    }

    /** From here on, a start without a snapshot is an error. */
    void mark(long index) throws IOException {
        byte[] text = (index + "\n").getBytes(StandardCharsets.US_ASCII);
        Durable.write(root.resolve(MARKER), ByteBuffer.wrap(text));
    }

    /** This state has a snapshot of this index of its own: what a peer sent of no later one is not needed. */
    void discardIncoming(long index) throws IOException {
        IncomingSnapshot.discard(root, index);
    }

    /** Deletes the files of these segments, as far as there are any: no start will ask for them. */
    void deleteCold(List<SegmentId> cold) throws IOException {
        List<SegmentId> spared;
        lock.lock();
        try {
            spared = cold.stream().filter(local::contains).toList();
        } finally {
            lock.unlock();
        }
        for (SegmentId id : spared) {
            Files.deleteIfExists(directory.file(id));
        }
        lock.lock();
        try {
            spared.forEach(local::remove);
        } finally {
            lock.unlock();
        }
        care.forget(cold);
    }

    /** Index of the last entry applied; -1 before the first. Any thread. */
    public long appliedIndex() {
        return appliedIndex;
    }

    /** Term of the last entry applied. Any thread. */
    public long appliedTerm() {
        return appliedTerm;
    }

    /** Whether applying stands still because the disk is full. Any thread. */
    public boolean waitingForSpace() {
        return disk.isWaiting();
    }

    /** Whether a force in the background failed: the process must end. Any thread. */
    public boolean failed() {
        try {
            active.checkForces();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** Bytes of files whose data is archived or truncated, and which only wait for a snapshot to be deleted. Any thread. */
    public long reclaimableBytes() {
        lock.lock();
        try {
            return local.stream()
                    .map(catalog::segment)
                    .flatMap(Optional::stream)
                    .filter(segment -> !segment.state().hot())
                    .mapToLong(SegmentView::bytes)
                    .sum();
        } finally {
            lock.unlock();
        }
    }

    /** Bytes written to segments since this object was opened. Any thread. */
    public long segmentBytesWritten() {
        return active.bytesWritten();
    }

    /**
     * The tables now. Any thread; built when first asked for after an entry, then kept, so asking again costs nothing. The
     * caller may keep it as long as it likes.
     */
    public CatalogView view() {
        CatalogView current = view;
        if (current != null && current.appliedIndex() == appliedIndex) {
            return current;
        }
        lock.lock();
        try {
            current = catalog.view(appliedIndex, appliedTerm);
            view = current;
            return current;
        } finally {
            lock.unlock();
        }
    }

    /** One epoch now, without building a view. Any thread. */
    public Optional<EpochView> epoch(long epoch) {
        lock.lock();
        try {
            return catalog.epoch(epoch);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Why no blocks of the epoch's stream are to be taken now; empty if they are. Any thread; costs a field as long as no
     * stream is throttled.
     *
     * @param nowMillis the wall clock of the node that takes blocks: what nobody renews must end, also where no entry
     *     moves the cluster's time on
     */
    public String throttled(long epoch, long nowMillis) {
        List<ThrottleView> current = throttles;
        if (current.isEmpty()) {
            return "";
        }
        int stream = epoch(epoch).map(EpochView::stream).orElse(0);
        return current.stream()
                .filter(throttle -> throttle.stream() == stream && nowMillis < throttle.untilMillis())
                .map(ThrottleView::reason)
                .findFirst()
                .orElse("");
    }

    /** The nodes that the cluster knows, removed ones too, by id. Any thread. */
    public List<MemberView> members() {
        lock.lock();
        try {
            return catalog.members();
        } finally {
            lock.unlock();
        }
    }

    /** How this cluster was restored, or is being. Any thread. */
    public Optional<RestoreView> restored() {
        lock.lock();
        try {
            return catalog.restored();
        } finally {
            lock.unlock();
        }
    }

    /** The last sequence stored of an epoch; -1 if there is none, or no such epoch. Any thread. */
    public long last(long epoch) {
        return epoch(epoch).map(EpochView::last).orElse(-1L);
    }

    /**
     * Opens a segment up to the length that the tables have for it now. A sealed one is read whole before its first bytes
     * are given out. Any thread.
     *
     * @return empty if there is no such segment or its data is no longer here
     * @throws DamagedSegmentException if this node's copy is damaged: another node has it
     */
    public Optional<SegmentFile> openForRead(SegmentId id) throws IOException {
        Optional<SegmentView> segment = segment(id);
        if (segment.isEmpty()) {
            return Optional.empty();
        }
        care.requireGood(segment.get());
        try {
            return Optional.of(
                    SegmentFile.open(id, directory.file(id), segment.get().bytes()));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    /** Where a segment's file is, or would be, below a state's directory: for those who fetch one. */
    public static Path fileOf(Path directory, SegmentId id) {
        return new SegmentDirectory(directory).file(id);
    }

    /** From here on a full disk is not waited out: what is being applied fails, the log has it. Any thread. */
    public void ending() {
        disk.end();
    }

    /** Closes the files; forces nothing, since the log has all of it. May be called twice. */
    @Override
    public void close() throws IOException {
        care.close();
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            labels.close();
            active.close();
        } finally {
            lock.unlock();
        }
    }
}
