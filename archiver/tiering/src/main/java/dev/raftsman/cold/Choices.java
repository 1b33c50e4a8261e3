package dev.raftsman.cold;

/** Names the values of a column of choices one after the other; see {@link Companions}. */
final class Choices {
    private final byte[] bytes;
    private final int[] ends;
    private final NumberColumn which;

    /** Null where each is named as it is. */
    private final int[] last;

    /** Null if the column follows itself. */
    private final Choices other;

    private int fresh;
    private int id;

    private Choices(byte[] bytes, int[] ends, NumberColumn which, int[] last, Choices other) {
        this.bytes = bytes;
        this.ends = ends;
        this.which = which;
        this.last = last;
        this.other = other;
    }

    /**
     * @param bytes of the distinct values
     * @param ends value i is from end i to the next one
     * @param which of them each is
     */
    static Choices named(byte[] bytes, int[] ends, NumberColumn which) {
        return new Choices(bytes, ends, which, null, null);
    }

    /**
     * @param codes of {@link Companions}
     * @param other whose value is always named first; null for the column itself
     */
    static Choices following(byte[] bytes, int[] ends, NumberColumn codes, Choices other) {
        return new Choices(bytes, ends, codes, new int[other == null ? 1 : other.count()], other);
    }

    int count() {
        return ends.length - 1;
    }

    /** Goes to the next value. */
    void next() {
        long code = which.next();
        long named = last == null ? code : resolve(code);
        if (named < 0 || named >= count()) {
            throw new DamageException("choice " + named + " of " + count());
        }
        id = (int) named;
        if (last != null) {
            last[at()] = id + 1;
            fresh += id == fresh ? 1 : 0;
        }
    }

    private int at() {
        return other == null ? 0 : other.id;
    }

    private long resolve(long code) {
        if (code == Companions.PREDICTED) {
            int before = last[at()];
            return before == 0 ? fresh : before - 1;
        }
        return code == Companions.NEW ? fresh : code - Companions.VALUES;
    }

    byte[] bytes() {
        return bytes;
    }

    int offset() {
        return ends[id];
    }

    int length() {
        return ends[id + 1] - ends[id];
    }
}
