package dev.raftsman.ring;

import dev.raftsman.event.NameTable;
import dev.raftsman.event.RowWriter;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Writers for the threads that log: few, so that they stay in the processor's cache, and none kept for a thread, since there
 * may be a million of those. A thread looks in one place only; where another has the writer it makes a new one, to be
 * collected.
 */
final class WriterPool {
    private static final int PLACES = 64;

    /** So far apart that two places share no cache line. */
    private static final int STRIDE = 32;

    private final NameTable names;
    private final AtomicReferenceArray<RowWriter> places = new AtomicReferenceArray<>(PLACES * STRIDE);

    WriterPool(NameTable names) {
        this.names = names;
    }

    RowWriter take() {
        RowWriter writer = places.getAndSet(place(), null);
        return writer == null ? new RowWriter(names) : writer;
    }

    /** Any writer that was taken and has ended its row. */
    void giveBack(RowWriter writer) {
        places.setRelease(place(), writer);
    }

    private static int place() {
        return ((int) Thread.currentThread().getId() & PLACES - 1) * STRIDE;
    }
}
