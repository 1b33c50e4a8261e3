package dev.raftsman.archiver;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;

/**
 * One archiver process: a thread of its own that runs only while it has the turn, and may lose it at every step it takes
 * outside of itself. So another can act in the middle of anything, and one seed always runs the same way. What the process
 * shares with nobody but its successor is its staging directory.
 */
final class SimArchiver {
    /** Not an exception that anything could handle: the process is gone. */
    private static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** The whole of a round, from the opening on where it was not opened. */
    static final int WHOLE_ROUND = Integer.MAX_VALUE;

    /** What the process does over and over. */
    interface Work {
        /** A round; opens what is to be opened first. */
        void round(SimArchiver archiver) throws IOException;
    }

    private final String owner;
    private final Path staging;
    private final Work work;
    private final Semaphore go = new Semaphore(0);
    private final Semaphore back = new Semaphore(0);
    private final Thread thread;

    /** Steps until the turn is handed back. */
    private int left;

    private boolean killed;
    private boolean inRound;
    private Throwable failure;
    private int taken;

    SimArchiver(String owner, Path staging, Work work) {
        this.owner = owner;
        this.staging = staging;
        this.work = work;
        this.thread = new Thread(this::live, "archiver-" + owner);
        thread.setDaemon(true);
        thread.start();
    }

    String owner() {
        return owner;
    }

    Path staging() {
        return staging;
    }

    /** Whether it stands in the middle of a round. */
    boolean isInRound() {
        return inRound;
    }

    int stepsTaken() {
        return taken;
    }

    private void live() {
        go.acquireUninterruptibly();
        try {
            while (!killed) {
                inRound = true;
                work.round(this);
                inRound = false;
                handBack();
            }
        } catch (Killed e) {
            inRound = false;
        } catch (IOException | RuntimeException | Error e) {
            failure = e;
        } finally {
            back.release();
        }
    }

    private void handBack() {
        back.release();
        go.acquireUninterruptibly();
        if (killed) {
            throw new Killed();
        }
    }

    /** Is called by the process at every step, before and after it. */
    void step() {
        if (killed) {
            throw new Killed();
        }
        if (Thread.currentThread() != thread) {
            return; // A look at the end, from outside.
        }
        taken++;
        if (--left <= 0) {
            handBack();
        }
    }

    /** Lets it run to the end of its round, or for so many steps. */
    void turn(int steps) {
        left = steps;
        go.release();
        back.acquireUninterruptibly();
        if (failure != null) {
            throw new AssertionError("the archiver " + owner + " stopped by itself", failure);
        }
    }

    /** Ends it where it stands: nothing that it would clean up is cleaned up. */
    void kill() {
        Map<Path, byte[]> behind = new HashMap<>();
        try {
            if (Files.isDirectory(staging)) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(staging)) {
                    for (Path file : files) {
                        if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
                            behind.put(file, Files.readAllBytes(file));
                        }
                    }
                }
            }
            killed = true;
            if (failure == null) {
                go.release();
                back.acquireUninterruptibly();
            }
            thread.join();
            for (Map.Entry<Path, byte[]> file : behind.entrySet()) {
                Files.write(file.getKey(), file.getValue());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
