package dev.raftsman.input;

import java.io.PrintStream;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;

/**
 * The agent's own lines, for the person who runs it: state changes and decisions, one line each, never an event's
 * content. The same complaint is repeated once a minute at most, with the number of times it was held back. They go to
 * the process's error stream, since an agent must not carry its own lines. Any thread.
 */
public final class OperatorLog {
    static final long REPEAT_MILLIS = 60_000;
    private static final int MAX_KEYS = 4_096;

    private final PrintStream out;
    private final InstantSource clock;
    private final Map<String, Held> held = new HashMap<>();

    private static final class Held {
        long sinceMillis;
        long count;
    }

    public OperatorLog(PrintStream out, InstantSource clock) {
        this.out = out;
        this.clock = clock;
    }

    public void info(String line) {
        print("INFO", line);
    }

    /**
     * Handled, but look.
     *
     * @param key what the line is about: repeated lines of one key are held back
     */
    public void warn(String key, String line) {
        limited("WARN", key, line);
    }

    /**
     * Data is at risk, a person is needed.
     *
     * @param key as in {@link #warn}
     */
    public void error(String key, String line) {
        limited("ERROR", key, line);
    }

    /** What the key was about is over: the next complaint is printed at once. */
    public synchronized void over(String key) {
        held.remove(key);
    }

    private synchronized void limited(String severity, String key, String line) {
        long now = clock.millis();
        Held before = held.get(key);
        if (before != null && now - before.sinceMillis < REPEAT_MILLIS) {
            before.count++;
            return;
        }
        if (before == null && held.size() >= MAX_KEYS) {
            held.clear();
        }
        Held next = new Held();
        next.sinceMillis = now;
        held.put(key, next);
        print(severity, before == null || before.count == 0 ? line : line + " (held back " + before.count + " times)");
    }

    private synchronized void print(String severity, String line) {
        out.println(Instant.ofEpochMilli(clock.millis()).truncatedTo(ChronoUnit.MILLIS) + " " + severity + " "
                + line.replaceAll("\\p{Cntrl}", "?"));
    }
}
