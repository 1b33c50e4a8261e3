package dev.raftsman.sidecar;

import dev.raftsman.input.BlockJournal;
import dev.raftsman.input.BlockMaker;
import dev.raftsman.input.FileInput;
import dev.raftsman.input.KnownFile;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.input.StdinInput;
import dev.raftsman.wal.WalWriter;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * The agent's own inputs at work: one thread, {@code raftsman-inputs}, that reads files, takes what came through pipes,
 * makes blocks and writes them to the agent's WAL.
 */
final class Inputs {
    private static final Duration FLUSH_BOUND = Duration.ofMillis(500);
    private static final long PARK_MOST_NANOS = 500_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000L;

    private final BlockMaker maker;
    private final FileInput files;
    private final StdinInput stdin;
    private final boolean finite;
    private final BlockJournal journal;
    private final WalWriter wal;
    private final Consumer<Throwable> fatal;
    private final Runnable ended;
    private final Thread thread;
    private volatile boolean stopping;
    private volatile long steppedNanos;

    /**
     * @param known how far each file was read before
     * @param wal the agent's own, written by this thread alone
     * @param fatal told when the thread ends by a failure
     * @param ended told when there is nothing left to read and never will be: standard input alone, at its end
     */
    Inputs(
            InputsConfig config,
            List<KnownFile> known,
            BlockJournal journal,
            WalWriter wal,
            OperatorLog log,
            Consumer<Throwable> fatal,
            Runnable ended) {
        this.journal = journal;
        this.wal = wal;
        this.fatal = fatal;
        this.ended = ended;
        this.finite = config.files().isEmpty();
        this.maker = new BlockMaker(config.blockBytes(), Inputs::epochNanos);
        this.files = finite
                ? null
                : new FileInput(config.files(), known, maker, journal, log, Inputs::epochNanos, System::nanoTime);
        this.stdin = config.stdin()
                .map(input -> new StdinInput(
                        input.stream(), input.text(), maker, journal, log, Inputs::epochNanos, System.nanoTime()))
                .orElse(null);
        this.thread = new Thread(this::run, "raftsman-inputs");
        this.steppedNanos = System.nanoTime();
    }

    private static long epochNanos() {
        return System.currentTimeMillis() * NANOS_PER_MILLI;
    }

    void start() {
        thread.start();
        if (stdin != null) {
            ReadableByteChannel pipe = new FileInputStream(FileDescriptor.in).getChannel();
            stdin.start(pipe, () -> LockSupport.unpark(thread));
        }
    }

    private void run() {
        try {
            boolean done = false;
            while (!stopping && !done) {
                long nowNanos = System.nanoTime();
                steppedNanos = nowNanos;
                boolean worked = files != null && files.step(nowNanos);
                worked |= stdin != null && stdin.step(nowNanos);
                done = finite && stdin.isDone();
                if (!worked && !done) {
                    journal.look();
                    park(nowNanos);
                }
            }
            flush();
            if (done && !stopping) {
                ended.run();
            }
        } catch (RuntimeException | Error e) {
            fatal.accept(e);
        } finally {
            if (files != null) {
                files.close();
            }
            maker.close();
        }
    }

    private void park(long nowNanos) {
        long untilNanos = nowNanos + PARK_MOST_NANOS;
        if (files != null && files.nextStepNanos() - untilNanos < 0) {
            untilNanos = files.nextStepNanos();
        }
        if (stdin != null && stdin.nextStepNanos() - untilNanos < 0) {
            untilNanos = stdin.nextStepNanos();
        }
        long parkNanos = untilNanos - System.nanoTime();
        if (parkNanos > 0) {
            LockSupport.parkNanos(this, parkNanos);
        }
    }

    private void flush() {
        long nowNanos = System.nanoTime();
        if (stdin != null) {
            stdin.flush(nowNanos);
        }
        if (files != null) {
            files.flush(false, nowNanos, nowNanos + FLUSH_BOUND.toNanos(), System::nanoTime);
        }
        wal.force();
    }

    /** Stops reading, makes blocks of what is there, forces them, and returns when that is done. May be called twice. */
    void stop() throws InterruptedException {
        stopping = true;
        LockSupport.unpark(thread);
        thread.join();
    }

    /** What is there and in no block yet. Any thread. */
    List<SourceLag> lags() {
        return files == null ? List.of() : files.lags();
    }

    String threadName() {
        return thread.getName();
    }

    boolean isRunning() {
        return thread.isAlive() && !stopping;
    }

    /** When the thread was last seen at work. Any thread. */
    long steppedNanos() {
        return steppedNanos;
    }
}
