package dev.raftsman.input;

import java.time.Duration;
import java.util.List;

/**
 * What a file input reads, and when.
 *
 * @param paths absolute path patterns
 * @param naming which stream a file feeds
 * @param blockBytes raw bytes after which a block is finished
 * @param linger how long new bytes may wait for more of them before they become a block
 * @param idle after how long without growth a last line without newline is taken as it is
 * @param discovery how often the patterns are looked up
 */
public record FileInputSettings(
        List<String> paths, StreamNaming naming, int blockBytes, Duration linger, Duration idle, Duration discovery) {
    public static final int DEFAULT_BLOCK_BYTES = 1 << 20;
    public static final Duration DEFAULT_LINGER = Duration.ofMillis(200);
    public static final Duration DEFAULT_IDLE = Duration.ofSeconds(1);
    public static final Duration DEFAULT_DISCOVERY = Duration.ofMillis(500);

    public FileInputSettings {
        paths = List.copyOf(paths);
    }

    public static FileInputSettings of(List<String> paths, StreamNaming naming) {
        return new FileInputSettings(
                paths, naming, DEFAULT_BLOCK_BYTES, DEFAULT_LINGER, DEFAULT_IDLE, DEFAULT_DISCOVERY);
    }

    /** @throws IllegalArgumentException if this is no absolute path or pattern of paths */
    public static void checkPattern(String pattern) {
        PathGlob unused = new PathGlob(pattern);
        assert unused.toString().equals(pattern);
    }
}
