package dev.raftsman.cli;

import java.io.IOException;
import java.io.InputStream;

/**
 * Ends a child when its parent dies, however it dies: the parent holds the other end of our standard input and writes nothing,
 * so end of file can only mean that it is gone. No polling, no pid that somebody else may have got meanwhile.
 */
public final class Lifeline {
    /** Set to {@code stdin} by a parent that holds our standard input. */
    public static final String VARIABLE = "RAFTSMAN_LIFELINE";

    private static final long GRACE_MILLIS = 10_000;

    private Lifeline() {}

    /** Starts the watch if the parent asked for it. Call once, early. */
    public static void holdIfAsked() {
        if ("stdin".equals(System.getenv(VARIABLE))) {
            Thread watch = new Thread(() -> watch(System.in), "lifeline");
            watch.setDaemon(true);
            watch.start();
        }
    }

    private static void watch(InputStream line) {
        try {
            while (line.read() >= 0) {
                // The parent has nothing to say.
            }
        } catch (IOException e) {
            // As good as closed.
        }
        Thread last = new Thread(Lifeline::haltAfterGrace, "lifeline-grace");
        last.setDaemon(true);
        last.start();
        System.exit(ExitCodes.OK);
    }

    /** An orderly end that hangs must not leave an orphan. */
    private static void haltAfterGrace() {
        try {
            Thread.sleep(GRACE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Runtime.getRuntime().halt(ExitCodes.SOFTWARE);
    }
}
