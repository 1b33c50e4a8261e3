package dev.raftsman.shipper;

import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalFile;
import dev.raftsman.wal.WalProgress;
import java.util.List;
import java.util.Optional;

/**
 * How much of a WAL its reader has before it. Only the writer's page and the lengths of files are looked at: whole files
 * count as they are, the rest by the number of excerpts and their mean size so far. Shipper's thread only.
 */
final class UnreadWal {
    private static final long UNKNOWN_MEAN_BYTES = 16 << 10;

    private final WalDirectory directory;
    private Optional<WalProgress> progress;
    private long readExcerpts;
    private long readBytes;

    /** Since when something is there; 0 if nothing is. */
    private long sinceNanos;

    UnreadWal(WalDirectory directory) {
        this.directory = directory;
        this.progress = directory.progress();
    }

    void read(long bytes) {
        readExcerpts++;
        readBytes += bytes;
    }

    /** Position of the last excerpt that was appended, -1 if none was, or nobody knows. */
    long written() {
        if (progress.isEmpty()) {
            progress = directory.progress();
        }
        return progress.map(WalProgress::written).orElse(WalProgress.NONE);
    }

    /** @param position how far it was read */
    long bytes(long position, long nowNanos) {
        long written = written();
        if (written <= position) {
            sinceNanos = 0;
            return 0;
        }
        if (sinceNanos == 0) {
            sinceNanos = nowNanos;
        }
        long mean = readExcerpts == 0 ? UNKNOWN_MEAN_BYTES : readBytes / readExcerpts + 1;
        int newest = WalFile.numberOf(written);
        int current = position < 0 ? -1 : WalFile.numberOf(position);
        long excerpts = WalFile.excerptOf(written) + 1L - (current == newest ? WalFile.excerptOf(position) + 1L : 0);
        long bytes = excerpts * mean;
        if (current < newest) {
            bytes += between(current, newest, position, mean);
        }
        return bytes;
    }

    private long between(int current, int newest, long position, long mean) {
        long bytes = 0;
        List<WalFile> files = directory.walFiles();
        for (WalFile file : files) {
            if (file.number() >= current && file.number() < newest) {
                bytes += file.bytes();
            }
        }
        return Math.max(0, bytes - (current < 0 ? 0 : (WalFile.excerptOf(position) + 1L) * mean));
    }

    /** Since when something is there; only after {@link #bytes} found some. */
    long sinceNanos() {
        return sinceNanos;
    }
}
