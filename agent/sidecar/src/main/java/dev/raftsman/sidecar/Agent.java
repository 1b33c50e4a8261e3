package dev.raftsman.sidecar;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import dev.raftsman.input.BlockJournal;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.WalDiscovery;
import dev.raftsman.shipper.Backlog;
import dev.raftsman.shipper.SessionSettings;
import dev.raftsman.shipper.Shipper;
import dev.raftsman.shipper.ShipperSettings;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalIdentity;
import dev.raftsman.wal.WalSettings;
import dev.raftsman.wal.WalWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;

/**
 * The whole agent in one object: inputs, own WAL, shipper, status page, joined. {@link #start} begins, {@link #close}
 * stops reading, makes blocks of what is there, ships what is acknowledged within a bound and writes the cursor.
 */
final class Agent implements AutoCloseable {
    static final String LOCK_FILE = "agent.lock";
    static final String CURSOR_FILE = "cursor";
    static final String WAL_DIRECTORY = "wal";

    private static final Duration DRAIN_BOUND = Duration.ofSeconds(2);
    private static final int EXCERPT_MARGIN_BYTES = 32 << 10;

    private final AgentConfig config;
    private final OperatorLog log;
    private final AgentMetrics metrics = new AgentMetrics();
    private final CountDownLatch ended = new CountDownLatch(1);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();

    private DirectoryLock lock;
    private StatusPage page;
    private WalWriter wal;
    private Inputs inputs;
    private Shipper shipper;

    Agent(AgentConfig config, OperatorLog log) {
        this.config = config;
        this.log = log;
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
            Durable.createDirectories(config.data());
            lock = DirectoryLock.acquire(config.data().resolve(LOCK_FILE));
            page = new StatusPage(config.http().listen(), metrics, this::isAlive, this::isReady);
            begin();
            started = true;
        } finally {
            if (!started) {
                closeQuietly();
            }
        }
    }

    private void begin() throws IOException {
        Path walRoot = config.data().resolve(WAL_DIRECTORY);
        Backlog backlog = Backlog.open(config.data().resolve(CURSOR_FILE), walRoot, log, System.nanoTime());
        WalDirectory current = null;
        if (!config.inputs().isEmpty()) {
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
                    ended::countDown);
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
                log,
                metrics,
                this::failed);
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

    int httpPort() {
        return page.port();
    }

    AgentMetrics metrics() {
        return metrics;
    }

    private boolean isAlive() {
        return failure.get() == null;
    }

    /** A leader takes blocks, or there is nothing that waits for one. */
    private boolean isReady() {
        return isAlive() && shipper != null && (metrics.isConnected() || metrics.inFlight() == 0);
    }

    /** Ends in good order; may be called twice. */
    @Override
    public synchronized void close() {
        try {
            if (inputs != null) {
                inputs.stop();
                inputs = null;
            }
            if (shipper != null) {
                shipper.stop(DRAIN_BOUND);
                shipper = null;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            closeQuietly();
            ended.countDown();
        }
    }

    private void closeQuietly() {
        try {
            if (wal != null) {
                wal.close();
                wal = null;
            }
        } catch (RuntimeException e) {
            failed(e);
        }
        if (page != null) {
            page.close();
            page = null;
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
