package dev.raftsman.shipper;

import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.input.SourceFile;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The damaged blocks at the end of each stream of an older WAL of the sidecar's own, as a power cut leaves those that were
 * not forced. They were never shipped, and their lines may be read again from the file, under numbers of the new WAL. Then
 * nothing is missing, and a gap would be a false alarm.
 *
 * <pre>
 *  a damaged block                                                      its sequences
 *    something sound of its stream follows in this WAL                  are declared: reading goes on behind that
 *    it was made of what came through a pipe                            are declared: nobody has it any more
 *    a file of it is gone, or another, or has not all of it any more    are declared
 *    its files are there, and are read on from before it                count for nothing
 * </pre>
 *
 * One thread, a directory each, in the order in which they were begun.
 */
final class DamagedEnd {
    /** @param afterAll whether nothing before it is gone without a word on what it was */
    private record Block(long position, List<SourceCheckpoint> checkpoints, boolean afterAll) {}

    private final long startMillis;
    private final NewestSources newest;
    private final Map<String, List<Block>> ends = new HashMap<>();
    private boolean complete = true;

    /** @param newest what was found in the cursor and in older directories; added to */
    DamagedEnd(long startMillis, NewestSources newest) {
        this.startMillis = startMillis;
        this.newest = newest;
    }

    /**
     * Takes the directory's next excerpt.
     *
     * @throws IllegalArgumentException if it should hold checkpoints, and does not
     */
    void next(Excerpt excerpt) {
        switch (excerpt.kind()) {
            case BLOCK, CHECKPOINT -> sound(excerpt.position(), SourceCheckpoint.decode(excerpt.extra()));
            case DAMAGED -> damaged(excerpt);
            case ROWS -> complete = false;
        }
    }

    private void sound(long position, List<SourceCheckpoint> checkpoints) {
        ends.remove(checkpoints.get(0).stream());
        for (SourceCheckpoint checkpoint : checkpoints) {
            if (checkpoint.isFile()) {
                newest.add(new Cursor.Source(startMillis, position, checkpoint));
            }
        }
    }

    private void damaged(Excerpt excerpt) {
        if (excerpt.writtenKind() != ExcerptKind.BLOCK) {
            complete = false; // excerpts that nobody can tell the streams of
            return;
        }
        List<SourceCheckpoint> checkpoints = SourceCheckpoint.decode(excerpt.extra());
        ends.computeIfAbsent(checkpoints.get(0).stream(), stream -> new ArrayList<>())
                .add(new Block(excerpt.position(), checkpoints, complete));
    }

    /**
     * To be asked once, at the end of the directory.
     *
     * @return positions of damaged blocks whose lines are read again
     */
    Set<Long> readAgain() {
        Set<Long> positions = new TreeSet<>();
        SourceFile.Finder files = new SourceFile.Finder();
        for (List<Block> end : ends.values()) {
            for (Block block : end) {
                if (block.checkpoints().stream().allMatch(each -> isReadAgain(block, each, files))) {
                    positions.add(block.position());
                }
            }
        }
        return positions;
    }

    private boolean isReadAgain(Block block, SourceCheckpoint checkpoint, SourceFile.Finder files) {
        if (!checkpoint.isFile()) {
            return false;
        }
        SourceFile file = files.find(checkpoint);
        if (!file.isThere() || file.bytes() < checkpoint.offset()) {
            return false;
        }
        Cursor.Source damaged = new Cursor.Source(startMillis, block.position(), checkpoint);
        Cursor.Source known = newest.of(checkpoint);
        if (known != null && files.find(known.checkpoint()).isThere()) {
            return known.checkpoint().offset() <= checkpoint.offset() && !known.isNewerThan(damaged);
        }
        // It was the first block of this file, which is read from its beginning then, whatever it is called by now.
        // Unless
        // a word on where to begin is among what is gone.
        if (block.afterAll()) {
            newest.add(new Cursor.Source(startMillis, block.position(), checkpoint.at(0)));
        }
        return block.afterAll();
    }
}
