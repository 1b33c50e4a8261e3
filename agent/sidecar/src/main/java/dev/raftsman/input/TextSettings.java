package dev.raftsman.input;

import dev.raftsman.block.Labels;
import dev.raftsman.process.Encoding;
import dev.raftsman.process.MultilineRule;
import java.time.Duration;

/**
 * What the bytes of an input mean, and when they become blocks.
 *
 * @param container whether each line is one of a container runtime
 * @param rule what joins lines to events, or null if each line is one
 * @param labels of every block; more may come from a file's path
 * @param idle after how long without growth what is there is taken as it is: a last line without newline, an event that
 *     could go on
 * @param dropWhenFull what is done when the WAL has no room: lines are dropped and counted, or reading waits
 * @param blockBytes raw bytes after which a block is finished
 * @param linger how long new bytes may wait at most for more of them before they become a block
 */
public record TextSettings(
        boolean container,
        MultilineRule rule,
        Encoding encoding,
        Labels labels,
        Duration idle,
        boolean dropWhenFull,
        int blockBytes,
        Duration linger) {
    public static final int DEFAULT_BLOCK_BYTES = 1 << 20;
    public static final Duration DEFAULT_LINGER = Duration.ofSeconds(1);
    public static final Duration DEFAULT_IDLE = Duration.ofSeconds(1);

    /** Lines as they lie in the file. */
    public static TextSettings lines(int blockBytes, Duration linger, Duration idle) {
        return new TextSettings(false, null, Encoding.AS_IT_IS, Labels.NONE, idle, false, blockBytes, linger);
    }

    /** Whether bytes go into blocks as they are, without a look at what they hold. */
    boolean areLines() {
        return !container && rule == null;
    }
}
