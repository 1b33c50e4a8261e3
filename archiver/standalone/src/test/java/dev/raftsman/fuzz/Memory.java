package dev.raftsman.fuzz;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What reading a few bytes may allocate on the heap. Counted by the JVM for the thread, so nothing else disturbs it. */
final class Memory {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    /** Messages, traces of exceptions, assertions. */
    private static final long SLACK_BYTES = 512 << 10;

    interface Reading {
        void run() throws Exception;
    }

    private Memory() {}

    /**
     * @param bytes that may be allocated, beyond a little
     * @param reading does the same each time: what allocates too much does it once more, since a class that is used for
     *     the first time is loaded
     */
    static void atMost(long bytes, Reading reading) throws Exception {
        if (allocatedBy(reading) <= SLACK_BYTES + bytes) {
            return;
        }
        long allocated = allocatedBy(reading);
        if (allocated > SLACK_BYTES + bytes) {
            throw new AssertionError(allocated + " bytes allocated; expected at most " + (SLACK_BYTES + bytes));
        }
    }

    private static long allocatedBy(Reading reading) throws Exception {
        long before = THREADS.getCurrentThreadAllocatedBytes();
        reading.run();
        return THREADS.getCurrentThreadAllocatedBytes() - before;
    }
}
