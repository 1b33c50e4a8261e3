package dev.raftsman.simulation;

import java.util.ArrayDeque;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * Virtual time, one thread, one source of chance: whatever happens is a task at some moment, and tasks of one moment run in
 * the order in which they were asked for. So a seed always runs the same way.
 */
public final class Scheduler {
    public static final long MICRO = 1_000L;
    public static final long MILLI = 1_000_000L;
    public static final long SECOND = 1_000_000_000L;

    private static final int TAIL_LINES = 80;

    private record Task(long atNanos, long order, Runnable work) implements Comparable<Task> {
        @Override
        public int compareTo(Task other) {
            return atNanos != other.atNanos ? Long.compare(atNanos, other.atNanos) : Long.compare(order, other.order);
        }
    }

    private final Random random;
    private final PriorityQueue<Task> tasks = new PriorityQueue<>();
    private final ArrayDeque<String> tail = new ArrayDeque<>();
    private long nowNanos = SECOND;
    private long order;
    private long steps;
    private boolean calm;

    Scheduler(long seed) {
        random = new Random(seed);
    }

    public Random random() {
        return random;
    }

    public long nowNanos() {
        return nowNanos;
    }

    /** Tasks run so far. */
    long steps() {
        return steps;
    }

    public void after(long nanos, Runnable work) {
        tasks.add(new Task(nowNanos + Math.max(0, nanos), order++, work));
    }

    /** Runs the next task. */
    void step() {
        Task next = tasks.remove();
        nowNanos = next.atNanos;
        steps++;
        next.work.run();
    }

    /** From here on no fault is injected. */
    void calm() {
        calm = true;
    }

    public boolean isCalm() {
        return calm;
    }

    /** A fault that comes once in so many times; never once all is calm. */
    public boolean fault(int oneIn) {
        return !calm && random.nextInt(oneIn) == 0;
    }

    /** From {@code least} to {@code most}, both included. */
    public long between(long least, long most) {
        return least + random.nextLong(most - least + 1);
    }

    /** Something happened that explains what comes after. */
    public void trace(String line) {
        if (tail.size() == TAIL_LINES) {
            tail.remove();
        }
        tail.add(String.format("%9.3f ms  %s", nowNanos / 1e6, line));
    }

    /** The last lines of the trace. */
    String tail() {
        return String.join("\n", tail);
    }
}
