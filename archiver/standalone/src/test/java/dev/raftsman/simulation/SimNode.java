package dev.raftsman.simulation;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.disk.Durable;
import dev.raftsman.ingest.IngestServer;
import dev.raftsman.ingest.SimIngest;
import dev.raftsman.store.Entry;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.SnapshotManifest;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One collector: the real state in a real directory, the real ingest, and a model of the log between them. A crash closes it
 * and damages what was not durable; a start goes on from the newest snapshot and the log.
 */
final class SimNode implements SimLog.Surroundings, SimIngest.Host, IngestServer.Surroundings {
    private static final long SEGMENT_BYTES = 24 << 10;

    /** Until a crash. What was to happen later does not happen any more then. */
    private static final class Life {
        boolean over;
    }

    private final String id;
    private final List<String> members;
    private final Map<String, SimNode> cluster;
    private final Path directory;
    private final Path snapshots;
    private final Scheduler scheduler;
    private final Random random;
    private final SimNetwork network;
    private final Set<Sabotage> sabotage;
    private final SimLog.Disk disk = new SimLog.Disk();
    private final StoreSettings settings = new StoreSettings(
            (where, attempt, full) -> {
                throw new InterruptedException("the disk is full");
            },
            64 << 10,
            InOneThread::new);

    private Life life;
    private ReplicatedState state;
    private SimLog log;
    private SimIngest ingest;
    private long clockOffMillis;
    private boolean full;
    private long snapshotAfter;
    private int conflictsBefore;
    int crashes;
    int installs;
    int snapshotsTaken;
    private long skipped = -1;

    SimNode(
            String id,
            List<String> members,
            Map<String, SimNode> cluster,
            Path root,
            Scheduler scheduler,
            SimNetwork network,
            Set<Sabotage> sabotage) {
        this.id = id;
        this.members = members;
        this.cluster = cluster;
        this.directory = root.resolve(id);
        this.snapshots = directory.resolve("sm");
        this.scheduler = scheduler;
        this.random = scheduler.random();
        this.network = network;
        this.sabotage = sabotage;
    }

    // ---- its life

    void start() {
        life = new Life();
        try {
            Durable.createDirectories(snapshots);
            open();
        } catch (IOException e) {
            throw new Violation("O1", id + " does not start again: " + e);
        }
        log = new SimLog(id, members, disk, state.appliedIndex(), scheduler, network, this, sabotage);
        ingest = new SimIngest(id, log, this, this, random);
        snapshotAfter = state.appliedIndex() + scheduler.between(10, 150);
        scheduler.trace(id + " starts at " + state.appliedIndex() + ", its log has " + disk.firstIndex + " to "
                + disk.lastIndex());
    }

    private void open() throws IOException {
        Path newest = newestSnapshot();
        state = newest == null
                ? ReplicatedState.open(directory, settings)
                : ReplicatedState.open(directory, settings, newest);
        deleteOlderThan(newest);
    }

    boolean isUp() {
        return life != null && !life.over;
    }

    /** @param powerCut whether what was not forced is damaged too */
    void crash(boolean powerCut) {
        crashes++;
        life.over = true;
        ingest.crash(random.nextBoolean());
        conflictsBefore += ingest.conflicts();
        log.close();
        try {
            state.close();
            if (powerCut) {
                if (disk.lastIndex() > disk.forced) {
                    disk.cutAfter(scheduler.between(Math.max(disk.forced, disk.firstIndex - 1), disk.lastIndex()));
                }
                tear();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        scheduler.trace(id + " crashes" + (powerCut ? ", its power is cut" : "") + ", forced " + disk.forced);
    }

    void close() throws IOException {
        if (isUp()) {
            life.over = true;
            state.close();
        }
    }

    @Override
    public void later(long nanos, Runnable work) {
        Life now = life;
        scheduler.after(nanos, () -> {
            if (!now.over) {
                try {
                    work.run();
                } catch (CrashNow e) {
                    crash(random.nextBoolean());
                    comeBack();
                }
            }
        });
    }

    @Override
    public long nanoTime() {
        return scheduler.nowNanos();
    }

    // ---- snapshots

    private Path newestSnapshot() throws IOException {
        Path newest = null;
        long newestIndex = -1;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(snapshots, "snapshot.*")) {
            for (Path file : files) {
                if (file.toString().endsWith(Durable.UNFINISHED)) {
                    continue;
                }
                long index = indexOf(file);
                if (index > newestIndex) {
                    newest = file;
                    newestIndex = index;
                }
            }
        }
        return newest;
    }

    private static long indexOf(Path snapshot) {
        String name = snapshot.getFileName().toString();
        return Long.parseLong(name.substring(name.indexOf('_') + 1));
    }

    private void deleteOlderThan(Path newest) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(snapshots)) {
            for (Path file : files) {
                if (!file.equals(newest)) {
                    Files.delete(file);
                }
            }
        }
    }

    private Path snapshotFile(long term, long index) {
        return snapshots.resolve("snapshot." + term + "_" + index);
    }

    private void snapshotWhenDue() {
        long index = state.appliedIndex();
        if (index < snapshotAfter) {
            return;
        }
        snapshotAfter = index + scheduler.between(10, 150);
        Path file = snapshotFile(state.appliedTerm(), index);
        Path marker = directory.resolve("snapshotted");
        try {
            byte[] before = Files.exists(marker) ? Files.readAllBytes(marker) : null;
            state.snapshot(file);
            snapshotsTaken++;
            if (scheduler.fault(12)) {
                crashInSnapshot(file, marker, before);
                return;
            }
            if (!scheduler.fault(10)) { // else the process ends before it comes to that
                deleteOlderThan(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        disk.purge(index - scheduler.between(0, 40));
        disk.forced = Math.max(disk.forced, index);
    }

    /** The end comes between two steps of the snapshot: the manifest may lie beside its name still, the marker be old. */
    private void crashInSnapshot(Path file, Path marker, byte[] markerBefore) throws IOException {
        if (random.nextBoolean()) {
            byte[] manifest = Files.readAllBytes(file);
            Files.delete(file);
            Files.write(
                    file.resolveSibling(file.getFileName() + Durable.UNFINISHED),
                    Arrays.copyOf(manifest, random.nextInt(manifest.length)));
        }
        if (markerBefore == null) {
            Files.deleteIfExists(marker);
        } else {
            Files.write(marker, markerBefore);
        }
        scheduler.trace(id + " crashes in a snapshot");
        throw new CrashNow();
    }

    /** The process ends in the middle of something; unwinds to {@link #later}. */
    private static final class CrashNow extends RuntimeException {
        private static final long serialVersionUID = 1L;

        CrashNow() {
            super("crash", null, false, false);
        }
    }

    // ---- damage

    /**
     * What a power cut leaves: of each segment file the bytes that the newest snapshot names, and of what came later any
     * part, zeros or rubbish; of a file that no snapshot names perhaps nothing at all.
     */
    private void tear() throws IOException {
        Path newest = newestSnapshot();
        Map<Path, Long> durable = new HashMap<>();
        if (newest != null) {
            for (SnapshotManifest.FileState file : SnapshotManifest.read(newest).files()) {
                durable.put(ReplicatedState.fileOf(directory, file.segment()), file.bytes());
            }
        }
        List<Path> files = new ArrayList<>();
        Path segments = directory.resolve("segments");
        if (Files.isDirectory(segments)) {
            try (Stream<Path> all = Files.walk(segments)) {
                all.filter(Files::isRegularFile).sorted().forEach(files::add);
            }
        }
        for (Path file : files) {
            tear(file, durable.getOrDefault(file, 0L));
        }
    }

    private void tear(Path file, long durableBytes) throws IOException {
        long size = Files.size(file);
        if (size <= durableBytes) {
            return;
        }
        int how = random.nextInt(5); // 0, 1: cut; 2, 3: a length without its bytes; 4: rubbish
        if (how == 0 && durableBytes == 0) {
            Files.delete(file);
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long from = scheduler.between(durableBytes, size);
            if (how <= 2) {
                channel.truncate(from);
            }
            if (how == 2 || how == 3) {
                channel.write(ByteBuffer.allocate((int) (size - from)), from);
            }
            if (how == 4) {
                byte[] rubbish = new byte[(int) (size - from) + random.nextInt(600)];
                random.nextBytes(rubbish);
                channel.write(ByteBuffer.wrap(rubbish), from);
            }
        }
    }

    // ---- what the log drives

    @Override
    public byte[] apply(long term, long index, ByteBuffer entry) {
        ByteBuffer given = tampered(index, entry);
        byte[] reply = state.apply(term, index, given);
        if (sabotage.contains(Sabotage.STORED_AGAIN) && given != entry) {
            reply = Tampering.undoubled(reply);
        }
        passed();
        return reply;
    }

    @Override
    public void advance(long term, long index) {
        state.advance(term, index);
        passed();
    }

    /** Snapshots are taken between entries. */
    private void passed() {
        if (state.appliedIndex() >= snapshotAfter) {
            later(0, this::snapshotWhenDue);
        }
    }

    /** Starts again after a while. */
    void comeBack() {
        long nanos = scheduler.isCalm() ? Scheduler.SECOND : scheduler.between(1, 4_000) * Scheduler.MILLI;
        scheduler.after(nanos, this::start);
    }

    private ByteBuffer tampered(long index, ByteBuffer entry) {
        ByteBuffer result = entry;
        for (Sabotage how : sabotage) {
            switch (how) {
                case STORED_AGAIN -> result = index % 50 == 20 ? Tampering.doubled(result) : result;
                case EVENTS_REORDERED, BYTE_CHANGED -> {
                    if (index % 50 == 20) {
                        result = Tampering.changed(result, how);
                    }
                }
                case LOSS_LEFT_OUT -> result = Tampering.changed(result, how);
                case BLOCK_SKIPPED_ON_ONE_NODE -> {
                    if (id.equals("n1") && index > 30 && skipped < 0 && Tampering.isAppend(bytes(result))) {
                        skipped = index;
                    }
                    result = index == skipped ? Tampering.shortened(result) : result;
                }
                case OWN_STAMPS -> result = id.equals("n1") ? Tampering.stamped(result, 1) : result;
                default -> {
                    // done elsewhere
                }
            }
        }
        return result;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    @Override
    public SimLog peer(String node) {
        SimNode peer = cluster.get(node);
        return peer.isUp() ? peer.log : null;
    }

    @Override
    public boolean installFrom(String node) {
        try {
            return installFromPeer(cluster.get(node));
        } catch (IOException e) {
            throw new Violation("O1", id + " cannot go on from the snapshot of " + node + ": " + e);
        }
    }

    /**
     * Goes on from a peer's newest snapshot: fetches the segments that it names beside their names, renames them, then the
     * manifest, and opens the state anew. May be cut short before the manifest has its name: the old state is whole then.
     */
    private boolean installFromPeer(SimNode peer) throws IOException {
        Path theirs = peer.newestSnapshot();
        if (theirs == null || indexOf(theirs) <= state.appliedIndex()) {
            return false;
        }
        SnapshotManifest manifest = SnapshotManifest.read(theirs);
        state.close();
        for (SnapshotManifest.FileState file : manifest.files()) {
            if (scheduler.fault(60)) {
                scheduler.trace(id + " crashes while it fetches " + file.segment());
                throw new CrashNow();
            }
            fetch(peer, file);
        }
        Path own = snapshots.resolve(theirs.getFileName());
        Path unfinished = own.resolveSibling(own.getFileName() + Durable.UNFINISHED);
        Files.copy(theirs, unfinished);
        Durable.rename(unfinished, own);
        open();
        installs++;
        scheduler.trace(id + " goes on from the snapshot of " + peer.id + ", index " + manifest.index());
        log.installed(manifest.term(), manifest.index());
        snapshotAfter = manifest.index() + scheduler.between(10, 150);
        return true;
    }

    private void fetch(SimNode peer, SnapshotManifest.FileState file) throws IOException {
        Path from = ReplicatedState.fileOf(peer.directory, file.segment());
        Path to = ReplicatedState.fileOf(directory, file.segment());
        Durable.createDirectories(to.getParent());
        byte[] bytes = Arrays.copyOf(Files.readAllBytes(from), (int) file.bytes());
        Path unfinished = snapshots.resolve("fetched" + Durable.UNFINISHED);
        Files.write(unfinished, bytes);
        Durable.rename(unfinished, to);
    }

    // ---- what the ingest asks

    @Override
    public OptionalLong last(long epoch) {
        return state.epoch(epoch).stream().mapToLong(row -> row.last()).findFirst();
    }

    @Override
    public String ingestAddress(String node) {
        return node + ":1";
    }

    @Override
    public boolean hasRoom() {
        return !full;
    }

    @Override
    public long clockMillis() {
        return 1_790_000_000_000L + scheduler.nowNanos() / Scheduler.MILLI + clockOffMillis;
    }

    // ---- what the simulation does to it

    void jumpClock(long millis) {
        clockOffMillis = millis;
    }

    void full(boolean now) {
        full = now;
    }

    void lag(long nanos) {
        log.lag(nanos);
    }

    SimIngest ingest() {
        return ingest;
    }

    boolean leads() {
        return isUp() && log.isLeader() && log.leadership().ready();
    }

    long term() {
        return disk.term;
    }

    /** Sends a command of an operator; nobody waits for it. */
    void command(Command command) {
        submit(new Entry.Change(clockMillis(), command));
    }

    void submit(Entry entry) {
        var unused = log.submit(ByteBuffer.wrap(entry.encode()));
    }

    void configure() {
        command(new Command.Configure(SEGMENT_BYTES));
    }

    long applied() {
        return log.applied();
    }

    /** Entries that it has, applied or not. */
    long lastIndex() {
        return disk.lastIndex();
    }

    CatalogView view() {
        return state.view();
    }

    int conflicts() {
        return conflictsBefore + (isUp() ? ingest.conflicts() : 0);
    }

    Oracles.Evidence evidence() {
        return new Oracles.Evidence(id, directory, state.view());
    }

    @Override
    public String toString() {
        return id + " " + (isUp() ? log.facts() : "down");
    }
}
