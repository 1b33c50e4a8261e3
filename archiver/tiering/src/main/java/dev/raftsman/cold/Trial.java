package dev.raftsman.cold;

/** How long columns of variables become, by writing them. One thread; {@link #close} gives native memory back. */
final class Trial implements AutoCloseable {
    private static final int LEVEL = 3;

    private final Variables variables = new Variables();
    private final Lanes lanes = new Lanes(LEVEL);
    private final Lane packed = new Lane(1 << 12);
    private final Lane scratch = new Lane(1 << 12);

    /** Whether a column's values are so few that naming one is shorter than giving it. */
    boolean repeats(byte[] text, long[] column, int count) {
        return variables.repeats(text, column, count);
    }

    void add(byte[] text, long[] column, int count) {
        variables.beginTemplate();
        variables.write(text, column, count, lanes);
    }

    /** Of what was added since the last time. */
    long bytes() {
        packed.clear();
        lanes.pack(packed, scratch, false);
        lanes.clear();
        return packed.length;
    }

    @Override
    public void close() {
        lanes.close();
    }
}
