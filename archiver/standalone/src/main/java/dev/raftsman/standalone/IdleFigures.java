package dev.raftsman.standalone;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A process left alone: its memory at the end of that time, and the CPU of the last half of it, so that what it still had to
 * do at the beginning does not count.
 *
 * @param cpuShare of one core, 0.005 being half a per cent
 * @param overSeconds for how long the CPU was looked at
 */
record IdleFigures(MemoryFigures memory, double cpuShare, double overSeconds) {
    private static final long POLL_NANOS = 100_000_000;

    /** Takes {@code time}; nobody talks to the process meanwhile. */
    static IdleFigures of(ChildProcess process, Duration time, Progress progress) {
        long startNanos = System.nanoTime();
        await(process, startNanos + time.toNanos() / 2, progress);
        ProcessFigures before = ProcessFigures.of(process.pid());
        long fromNanos = System.nanoTime();
        await(process, startNanos + time.toNanos(), progress);
        ProcessFigures used = ProcessFigures.of(process.pid()).since(before);
        double seconds = (System.nanoTime() - fromNanos) / 1e9;
        progress.clear();
        return new IdleFigures(MemoryFigures.of(process.pid()), used.cpuSeconds() / seconds, seconds);
    }

    private static void await(ChildProcess process, long untilNanos, Progress progress) {
        while (System.nanoTime() - untilNanos < 0) {
            if (!process.isAlive()) {
                throw new StandaloneException(
                        process.name() + " ended; its log " + process.log() + " ends with:\n" + process.lastWords());
            }
            progress.now("%s is left alone: %d s to go"
                    .formatted(process.name(), (untilNanos - System.nanoTime()) / 1_000_000_000));
            LockSupport.parkNanos(POLL_NANOS);
            if (Thread.currentThread().isInterrupted()) {
                throw new StandaloneException("interrupted");
            }
        }
    }
}
