package dev.raftsman.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/**
 * What one search took, and what it printed.
 *
 * @param seconds from the start of the process to its end
 * @param cpuSeconds of the process and of all it started; of the collectors, too, if they took part
 * @param peakBytes the greatest resident set seen of the process
 * @param bytes that it printed
 * @param sha256 of these
 */
record Searched(
        double seconds, double cpuSeconds, long peakBytes, long bytes, String sha256, long blocksRead, long blocks) {
    private static final Duration LOOK = Duration.ofMillis(5);

    /** Runs it to its end. {@code out} and {@code errors} are written anew. */
    static Searched run(List<String> command, Path out, Path errors, Duration limit) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("RAFTSMAN_BUILD", "never");
        builder.redirectOutput(out.toFile());
        builder.redirectError(errors.toFile());
        double before = ProcessFigures.endedChildrenSeconds();
        long beginNanos = System.nanoTime();
        Process process = builder.start();
        long peakBytes = 0;
        try {
            while (!process.waitFor(LOOK.toMillis(), TimeUnit.MILLISECONDS)) {
                peakBytes = Math.max(peakBytes, ProcessFigures.of(process.pid()).peakBytes());
                if (System.nanoTime() - beginNanos > limit.toNanos()) {
                    throw new StandaloneException(command.get(0) + " did not end within " + limit.toSeconds() + " s");
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new StandaloneException("interrupted", e);
        } finally {
            process.destroyForcibly();
        }
        double seconds = (System.nanoTime() - beginNanos) / 1e9;
        // 1: nothing was found.
        if (process.exitValue() > 1) {
            throw new StandaloneException("%s ended with exit code %d: %s"
                    .formatted(
                            String.join(" ", command),
                            process.exitValue(),
                            Files.readString(errors).strip()));
        }
        Offered.Tally tally = new Offered.Tally();
        try (InputStream in = Files.newInputStream(out)) {
            in.transferTo(tally);
        }
        Offered printed = tally.offered("");
        return new Searched(
                seconds,
                ProcessFigures.endedChildrenSeconds() - before,
                peakBytes,
                printed.bytes(),
                printed.sha256(),
                0,
                0);
    }

    /** The same with what others did for it. */
    Searched with(double otherCpuSeconds, long read, long ofBlocks) {
        return new Searched(seconds, cpuSeconds + otherCpuSeconds, peakBytes, bytes, sha256, read, ofBlocks);
    }

    static double median(List<Searched> all, ToDoubleFunction<Searched> of) {
        double[] sorted = all.stream().mapToDouble(of).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
