package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A command that ran to its end. */
record Ran(int exitCode, byte[] outputBytes, String error) {
    private static final Duration LIMIT = Duration.ofMinutes(3);

    String output() {
        return new String(outputBytes, StandardCharsets.UTF_8);
    }

    String lastLine(int fromEnd) {
        List<String> lines = output().lines().toList();
        return lines.size() < fromEnd ? "" : lines.get(lines.size() - fromEnd);
    }

    static Ran command(String... command) {
        return command(Map.of(), Arrays.asList(command));
    }

    /** The raftsman command of this checkout. */
    static Ran raftsman(String... arguments) {
        String[] command = new String[arguments.length + 1];
        command[0] = LocalCluster.launcher();
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return command(command);
    }

    static Ran command(Map<String, String> environment, List<String> command) {
        try {
            // Files, not pipes: nobody has to read both at once.
            Path out = Files.createTempFile("ran", ".out");
            Path err = Files.createTempFile("ran", ".err");
            try {
                ProcessBuilder builder = new ProcessBuilder(command);
                builder.environment().putAll(environment);
                Process process = builder.redirectInput(Path.of("/dev/null").toFile())
                        .redirectOutput(out.toFile())
                        .redirectError(err.toFile())
                        .start();
                if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                    process.descendants().forEach(ProcessHandle::destroyForcibly);
                    process.destroyForcibly();
                    throw new AssertionError(command + " still ran after " + LIMIT + ": " + Files.readString(err));
                }
                return new Ran(process.exitValue(), Files.readAllBytes(out), Files.readString(err));
            } finally {
                Files.delete(out);
                Files.delete(err);
            }
        } catch (IOException e) {
            throw new AssertionError("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }
}
