package dev.raftsman.wal;

import java.nio.file.Path;

/**
 * One of the queue's files in a directory.
 *
 * @param number counts the files of an incarnation from 0
 * @param bytes its length; of the newest one a part may be mapped and not yet written
 */
public record WalFile(Path path, int number, long bytes) {
    /** What {@link WalReader#seekAfter} takes to go on with this file's first excerpt. */
    public long positionBefore() {
        return SizeRoll.position(number, 0) - 1;
    }

    /** Which file a position lies in. */
    public static int numberOf(long position) {
        return SizeRoll.cycleOf(position);
    }

    /** How many excerpts lie before a position in its file. */
    public static int excerptOf(long position) {
        return (int) position;
    }
}
