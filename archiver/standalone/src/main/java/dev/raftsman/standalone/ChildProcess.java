package dev.raftsman.standalone;

import dev.raftsman.cli.Lifeline;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * One child with its log file. It ends with us: we hold its standard input, and {@link Lifeline} ends it when that closes.
 *
 * <p>Used by one thread at a time; {@link #close} may be called from a shutdown hook meanwhile.
 */
final class ChildProcess implements AutoCloseable {
    private static final Duration STOP_GRACE = Duration.ofSeconds(10);

    private final String name;
    private final Path log;
    private final Process process;

    private ChildProcess(String name, Path log, Process process) {
        this.name = name;
        this.log = log;
        this.process = process;
    }

    /**
     * Starts a child; its output is added to {@code log}.
     *
     * @param output where its standard output goes, or null for {@code log} too
     */
    static ChildProcess start(
            String name, List<String> command, Map<String, String> environment, Path log, Path output) {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put(Lifeline.VARIABLE, "stdin");
        builder.environment().put("RAFTSMAN_BUILD", "never");
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(environment);
        builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
        builder.redirectOutput(ProcessBuilder.Redirect.appendTo((output == null ? log : output).toFile()));
        try {
            Files.createDirectories(log.getParent());
            return new ChildProcess(name, log, builder.start());
        } catch (IOException e) {
            throw new StandaloneException("cannot start " + name + ": " + e.getMessage(), e);
        }
    }

    String name() {
        return name;
    }

    Path log() {
        return log;
    }

    long pid() {
        return process.pid();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** Runs it once the process has ended, on a thread of the JVM. */
    void onExit(Runnable then) {
        process.onExit().thenRun(then);
    }

    /** SIGKILL; returns when the process is gone. */
    void kill() {
        process.destroyForcibly();
        awaitExit(STOP_GRACE);
    }

    /** SIGTERM; does not wait. */
    void terminate() {
        process.destroy();
    }

    /** SIGTERM, then SIGKILL for one that does not listen; returns its exit code. */
    int stop() {
        process.destroy();
        if (!awaitExit(STOP_GRACE)) {
            kill();
        }
        return process.exitValue();
    }

    /** Returns whether it ended within the time. */
    boolean awaitExit(Duration limit) {
        try {
            return process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return false;
        }
    }

    /** The code it ended with; only once it has. */
    int exitCode() {
        return process.exitValue();
    }

    /** What its log ends with, for a message to a person. */
    String lastWords() {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 5), lines.size()));
        } catch (IOException e) {
            return "(no log: " + e.getMessage() + ")";
        }
    }

    @Override
    public void close() {
        if (process.isAlive()) {
            stop();
        }
    }
}
