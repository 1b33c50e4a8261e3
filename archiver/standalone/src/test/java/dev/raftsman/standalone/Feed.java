package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * A program that writes a log file, about 4 MB/s of numbered lines made from a seed, and rotates it by renaming when asked:
 * the load under which things are killed. It goes on until it is told to finish, so whoever is killed before that is killed
 * with lines on the way, however fast or slow the machine is.
 */
final class Feed {
    private static final int LINES_A_STEP = 500;
    private static final int FEW_LINES_A_STEP = 100;
    private static final long STEP_NANOS = 15_000_000;

    private final Path file;
    private final SplittableRandom random;
    private final boolean forced;
    private final int linesAStep;
    private final Offered.Tally tally = new Offered.Tally();
    private final Thread thread = new Thread(this::run, "feed");
    private int rotations;
    private boolean rotating;
    private boolean paused;
    private boolean finishing;
    private IOException failure;

    /** @param forced whether each step is forced to the disk, so that a power cut takes nothing of it */
    Feed(Path file, long seed, boolean forced) {
        this(file, seed, forced, LINES_A_STEP);
    }

    /** One that a long campaign can read back whole: less than 1 MB/s. */
    static Feed slow(Path file, long seed) {
        return new Feed(file, seed, false, FEW_LINES_A_STEP);
    }

    private Feed(Path file, long seed, boolean forced, int linesAStep) {
        this.linesAStep = linesAStep;
        this.file = file;
        this.random = new SplittableRandom(seed);
        this.forced = forced;
        thread.setDaemon(true);
    }

    Feed start() {
        thread.start();
        return this;
    }

    private void run() {
        try {
            while (step()) {
                LockSupport.parkNanos(STEP_NANOS);
            }
        } catch (IOException e) {
            synchronized (this) {
                failure = e;
            }
        }
    }

    /** Returns whether to go on. */
    private synchronized boolean step() throws IOException {
        if (paused || finishing) {
            return !finishing;
        }
        byte[] lines = OddFiles.lines(random, linesAStep, "\n", true);
        boolean created = !Files.exists(file);
        try (FileChannel out = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
            ByteBuffer rest = ByteBuffer.wrap(lines);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
            if (forced) {
                out.force(true);
            }
        }
        tally.write(lines, 0, lines.length);
        if (rotating) {
            rotating = false;
            Files.move(file, file.resolveSibling(file.getFileName() + "." + ++rotations));
            created = true;
        }
        if (forced && created) {
            try (FileChannel dir = FileChannel.open(file.getParent())) {
                dir.force(true);
            }
        }
        return true;
    }

    /** Soon renames the file and goes on in a new one of its name. */
    synchronized void rotate() {
        rotating = true;
    }

    synchronized boolean isRotating() {
        return rotating;
    }

    /** Returns when no file is open and none will be, until {@link #resume}. */
    synchronized void pause() {
        paused = true;
    }

    synchronized void resume() {
        paused = false;
    }

    /** Ends it; what was written in all. */
    Offered finish() {
        synchronized (this) {
            finishing = true;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (failure != null) {
            throw new AssertionError(failure);
        }
        return tally.offered("feed");
    }
}
