package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Meddles with the system calls of a running process, by strace, until it is closed. Needs the right to trace. */
final class SystemCalls {
    private static final String FORCES = "fsync,fdatasync";

    private final Process strace;

    private SystemCalls(Process strace) {
        this.strace = strace;
    }

    /** Why there can be none; null if there can. */
    static String unavailable() {
        if (!Checkout.has("strace")) {
            return "strace is not installed";
        }
        Ran ran = Ran.command("strace", "-f", "-qq", "-e", "inject=fsync:error=EIO", "true");
        return ran.exitCode() == 0 ? null : "no right to trace: " + ran.error().strip();
    }

    /** Each force from now on takes longer by so much. */
    static SystemCalls slowForces(ChildProcess child, Path log, long millis) {
        return meddle(child, log, "delay_exit=" + TimeUnit.MILLISECONDS.toMicros(millis));
    }

    /** Each force from now on fails. */
    static SystemCalls failingForces(ChildProcess child, Path log) {
        return meddle(child, log, "error=EIO");
    }

    private static SystemCalls meddle(ChildProcess child, Path log, String how) {
        try {
            Process strace = new ProcessBuilder(List.of(
                            "strace",
                            "-f",
                            "-o",
                            log.toString(),
                            "-e",
                            "trace=" + FORCES,
                            "-e",
                            "inject=" + FORCES + ":" + how,
                            "-p",
                            Long.toString(child.pid())))
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(
                            log.resolveSibling(log.getFileName() + ".err").toFile()))
                    .start();
            return new SystemCalls(strace);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** How many calls were meddled with, as the log has it. */
    static long injected(Path log) {
        try (var lines = Files.lines(log)) {
            return lines.filter(l -> l.contains("(INJECTED)") || l.contains("(DELAYED)"))
                    .count();
        } catch (IOException e) {
            return 0;
        }
    }

    /** Lets the process go on by itself. */
    void close() {
        strace.destroy();
        try {
            strace.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
