package dev.raftsman.archiver;

import dev.raftsman.archive.ColdTargets;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.ConfigException;
import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import dev.raftsman.objects.CountedObjectStore;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.policy.Policy;
import dev.raftsman.policy.RetentionFile;
import dev.raftsman.policy.RetentionPolicies;
import dev.raftsman.policy.Target;
import java.io.IOException;
import java.net.BindException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs the archiver until it is told to stop. */
public final class ArchiverProcess {
    private static final int OK = 0;
    private static final int UNAVAILABLE = 69;
    private static final int SOFTWARE = 70;
    private static final int CANNOT_CREATE = 73;
    private static final int IO_ERROR = 74;
    private static final int SECOND_INSTANCE = 75;
    private static final int NO_PERMISSION = 77;

    private static final String OWNER_FILE = "owner";
    private static final String LOCK_FILE = "archiver.lock";
    /** Outlasts an election; a cluster that is away for longer is reported, and asked again in the next round. */
    private static final Backoff PATIENCE =
            new Backoff(Duration.ofMillis(50), Duration.ofSeconds(1), Duration.ofSeconds(10));

    private static final Duration DRAIN = Duration.ofSeconds(30);

    private static final Logger LOG = LoggerFactory.getLogger(ArchiverProcess.class);

    private final ArchiverConfig config;
    private final RetentionPolicies policies;
    private final ArchiverMetrics metrics;
    private final CountDownLatch stopped = new CountDownLatch(1);

    /** Written by the worker after its first round, read by the status pages. */
    private volatile boolean ready;

    /** Whether this archiver's last round was the one that acted. Written by the worker, read by the lake's thread. */
    private volatile boolean active;

    /** The catalog after the last round that acted, if a policy asks for labels. Written by the worker, read by the lake's. */
    private volatile CatalogView labeled;

    private ArchiverProcess(ArchiverConfig config, RetentionPolicies policies) {
        this.config = config;
        this.policies = policies;
        this.metrics = new ArchiverMetrics(policies.targets().keySet());
    }

    /**
     * Blocks until SIGTERM or an error that a restart might not cure.
     *
     * @return an exit code of sysexits.h, after one line on the standard error stream if it is not 0
     */
    public static int run(Path configFile) {
        ArchiverConfig config;
        RetentionPolicies policies;
        try {
            config = ArchiverConfig.read(configFile);
            policies = RetentionFile.read(config.retention(), ArchiverProcess::askForLocks);
        } catch (ConfigException e) {
            return refuse(ConfigException.EXIT_CODE, e.getMessage());
        }
        return new ArchiverProcess(config, policies).run();
    }

    private static LockSupport askForLocks(Target target) {
        LockSupport support = target.lockSupport();
        if (support.answer() == LockSupport.Answer.UNKNOWN) {
            LOG.warn(
                    "nothing is archived to it that is not locked, and whether it can lock is not known: target={} reason={}",
                    target.name(),
                    support.why());
        } else {
            LOG.info("locks: target={} {}", target.name(), support);
        }
        return support;
    }

    @SuppressWarnings("try") // The lock is held, not used.
    private int run() {
        try {
            Durable.createDirectories(config.data());
        } catch (AccessDeniedException e) {
            return refuse(NO_PERMISSION, "data directory " + config.data() + ": no permission");
        } catch (IOException e) {
            return refuse(CANNOT_CREATE, "data directory " + config.data() + " cannot be made: " + e.getMessage());
        }
        try (DirectoryLock lock = DirectoryLock.acquire(config.data().resolve(LOCK_FILE));
                StatusPages pages = StatusPages.start(config.http(), metrics, () -> ready);
                ClusterClient cluster = new ClusterClient(config.collectors(), PATIENCE, config.token());
                LakeThread lake = lake();
                ColdTargets targets = new ColdTargets(policies, this::open)) {
            LOG.info(
                    "archiver: data={} collectors={} policies={} http={}",
                    config.data(),
                    config.collectors(),
                    policies.hash().substring(0, 12),
                    pages.port());
            lake.start();
            return work(cluster, targets);
        } catch (DirectoryLock.HeldException e) {
            return refuse(SECOND_INSTANCE, e.getMessage());
        } catch (BindException e) {
            return refuse(UNAVAILABLE, "http address " + config.http() + " cannot be listened on: " + e.getMessage());
        } catch (AccessDeniedException e) {
            return refuse(NO_PERMISSION, e.getFile() + ": no permission");
        } catch (FileSystemException e) {
            return refuse(CANNOT_CREATE, "data directory " + config.data() + ": " + e.getMessage());
        } catch (IOException e) {
            return refuse(IO_ERROR, e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("stopped by a mistake of ours", e);
            return refuse(SOFTWARE, e.toString());
        }
    }

    private LakeThread lake() {
        LakeWorker worker = new LakeWorker(
                policies,
                policies.policies().stream().anyMatch(policy -> policy.archive().delta())
                        ? this::belongsInTheLake
                        : LakeWorker.NO_SEGMENTS,
                Target::open,
                config.data().resolve("lake"),
                () -> active && stopped.getCount() > 0,
                metrics);
        return new LakeThread(worker, config.every());
    }

    /** Where labels are asked for, the catalog has them, not the archive: until it was seen, nothing belongs there. */
    private boolean belongsInTheLake(SegmentView segment) {
        CatalogView seen = labeled;
        Optional<Policy> policy = !policies.asksForLabels()
                ? policies.policyFor(segment.tenant(), segment.stream())
                : seen == null
                        ? Optional.empty()
                        : seen.stream(segment.streamNumber()).flatMap(stream -> policies.policyFor(seen, stream));
        return policy.filter(found -> found.archive().delta()).isPresent();
    }

    private ObjectStore open(Target target) throws IOException {
        return new CountedObjectStore(target.open(), operation -> metrics.request(target.name(), operation));
    }

    private int work(ClusterClient cluster, ColdTargets targets) throws IOException {
        Thread worker = Thread.currentThread();
        CountDownLatch drained = new CountDownLatch(1);
        Thread hook = new Thread(
                () -> {
                    stopped.countDown();
                    worker.interrupt(); // It may be waiting for an answer; every step can be gone on with.
                    try {
                        if (!drained.await(DRAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                            LOG.warn("the last step did not end in time; the next start goes on with it");
                        }
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "archiver-stop");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            RetentionRound round = RetentionRound.open(
                    policies, cluster, targets, owner(), config.data().resolve("staging"), Clock.systemUTC(), metrics);
            rounds(round, cluster);
            return OK;
        } finally {
            drained.countDown();
            removeHook(hook);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            LOG.debug("the hook is what stops us", e);
        }
    }

    private void rounds(RetentionRound round, Cluster cluster) throws IOException {
        systemdReady();
        String lastFailure = "";
        RetentionRound.Outcome last = null;
        while (stopped.getCount() > 0) {
            try {
                RetentionRound.Outcome outcome = round.run(config.act());
                metrics.round(outcome.name().toLowerCase(java.util.Locale.ROOT), System.currentTimeMillis());
                ready = true;
                if (outcome == RetentionRound.Outcome.DONE && policies.asksForLabels()) {
                    labeled = cluster.catalog();
                }
                active = outcome == RetentionRound.Outcome.DONE;
                lastFailure = "";
                if (outcome != last) {
                    LOG.info("round: outcome={}", outcome);
                    last = outcome;
                }
            } catch (IOException e) {
                active = false;
                metrics.round(ArchiverMetrics.FAILED, System.currentTimeMillis());
                String failure = String.valueOf(e.getMessage());
                if (stopped.getCount() > 0 && !failure.equals(lastFailure)) {
                    LOG.warn("round failed, will be tried again: reason={}", failure);
                    lastFailure = failure;
                }
            }
            pause();
        }
        releaseLease(round);
    }

    private void pause() {
        try {
            if (stopped.await(config.every().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("told to stop");
            }
        } catch (InterruptedException e) {
            LOG.debug("woken to stop", e);
        }
    }

    private static void releaseLease(RetentionRound round) {
        boolean interrupted = Thread.interrupted(); // The one request left is to be sent all the same.
        try {
            round.release();
        } catch (IOException e) {
            LOG.info("the lease was not given back, it runs out by itself: reason={}", e.getMessage());
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private String owner() throws IOException {
        Path file = config.data().resolve(OWNER_FILE);
        if (Files.exists(file)) {
            return Files.readString(file).strip();
        }
        String owner = "archiver-" + UUID.randomUUID();
        Durable.write(file, ByteBuffer.wrap((owner + "\n").getBytes(StandardCharsets.UTF_8)));
        return owner;
    }

    private static void systemdReady() throws IOException {
        if (System.getenv("NOTIFY_SOCKET") != null) {
            new ProcessBuilder("systemd-notify", "--ready").inheritIO().start();
        }
    }

    private static int refuse(int code, String line) {
        System.err.println(line);
        return code;
    }
}
