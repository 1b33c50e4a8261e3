package dev.raftsman.standalone;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that writes a log file at a steady pace, numbered lines made from a seed, and rotates it by renaming now and then:
 * the load under which things are killed.
 */
final class Feed implements Runnable {
    private static final int LINES_A_STEP = 500;
    private static final long STEP_NANOS = 10_000_000;

    private final Path file;
    private final SplittableRandom random;
    private final int steps;
    private final int stepsBetweenRotations;
    private final Offered.Tally tally = new Offered.Tally();
    private volatile Offered offered;
    private volatile IOException failure;

    /** @param steps of 500 lines each, ten milliseconds apart: about 5 MB/s */
    Feed(Path file, long seed, int steps, int rotations) {
        this.file = file;
        this.random = new SplittableRandom(seed);
        this.steps = steps;
        this.stepsBetweenRotations = steps / (rotations + 1) + 1;
    }

    Thread start() {
        Thread thread = new Thread(this, "feed");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    @Override
    public void run() {
        try {
            int rotated = 0;
            OutputStream out = Files.newOutputStream(file);
            for (int step = 1; step <= steps; step++) {
                byte[] lines = OddFiles.lines(random, LINES_A_STEP, "\n", true);
                out.write(lines);
                tally.write(lines, 0, lines.length);
                if (step % stepsBetweenRotations == 0) {
                    out.close();
                    Files.move(file, file.resolveSibling(file.getFileName() + "." + ++rotated));
                    out = Files.newOutputStream(file);
                }
                LockSupport.parkNanos(STEP_NANOS);
            }
            out.close();
            offered = tally.offered("feed");
        } catch (IOException e) {
            failure = e;
        }
    }

    long events() {
        return (long) steps * LINES_A_STEP;
    }

    /** What was written, once all was. */
    Offered offered() {
        if (failure != null) {
            throw new AssertionError(failure);
        }
        return offered;
    }
}
