package dev.raftsman.sidecar;

import dev.raftsman.config.ConfigException;
import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.shipper.DamagedCursorException;
import dev.raftsman.tls.TlsFileException;
import dev.raftsman.wal.WalException;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The agent as a process: exit codes, signals, the word to systemd. */
public final class AgentProcess {
    private static final int OK = 0;
    private static final int DATA_ERROR = 65;
    private static final int UNAVAILABLE = 69;
    private static final int SOFTWARE = 70;
    private static final int CANNOT_CREATE = 73;
    private static final int IO_ERROR = 74;
    private static final int TEMPORARY = 75;
    private static final int NO_PERMISSION = 77;

    private static final long STOP_MOST_SECONDS = 10;

    private AgentProcess() {}

    /**
     * Runs the agent until SIGTERM or SIGINT, which end it in good order, or until it fails.
     *
     * @return the exit code, of sysexits.h: 78 configuration, 75 a second instance, 73 and 77 data directory, 69 port,
     *     65 damaged cursor, 74 disk, 70 a bug; after a signal the process has ended with 0 before this returns
     */
    public static int run(Path configFile) {
        PrintStream err = System.err;
        AgentConfig config;
        try {
            config = AgentConfig.read(configFile);
        } catch (ConfigException e) {
            err.println(e.getMessage());
            return ConfigException.EXIT_CODE;
        }
        OperatorLog log = new OperatorLog(err, Clock.systemUTC());
        Agent agent = new Agent(config, log);
        try {
            agent.start();
        } catch (IOException | RuntimeException e) {
            err.println("raftsman agent: " + explain(config, e));
            return exitCode(e);
        }
        log.info("agent runs: agent=" + config.agent() + ", tenant=" + config.tenant() + ", data=" + config.data()
                + ", http=" + config.http().listen());
        return runUntilSignal(agent, log);
    }

    /**
     * Ships what the write-ahead logs hold: by the agent that runs, which ends then, or else here.
     *
     * @return the exit code: 0 if nothing is left, 75 if something is, or as {@link #run}
     */
    public static int drain(Path configFile, Duration within) {
        PrintStream err = System.err;
        try {
            AgentConfig config = AgentConfig.read(configFile);
            List<String> left;
            Agent agent = new Agent(config, new OperatorLog(err, Clock.systemUTC()));
            DataOwner.require(config.data());
            try (agent) {
                agent.startToDrain();
                List<SourceLag> lags = agent.drain(within);
                agent.drained(lags);
                left = StatusPage.said(lags).lines().toList();
            } catch (DirectoryLock.HeldException held) {
                left = drainRunning(config, within, held);
            }
            boolean drained = left.isEmpty() || left.get(0).equals(StatusPage.DRAINED);
            if (drained) {
                System.out.println("drained: nothing is left in the write-ahead logs");
                return OK;
            }
            err.println("raftsman agent drain: not all was acknowledged within " + within.toMillis() + " ms");
            left.stream().skip(1).forEach(line -> err.println("left: " + line));
            return TEMPORARY;
        } catch (ConfigException e) {
            err.println(e.getMessage());
            return ConfigException.EXIT_CODE;
        } catch (IOException | RuntimeException e) {
            err.println("raftsman agent drain: " + explain(e));
            return exitCode(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return TEMPORARY;
        }
    }

    private static List<String> drainRunning(AgentConfig config, Duration within, DirectoryLock.HeldException held)
            throws IOException {
        AgentClient client;
        List<String> left;
        try {
            client = AgentClient.of(config);
            left = client.drain(within);
        } catch (AgentClient.RefusedException e) {
            throw new AgentClient.RefusedException(true, held.getMessage() + "; " + e.getMessage());
        }
        if (!client.awaitEnd(Duration.ofSeconds(STOP_MOST_SECONDS))) {
            System.err.println("raftsman agent drain: the agent was drained, and has not ended yet");
        }
        return left;
    }

    private static int runUntilSignal(Agent agent, OperatorLog log) {
        CountDownLatch returned = new CountDownLatch(1);
        Thread onSignal = new Thread(() -> stopped(agent, log, returned), "raftsman-stop");
        Runtime.getRuntime().addShutdownHook(onSignal);
        notifySystemd(log);
        try {
            Throwable failure = agent.awaitEnd();
            List<SourceLag> left = agent.left();
            if (failure == null && left == null) {
                return OK; // a signal came
            }
            agent.close();
            Runtime.getRuntime().removeShutdownHook(onSignal);
            return failure != null ? exitCode(failure) : left.isEmpty() ? OK : TEMPORARY;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            agent.close();
            return OK;
        } catch (IllegalStateException shuttingDown) {
            return IO_ERROR;
        } finally {
            returned.countDown();
        }
    }

    /** A JVM that a signal ends reports the signal; an agent that ended in good order reports 0. */
    private static void stopped(Agent agent, OperatorLog log, CountDownLatch returned) {
        log.info("agent stops: shipping what can be acknowledged now");
        agent.close();
        try {
            boolean inTime = returned.await(STOP_MOST_SECONDS, TimeUnit.SECONDS);
            log.info("agent stopped" + (inTime ? "" : ", its main thread still runs"));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        // Whoever wrote to the pipe must learn that its end was not acknowledged.
        Runtime.getRuntime().halt(agent.readsPipe() ? TEMPORARY : OK);
    }

    private static void notifySystemd(OperatorLog log) {
        if (System.getenv("NOTIFY_SOCKET") == null) {
            return;
        }
        try {
            Process notify =
                    new ProcessBuilder("systemd-notify", "--ready").inheritIO().start();
            if (!notify.waitFor(STOP_MOST_SECONDS, TimeUnit.SECONDS)) {
                log.warn("systemd", "systemd-notify does not end");
            }
        } catch (IOException e) {
            log.warn("systemd", "systemd could not be told: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static String explain(AgentConfig config, Throwable cause) {
        if (cause instanceof BindException) {
            return "cannot listen on " + config.http().listen() + " (http.listen): " + cause.getMessage();
        }
        return explain(cause);
    }

    /** One line for a person. */
    static String explain(Throwable cause) {
        if (cause instanceof AccessDeniedException denied) {
            return "no permission for " + denied.getFile()
                    + (denied.getReason() == null ? "" : ": " + denied.getReason());
        }
        if (cause instanceof FileSystemException file) {
            return "cannot make or use " + file.getFile() + (file.getReason() == null ? "" : ": " + file.getReason());
        }
        return String.valueOf(cause.getMessage() == null ? cause : cause.getMessage());
    }

    static int exitCode(Throwable failure) {
        Throwable cause = failure instanceof UncheckedIOException unchecked ? unchecked.getCause() : failure;
        if (cause instanceof TlsFileException) {
            return ConfigException.EXIT_CODE; // changed since the configuration was read
        }
        if (cause instanceof DirectoryLock.HeldException || cause instanceof AgentClient.RefusedException) {
            return TEMPORARY;
        }
        if (cause instanceof BindException) {
            return UNAVAILABLE;
        }
        if (cause instanceof DamagedCursorException) {
            return DATA_ERROR;
        }
        if (cause instanceof AccessDeniedException) {
            return NO_PERMISSION;
        }
        if (cause instanceof FileSystemException) {
            return CANNOT_CREATE;
        }
        if (cause instanceof IOException || cause instanceof WalException) {
            return IO_ERROR;
        }
        return SOFTWARE;
    }
}
