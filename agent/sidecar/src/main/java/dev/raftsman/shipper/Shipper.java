package dev.raftsman.shipper;

import dev.raftsman.input.Linger;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.input.WalDiscovery;
import dev.raftsman.wal.WalDirectory;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/**
 * Carries what WALs hold to the collectors: its own older incarnations first, then the current one, and those of
 * applications beside them. One thread reads WALs, keeps the session and writes the cursor; the network has its own.
 */
public final class Shipper {
    /** How often the shipper looks at how it stands. */
    public static final long LOOK_NANOS = 1_000_000_000L;

    private static final long DRAIN_LOOK_NANOS = 20_000_000L;
    private static final long FAREWELL_MOST_NANOS = 5_000_000_000L;
    private static final long IDLE_LEAST_NANOS = 1_000_000L;
    /** A WAL that another process writes has to be looked at: nobody says when it grows. */
    private static final long IDLE_MOST_NANOS = 40_000_000L;

    /** Everything else calls {@link #wake}; this is how late a deadline, such as a ping's, may be noticed. */
    private static final long ALONE_MOST_NANOS = 1_000_000_000L;

    private final ShipperSettings settings;
    private final WalDiscovery discovery;
    private final Supplier<List<SourceLag>> unread;
    private final OperatorLog log;
    private final ShipperObserver observer;
    private final Consumer<Throwable> fatal;
    private final CursorFile cursorFile;
    private final NettyLink link;
    private final Session session;
    private final Thread thread;
    private final Quiet quiet;

    /** The sidecar's own, oldest first: a newer one waits for the older. */
    private final List<BlockWalSource> own = new ArrayList<>();

    private final List<Source> others = new ArrayList<>();
    private final Linger linger;
    private long discoverAtNanos;
    private volatile boolean stopping;
    private volatile long deadlineNanos;
    private volatile long steppedNanos;
    private volatile ShipperStatus status;
    private volatile Drain drain;
    private long lookAtNanos;

    /** What was asked to be shipped, and how far that is. Made by any thread, the rest is the shipper's. */
    private static final class Drain {
        final long deadlineNanos;
        final CompletableFuture<List<SourceLag>> left = new CompletableFuture<>();
        Map<Source, Long> targets;
        long lookAtNanos;
        long shippedNanos;
        boolean shipped;

        Drain(long deadlineNanos) {
            this.deadlineNanos = deadlineNanos;
        }
    }

    /**
     * @param current the directory that this process writes, or null if it has no inputs of its own
     * @param forcedThrough greatest position of it that may be shipped
     * @param unread what is in no write-ahead log yet, for collectors to be told of
     * @param fatal told when the thread ends by a failure
     * @throws IOException if the files of TLS cannot be used
     */
    public Shipper(
            ShipperSettings settings,
            Backlog backlog,
            WalDirectory current,
            LongSupplier forcedThrough,
            WalDiscovery discovery,
            Supplier<List<SourceLag>> unread,
            OperatorLog log,
            ShipperObserver observer,
            Consumer<Throwable> fatal)
            throws IOException {
        this.settings = settings;
        this.discovery = discovery;
        this.unread = unread;
        this.log = log;
        this.observer = observer;
        this.fatal = fatal;
        this.cursorFile = backlog.cursorFile();
        this.thread = new Thread(this::run, "raftsman-shipper");
        long nowNanos = System.nanoTime();
        this.discoverAtNanos = nowNanos;
        this.linger = new Linger(nowNanos);
        this.lookAtNanos = nowNanos;
        this.steppedNanos = nowNanos;
        this.status = new ShipperStatus(List.of(), nowNanos, 0, null);
        this.quiet = new Quiet(nowNanos);
        this.link = new NettyLink(
                (int) settings.session().connectTimeout().toMillis(),
                settings.tls() == null ? null : LinkTls.open(settings.tls(), log, nowNanos),
                () -> LockSupport.unpark(thread),
                observer);
        this.session = new Session(settings.session(), link, RandomGenerator.getDefault(), log, observer, nowNanos);
        for (WalDirectory directory : backlog.directories()) {
            own.add(ownSource(
                    directory,
                    () -> Long.MAX_VALUE,
                    position -> current != null && backlog.isReadAgain(directory, position),
                    true));
        }
        if (current != null) {
            own.add(ownSource(current, forcedThrough, position -> false, false));
        }
        discover(nowNanos);
        sayFarewells();
    }

    private BlockWalSource ownSource(
            WalDirectory directory, LongSupplier forcedThrough, LongPredicate readAgain, boolean ended) {
        return new BlockWalSource(
                directory,
                settings.session().agent(),
                forcedThrough,
                readAgain,
                ended,
                session,
                cursorFile,
                log,
                observer);
    }

    /** Epochs of the cursor that no directory stands for any more. */
    private void sayFarewells() {
        Map<Cursor.EpochKey, Cursor.Epoch> orphans =
                new HashMap<>(cursorFile.cursor().epochs());
        Set<UUID> present = new java.util.HashSet<>();
        own.forEach(source -> present.add(source.incarnation()));
        others.forEach(source -> present.add(source.incarnation()));
        orphans.forEach((key, epoch) -> {
            if (present.contains(key.incarnation())) {
                return;
            }
            if (epoch.state() == Cursor.State.OPEN) {
                log.error(
                        "gone " + key.incarnation(),
                        "the WAL of an open epoch is not there, its epoch stays open: producer=" + key.producer()
                                + ", incarnation=" + key.incarnation() + ", epoch=" + epoch.epoch());
            } else {
                others.add(new Farewell(key, epoch, session, cursorFile, log, observer));
            }
        });
    }

    public void start() {
        thread.start();
    }

    /** Asks to ship what is there, as far as it is acknowledged within the bound, then to stop. Any thread. */
    public void stop(Duration bound) throws InterruptedException {
        deadlineNanos = System.nanoTime() + bound.toNanos();
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    /** When the thread last began a step, in {@link System#nanoTime}: some milliseconds ago while it works. Any thread. */
    public long steppedNanos() {
        return steppedNanos;
    }

    /** Any thread. */
    public ShipperStatus status() {
        return status;
    }

    /**
     * Ships what is in the write-ahead logs now, and says farewell for those whose writers are gone. The one that this
     * process has written must be closed. Any thread, once.
     *
     * @return what was not acknowledged within the bound; empty if all was
     * @throws IllegalStateException if the shipper ended on the way
     */
    public List<SourceLag> drain(Duration bound) throws InterruptedException {
        Drain asked = new Drain(System.nanoTime() + bound.toNanos());
        drain = asked;
        LockSupport.unpark(thread);
        try {
            return asked.left.get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the shipper ended before all was shipped", e.getCause());
        }
    }

    private void run() {
        try {
            long idleNanos = IDLE_LEAST_NANOS;
            while (!stopping || !isDrained() && System.nanoTime() - deadlineNanos < 0) {
                if (step(System.nanoTime())) {
                    idleNanos = IDLE_LEAST_NANOS;
                } else {
                    rest();
                    boolean alone = isAlone();
                    LockSupport.parkNanos(this, alone ? ALONE_MOST_NANOS : idleNanos);
                    idleNanos = Math.min(IDLE_MOST_NANOS, idleNanos * 2);
                }
            }
            cursorFile.write();
        } catch (IOException | RuntimeException | Error e) {
            fatal.accept(e);
        } finally {
            Drain asked = drain;
            if (asked != null) {
                asked.left.completeExceptionally(new IllegalStateException("stopped"));
            }
            own.forEach(Source::close);
            others.forEach(Source::close);
            link.close();
        }
    }

    /** Something of the sidecar's own WAL may be shipped that could not be before. Any thread. */
    public void wake() {
        LockSupport.unpark(thread);
    }

    /** Only the sidecar's own current WAL is there, and nothing of it is on its way. */
    private boolean isAlone() {
        return others.isEmpty() && own.size() <= 1 && session.isReady() && session.isEmpty();
    }

    @SuppressWarnings("SystemGc") // Nothing else collects the old generation of an agent that has nothing to do.
    private void rest() {
        if (quiet.isDue(System.nanoTime(), session.offeredBytes())) {
            session.release();
            System.gc();
        }
    }

    private boolean isDrained() {
        return session.isEmpty()
                && own.stream().allMatch(Source::isDrained)
                && others.stream().allMatch(Source::isDrained);
    }

    private boolean step(long nowNanos) throws IOException {
        steppedNanos = nowNanos;
        boolean worked = link.deliver(session, nowNanos);
        worked |= stepOwn(nowNanos);
        for (Iterator<Source> each = others.iterator(); each.hasNext(); ) {
            Source source = each.next();
            worked |= source.step(nowNanos);
            source.release();
            if (source.isDone()) {
                log.info("WAL is shipped, closed and deleted: incarnation=" + source.incarnation());
                source.close();
                each.remove();
            }
        }
        worked |= session.step(nowNanos);
        worked |= cursorFile.step(nowNanos, log);
        if (nowNanos - discoverAtNanos >= 0) {
            discover(nowNanos);
        }
        if (nowNanos - lookAtNanos >= 0) {
            lookAtNanos = nowNanos + LOOK_NANOS;
            List<SourceLag> lags = lags(nowNanos);
            status = new ShipperStatus(
                    lags,
                    session.acknowledgedNanos(),
                    own.stream().mapToLong(BlockWalSource::bytesOnDisk).sum(),
                    link.tlsStatus());
            lags.addAll(unread.get());
            session.behind(lags, nowNanos);
        }
        Drain asked = drain;
        if (asked != null && !asked.left.isDone() && nowNanos - asked.lookAtNanos >= 0) {
            asked.lookAtNanos = nowNanos + DRAIN_LOOK_NANOS;
            drain(asked, nowNanos);
        }
        return worked;
    }

    private List<SourceLag> lags(long nowNanos) {
        List<SourceLag> lags = new ArrayList<>();
        own.forEach(source -> source.lags(nowNanos, lags::add));
        others.forEach(source -> source.lags(nowNanos, lags::add));
        return lags;
    }

    /** An application may go on to write; what is in its log when this begins is what counts. */
    private void drain(Drain asked, long nowNanos) {
        if (asked.targets == null) {
            own.forEach(BlockWalSource::end);
            asked.targets = new HashMap<>();
            own.forEach(source -> asked.targets.put(source, source.written()));
            others.forEach(source -> asked.targets.put(source, source.written()));
        }
        asked.targets
                .entrySet()
                .removeIf(each -> each.getKey().isDone() || each.getKey().isShippedThrough(each.getValue()));
        if (!asked.shipped && asked.targets.isEmpty()) {
            asked.shipped = true;
            asked.shippedNanos = nowNanos;
        }
        boolean late = nowNanos - asked.deadlineNanos >= 0;
        boolean farewellsSaid = own.isEmpty() && others.stream().noneMatch(Source::isLeaving);
        if (asked.shipped && (farewellsSaid || late || nowNanos - asked.shippedNanos >= FAREWELL_MOST_NANOS)) {
            asked.left.complete(List.of());
        } else if (late) {
            List<SourceLag> left = new ArrayList<>();
            asked.targets.keySet().forEach(source -> addWaiting(source, nowNanos, left));
            asked.left.complete(List.copyOf(left));
        }
    }

    private static void addWaiting(Source source, long nowNanos, List<SourceLag> waiting) {
        int before = waiting.size();
        source.lags(nowNanos, lag -> {
            if (lag.unreadBytes() > 0) {
                waiting.add(lag);
            }
        });
        if (waiting.size() == before) { // only what no event is in, such as the end of an epoch
            waiting.add(new SourceLag(ShipperStatus.UNREAD, source.incarnation().toString(), 0, nowNanos));
        }
    }

    private boolean stepOwn(long nowNanos) {
        boolean worked = false;
        for (Iterator<BlockWalSource> each = own.iterator(); each.hasNext(); ) {
            BlockWalSource source = each.next();
            worked |= source.step(nowNanos);
            source.release();
            if (source.isDone()) {
                log.info("WAL is shipped, closed and deleted: incarnation=" + source.incarnation());
                source.close();
                each.remove();
            } else if (each.hasNext() && source.isHolding()) {
                break;
            } else {
                Set<String> stopped = source.stoppedStreams();
                if (!stopped.isEmpty()) {
                    own.forEach(newer -> newer.stop(stopped));
                }
            }
        }
        return worked;
    }

    private void discover(long nowNanos) {
        discoverAtNanos = nowNanos + settings.discovery().toNanos();
        for (WalDirectory directory : discovery.look()) {
            others.add(new RowsWalSource(directory, settings, linger, session, cursorFile, log, observer, nowNanos));
        }
    }
}
