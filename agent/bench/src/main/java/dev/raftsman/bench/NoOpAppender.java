package dev.raftsman.bench;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import java.util.concurrent.atomic.LongAdder;

/**
 * The floor: what Logback costs before any appender does something. Counts, so that nobody can compile it away; Logback's
 * own does not, and takes a lock.
 */
public final class NoOpAppender extends UnsynchronizedAppenderBase<ILoggingEvent> {
    private static final LongAdder TAKEN = new LongAdder();

    /** Events so far. */
    static long taken() {
        return TAKEN.sum();
    }

    @Override
    protected void append(ILoggingEvent event) {
        TAKEN.increment();
    }
}
