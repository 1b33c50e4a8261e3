package dev.raftsman.cold;

/**
 * How cold objects are written. Nothing of it is needed for reading.
 *
 * @param blockBytes of plain blocks in one cold block: more compress better, fewer are read faster one by one
 * @param level of zstd
 * @param filtered whether the index holds the words of each cold block
 */
public record ColdSettings(int blockBytes, int level, boolean filtered) {
    static final int MIN_BLOCK_BYTES = 1 << 20;
    static final int MAX_BLOCK_BYTES = 8 << 20;

    public static final ColdSettings DEFAULTS = new ColdSettings(MAX_BLOCK_BYTES, 3, true);

    public ColdSettings {
        if (blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES) {
            throw new IllegalArgumentException("cold blocks of " + blockBytes + " bytes; expected 1 to 8 MiB");
        }
        if (level < 1 || level > 19) {
            throw new IllegalArgumentException("zstd level " + level + "; expected 1 to 19");
        }
    }
}
