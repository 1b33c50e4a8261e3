package dev.raftsman.standalone;

import java.io.PrintStream;

/**
 * One line that says how far it is. On a terminal it is written over; elsewhere a new line is printed now and then, so that a
 * log of a build shows that something moves. One thread.
 */
public final class Progress {
    private static final long TERMINAL_NANOS = 200_000_000L;
    private static final long ELSEWHERE_NANOS = 3_000_000_000L;
    private static final int WIDTH = 110;

    private final PrintStream out;
    private final boolean terminal;
    private long lastNanos;
    private boolean shown;

    Progress(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
        this.lastNanos = System.nanoTime();
    }

    /** Standard error; the launcher says whether it is a terminal. */
    public static Progress toStandardError() {
        return new Progress(System.err, Boolean.getBoolean("raftsman.terminal"));
    }

    /** Shows the text unless something was shown a moment ago. */
    public void now(String text) {
        long nanos = System.nanoTime();
        if (nanos - lastNanos < (terminal ? TERMINAL_NANOS : ELSEWHERE_NANOS)) {
            return;
        }
        lastNanos = nanos;
        if (terminal) {
            String line = text.length() > WIDTH ? text.substring(0, WIDTH) : text;
            out.print("\r" + line + " ".repeat(WIDTH - line.length()));
            out.flush();
            shown = true;
        } else {
            out.println(text);
        }
    }

    /** A line that stays. */
    public void say(String text) {
        clear();
        out.println(text);
    }

    public void clear() {
        if (shown) {
            out.print("\r" + " ".repeat(WIDTH) + "\r");
            out.flush();
            shown = false;
        }
    }
}
