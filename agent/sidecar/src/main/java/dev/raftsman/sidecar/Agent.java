package dev.raftsman.sidecar;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import dev.raftsman.input.BlockJournal;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.input.WalDiscovery;
import dev.raftsman.shipper.Backlog;
import dev.raftsman.shipper.SessionSettings;
import dev.raftsman.shipper.Shipper;
import dev.raftsman.shipper.ShipperSettings;
import dev.raftsman.shipper.ShipperStatus;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The whole agent in one object: inputs, own WAL, shipper, status page, joined. {@link #start} begins, {@link #close}
 * stops reading, makes blocks of what is there, ships what is acknowledged within a bound and writes the cursor. {@link
 * #drain} comes before that if nothing is to be left.
 */
final class Agent implements AutoCloseable, StatusPage.Subject {
    static final String LOCK_FILE = "agent.lock";
    static final String CURSOR_FILE = "cursor";
    static final String WAL_DIRECTORY = "wal";

    private static final Duration FOREVER = Duration.ofDays(36_500);
    private static final Duration DRAIN_BOUND = Duration.ofSeconds(2);
    private static final int EXCERPT_MARGIN_BYTES = 32 << 10;

    private final AgentConfig config;
    private final OperatorLog log;
    private final Tap tap = new Tap();
    private final AgentMetrics metrics;
    private final AtomicBoolean draining = new AtomicBoolean();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private DirectoryLock lock;
    private StatusPage page;
    private WalWriter wal;
    private volatile Inputs inputs;
    private volatile Shipper shipper;
    private volatile List<SourceLag> left;

    Agent(AgentConfig config, OperatorLog log) {
        this.config = config;
        this.log = log;
        this.metrics = new AgentMetrics(config.wal().quotaBytes(), this::fileLags, tap);
    }

    /**
     * Takes the data directory, goes on where the last run ended, begins to read and ship.
     *
     * @throws DirectoryLock.HeldException if another agent runs there
     * @throws java.net.BindException if the status page's port is taken
     */
    void start() throws IOException {
        boolean started = false;
        try {
            lock();
            page = new StatusPage(config.http(), this);
            page.control().write(config.data());
            begin(!config.inputs().isEmpty());
            started = true;
        } finally {
            if (!started) {
                closeQuietly();
            }
        }
    }

    /**
     * As {@link #start}, but nothing is read and no page is shown: for {@link #drain}.
     *
     * @throws DirectoryLock.HeldException if an agent runs there
     */
    void startToDrain() throws IOException {
        boolean started = false;
        try {
            lock();
            begin(false);
            started = true;
        } finally {
            if (!started) {
                closeQuietly();
            }
        }
    }

    private void lock() throws IOException {
        DataOwner.refuseLinkOfOthers(config.data());
        Durable.createDirectories(config.data());
        lock = DirectoryLock.acquire(config.data().resolve(LOCK_FILE));
    }

    private void begin(boolean reading) throws IOException {
        Path walRoot = config.data().resolve(WAL_DIRECTORY);
        Backlog backlog = Backlog.open(config.data().resolve(CURSOR_FILE), walRoot, log, System.nanoTime());
        WalDirectory current = null;
        if (reading) {
            WalSettings settings = config.walSettings(backlog.bytesOnDisk());
            current = WalDirectory.create(walRoot, WalIdentity.startingNow(config.tenant(), config.agent(), ""));
            wal = WalWriter.open(current, settings);
            long excerptBytes = config.shipper().blockBytes() + (long) EXCERPT_MARGIN_BYTES;
            inputs = new Inputs(
                    config.inputs(),
                    backlog.knownFiles(),
                    new BlockJournal(wal, excerptBytes, log, metrics),
                    wal,
                    log,
                    this::failed,
                    this::drainAtEndOfInput);
        }
        WalWriter forced = wal;
        shipper = new Shipper(
                new ShipperSettings(
                        SessionSettings.of(
                                config.tenant(),
                                config.agent(),
                                config.collectors().stream()
                                        .map(Object::toString)
                                        .toList(),
                                config.shipper().inFlightBytes()),
                        config.shipper().tls(),
                        config.shipper().blockBytes(),
                        config.shipper().linger(),
                        config.labels(),
                        ShipperSettings.DEFAULT_DISCOVERY),
                backlog,
                current,
                forced == null ? () -> -1 : forced::forcedThrough,
                new WalDiscovery(config.wal().roots(), config.tenant(), log),
                this::fileLags,
                log,
                metrics,
                this::failed);
        metrics.shipper(shipper::status);
        if (wal != null) {
            wal.onForced(shipper::wake);
        }
        shipper.start();
        if (inputs != null) {
            inputs.start();
        }
    }

    private void failed(Throwable cause) {
        if (failure.compareAndSet(null, cause)) {
            log.error("failed", "the agent stops: " + cause);
            ended.countDown();
        }
    }

    /** Waits until {@link #close} or a failure. @return the failure, or null */
    Throwable awaitEnd() throws InterruptedException {
        ended.await();
        return failure.get();
    }

    /** Standard input is among its inputs: what is not read yet is lost to it when it ends. */
    boolean readsPipe() {
        return config.inputs().stdin().isPresent();
    }

    int httpPort() {
        return page.port();
    }

    AgentMetrics metrics() {
        return metrics;
    }

    @Override
    public byte[] figures() throws IOException {
        return metrics.page();
    }

    @Override
    public Tap tap() {
        return tap;
    }

    private List<SourceLag> fileLags() {
        Inputs now = inputs;
        return now == null ? List.of() : now.lags();
    }

    @Override
    public Health alive() {
        List<Health.Beat> beats = new ArrayList<>();
        Inputs reading = inputs;
        if (reading != null && reading.isRunning()) {
            beats.add(new Health.Beat(reading.threadName(), reading.steppedNanos()));
        }
        Shipper shipping = shipper;
        if (shipping != null) {
            beats.add(new Health.Beat("raftsman-shipper", shipping.steppedNanos()));
        }
        return Health.alive(System.nanoTime(), config.http().stalledAfter(), failure.get(), beats);
    }

    @Override
    public Health ready() {
        Health alive = alive();
        Shipper shipping = shipper;
        if (!alive.well()) {
            return alive;
        }
        if (shipping == null) {
            return new Health(false, "the agent starts or ends");
        }
        ShipperStatus status = shipping.status();
        List<SourceLag> lags = new ArrayList<>(status.lags());
        lags.addAll(fileLags());
        return Health.ready(
                System.nanoTime(),
                config.http().stalledAfter(),
                status.acknowledgedNanos(),
                metrics.isConnected(),
                lags);
    }

    @Override
    public boolean mayDrain() {
        return draining.compareAndSet(false, true);
    }

    @Override
    public List<SourceLag> drain(Duration within) throws InterruptedException {
        long deadlineNanos = System.nanoTime() + within.toNanos();
        log.info("draining: nothing more is read, shipping what is there: within=" + within);
        stopReading();
        closeWal();
        if (failure.get() != null) {
            throw new IllegalStateException("the agent fails", failure.get());
        }
        Shipper shipping = shipper;
        if (shipping == null) {
            throw new IllegalStateException("the agent ends");
        }
        return shipping.drain(Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime())));
    }

    /** There was nothing but a pipe to read, and it has ended: so does the agent, when all is acknowledged. */
    private void drainAtEndOfInput() {
        Thread draining = new Thread(
                () -> {
                    try {
                        if (mayDrain()) {
                            drained(drain(FOREVER));
                        }
                    } catch (InterruptedException | RuntimeException e) {
                        failed(e);
                    }
                },
                "raftsman-drain");
        draining.setDaemon(true);
        draining.start();
    }

    @Override
    public void drained(List<SourceLag> leftNow) {
        left = leftNow;
        if (leftNow.isEmpty()) {
            log.info("drained, the agent ends");
        } else {
            log.warn("left", "not all was acknowledged in time, the agent ends: left=" + leftNow);
        }
        ended.countDown();
    }

    /** What was left when the agent was drained; null if it was not. */
    List<SourceLag> left() {
        return left;
    }

    private void stopReading() throws InterruptedException {
        Inputs reading = inputs;
        if (reading != null) {
            reading.stop();
        }
    }

    /** Ends in good order; may be called twice. */
    @Override
    public synchronized void close() {
        try {
            stopReading();
            if (shipper != null) {
                shipper.stop(left == null ? DRAIN_BOUND : Duration.ZERO);
                shipper = null;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly();
            ended.countDown();
        }
    }

    private synchronized void closeWal() {
        try {
            if (wal != null) {
                wal.close();
                wal = null;
            }
        } catch (RuntimeException e) {
            failed(e);
        }
    }

    private void deleteControlFile() {
        try {
            ControlFile.delete(config.data());
        } catch (IOException e) {
            log.warn("control", "control file could not be deleted: " + e);
        }
    }

    private void closeQuietly() {
        closeWal();
        if (page != null) {
            page.close();
            page = null;
            deleteControlFile();
        }
        try {
            if (lock != null) {
                lock.close();
                lock = null;
            }
        } catch (IOException e) {
            log.warn("lock", "lock file could not be closed: " + e);
        }
    }
}
