package dev.raftsman.collector;

import dev.raftsman.config.ConfigException;
import dev.raftsman.raft.FailureListener.Failure;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A collector as a process. */
public final class CollectorProcess {
    private static final Logger LOG = LoggerFactory.getLogger(CollectorProcess.class);
    private static final long NOTIFY_SECONDS = 5;

    private CollectorProcess() {}

    /**
     * Runs a node until the process is told to end, or the node cannot go on.
     *
     * <p>On SIGTERM a shutdown hook closes the node in order and ends the process with 0; this method does not return
     * then.
     *
     * @return exit code of sysexits.h, as the package page lists them
     */
    public static int run(Path file) {
        CollectorConfig config;
        try {
            config = CollectorConfig.read(file);
        } catch (ConfigException e) {
            complain(e.getMessage());
            return ConfigException.EXIT_CODE;
        }
        CompletableFuture<Integer> end = new CompletableFuture<>();
        CollectorNode node;
        try {
            node = CollectorNode.start(config, Clock.systemUTC(), (failure, detail, cause) -> {
                if (failure == Failure.REMOVED) {
                    LOG.info("the node ends: reason={}, detail={}", failure, detail);
                } else {
                    LOG.error("the node ends: reason={}, detail={}", failure, detail, cause);
                }
                if (end.complete(exitCode(failure))) {
                    complain("raftsman collector: "
                            + (failure == Failure.REMOVED || failure == Failure.REFUSED
                                    ? detail
                                    : "ended by a failure; the log has the reason"));
                }
            });
        } catch (StartException e) {
            complain("raftsman collector: " + e.getMessage());
            return e.exitCode();
        }
        Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(node, end), "stop"));
        LOG.info(
                "collector runs: node={}, data={}, ingest={}, http={}",
                config.node(),
                config.data(),
                config.ingest().listen(),
                config.http());
        tellSupervisor();
        int code = end.join();
        return code;
    }

    private static int exitCode(Failure failure) {
        return switch (failure) {
            case DISK -> StartException.IO_ERROR;
            case STOPPED -> StartException.SOFTWARE;
            case REFUSED -> StartException.DATA;
            case REMOVED -> 0;
        };
    }

    private static void stop(CollectorNode node, CompletableFuture<Integer> end) {
        if (end.isDone()) {
            // After a failure nothing on disk may be touched again.
            return;
        }
        node.close();
        LOG.info("collector stopped");
        // A process that did what it was told reports 0, where the JVM would report the signal.
        Runtime.getRuntime().halt(0);
    }

    private static void complain(String line) {
        System.err.println(line);
    }

    private static void tellSupervisor() {
        if (System.getenv("NOTIFY_SOCKET") == null) {
            return;
        }
        try {
            Process notify =
                    new ProcessBuilder("systemd-notify", "--ready").inheritIO().start();
            if (!notify.waitFor(NOTIFY_SECONDS, TimeUnit.SECONDS)) {
                notify.destroy();
            }
        } catch (IOException e) {
            LOG.warn("systemd was not told that the node runs: reason={}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
