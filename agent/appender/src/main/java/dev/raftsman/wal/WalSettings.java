package dev.raftsman.wal;

import java.time.Duration;

/**
 * Sizes and times of one write-ahead log.
 *
 * @param quotaBytes most bytes its files may take on disk; checked before a file grows
 * @param reserveBytes free space that is left on the file system whatever the quota says
 * @param rollBytes a file that has this many bytes is the last one's predecessor: files are released whole, so small ones
 *     are released sooner; on a small disk they are smaller than this
 * @param blockBytes how much of a file is mapped at a time; an excerpt is at most a quarter of it
 * @param forceInterval how often what was written is forced to the disk, at the latest
 */
public record WalSettings(long quotaBytes, long reserveBytes, long rollBytes, int blockBytes, Duration forceInterval) {
    private static final long MIB = 1 << 20;
    private static final int PAGE_BYTES = 4096;
    static final int LEAST_ROLL_BYTES = 64 << 10;

    /** 1 GiB of quota, 512 MiB of reserve, files of 64 MiB mapped by 8 MiB, forced every 100 ms. */
    public static final WalSettings DEFAULTS = ofQuota(1024 * MIB);

    public WalSettings {
        if (blockBytes < 64 * 1024 || blockBytes % PAGE_BYTES != 0) {
            throw new IllegalArgumentException(
                    "blockBytes " + blockBytes + "; expected a multiple of 4096, at least 65536");
        }
        if (rollBytes < LEAST_ROLL_BYTES) {
            throw new IllegalArgumentException("rollBytes " + rollBytes + "; expected at least 65536");
        }
        if (quotaBytes < 2 * rollBytes) {
            // With less, nothing could be released while the newest file is written.
            throw new IllegalArgumentException(
                    "quotaBytes " + quotaBytes + "; expected at least twice rollBytes " + rollBytes);
        }
        if (reserveBytes < 0) {
            throw new IllegalArgumentException("reserveBytes " + reserveBytes + "; expected 0 or more");
        }
        if (forceInterval.isNegative() || forceInterval.isZero()) {
            throw new IllegalArgumentException("forceInterval " + forceInterval + "; expected more than 0");
        }
    }

    /** Defaults with another quota: files of an eighth of it, 64 MiB at most. */
    public static WalSettings ofQuota(long quotaBytes) {
        return new WalSettings(
                quotaBytes,
                512 * MIB,
                Math.max(LEAST_ROLL_BYTES, Math.min(64 * MIB, quotaBytes / 8)),
                (int) (8 * MIB),
                Duration.ofMillis(100));
    }

    public WalSettings withReserveBytes(long bytes) {
        return new WalSettings(quotaBytes, bytes, rollBytes, blockBytes, forceInterval);
    }

    public WalSettings withRollBytes(long bytes) {
        return new WalSettings(quotaBytes, reserveBytes, bytes, blockBytes, forceInterval);
    }

    public WalSettings withBlockBytes(int bytes) {
        return new WalSettings(quotaBytes, reserveBytes, rollBytes, bytes, forceInterval);
    }

    public WalSettings withForceInterval(Duration interval) {
        return new WalSettings(quotaBytes, reserveBytes, rollBytes, blockBytes, interval);
    }

    /** Longest body and extra part together that one excerpt takes. */
    public int maxExcerptBytes() {
        return blockBytes / 4 - ExcerptFrame.HEADER_BYTES - 64;
    }
}
