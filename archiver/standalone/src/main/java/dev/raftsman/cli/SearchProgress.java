package dev.raftsman.cli;

import dev.raftsman.restore.ReadCounts;
import dev.raftsman.standalone.Bytes;
import java.io.PrintStream;
import java.util.concurrent.locks.LockSupport;

/** A line on a terminal that says how far a long search is, until something is found that goes there too. */
final class SearchProgress implements AutoCloseable {
    private static final long FIRST_NANOS = 1_000_000_000L;
    private static final long NEXT_NANOS = 200_000_000L;

    private final ReadCounts counts;
    private final PrintStream err;
    private final boolean besideOutput;
    private boolean shown;
    private boolean ended;

    private SearchProgress(ReadCounts counts, PrintStream err, boolean besideOutput) {
        this.counts = counts;
        this.err = err;
        this.besideOutput = besideOutput;
    }

    /** On standard error, if that is a terminal. */
    static SearchProgress start(ReadCounts counts) {
        SearchProgress progress = new SearchProgress(counts, System.err, Boolean.getBoolean("raftsman.terminal.out"));
        if (Boolean.getBoolean("raftsman.terminal")) {
            Thread thread = new Thread(progress::run, "search-progress");
            thread.setDaemon(true);
            thread.start();
        }
        return progress;
    }

    private void run() {
        LockSupport.parkNanos(FIRST_NANOS);
        while (show()) {
            LockSupport.parkNanos(NEXT_NANOS);
        }
    }

    private synchronized boolean show() {
        if (!ended) {
            err.print("\r\u001b[Ksegment " + counts.segments() + " of " + counts.segmentsInAll() + ", read "
                    + Bytes.text(counts.bytesFetched()));
            err.flush();
            shown = true;
        }
        return !ended;
    }

    /** Something is written to standard output. */
    void output() {
        if (besideOutput) {
            end();
        }
    }

    /** Nothing is shown any more. */
    synchronized void end() {
        ended = true;
        if (shown) {
            err.print("\r\u001b[K");
            err.flush();
            shown = false;
        }
    }

    @Override
    public void close() {
        end();
    }
}
