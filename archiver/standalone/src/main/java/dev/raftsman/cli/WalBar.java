package dev.raftsman.cli;

import dev.raftsman.standalone.Bytes;
import dev.raftsman.standalone.Progress;
import dev.raftsman.wal.WalDirectory;
import java.util.List;

/** How far a look through logs has come; shown on a terminal only. One thread. */
final class WalBar {
    private static final int CELLS = 30;
    private static final long STEP_BYTES = 1 << 20;

    private final Progress progress;
    private final long allBytes;
    private final long startNanos = System.nanoTime();
    private long doneBytes;
    private long shownBytes;

    private WalBar(Progress progress, long allBytes) {
        this.progress = progress;
        this.allBytes = allBytes;
    }

    static WalBar forLogs(List<WalDirectory> logs) {
        long bytes = 0;
        for (WalDirectory log : logs) {
            for (var file : log.walFiles()) {
                bytes += file.bytes();
            }
        }
        return new WalBar(Boolean.getBoolean("raftsman.terminal") ? Progress.toStandardError() : null, bytes);
    }

    /** @param bytes of the log that is being read, so far */
    void reached(long bytes) {
        if (progress != null && doneBytes + bytes >= shownBytes + STEP_BYTES) {
            shownBytes = doneBytes + bytes;
            progress.now(text(shownBytes, allBytes, System.nanoTime() - startNanos));
        }
    }

    /** The log is read. */
    void next(long bytes) {
        doneBytes += bytes;
    }

    void clear() {
        if (progress != null) {
            progress.clear();
        }
    }

    static String text(long bytes, long allBytes, long nanos) {
        double part = allBytes == 0 ? 1 : Math.min(1, (double) bytes / allBytes);
        int cells = (int) (part * CELLS);
        return "[" + "#".repeat(cells) + "-".repeat(CELLS - cells) + "] " + (int) (part * 100) + " %  "
                + Bytes.text(bytes) + " of " + Bytes.text(allBytes) + ", "
                + Bytes.text(bytes * 1_000_000_000 / Math.max(1, nanos)) + "/s";
    }
}
