package dev.raftsman.process;

/**
 * Decides of each line whether it goes on with the event before it. Pure: what must be remembered between two lines of one
 * source is a number that the caller keeps, 0 before the first line.
 */
public interface MultilineRule {
    /**
     * @param state as the line before left it
     * @param bytes the line without its newline, in {@code [from, to)}
     * @return the state after this line: as it is if the line goes on with the event, its complement ({@code ~state}, which
     *     is negative) if it begins one
     */
    int step(int state, byte[] bytes, int from, int to);
}
