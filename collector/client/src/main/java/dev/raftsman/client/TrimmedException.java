package dev.raftsman.client;

/**
 * What comes next is no longer hot: the consumer was away for longer than the collectors keep the stream. Whoever goes on
 * at {@link #trimmedAt()} knowingly leaves out what lies before; if it is ARCHIVED it can be read from there.
 */
public final class TrimmedException extends ConsumerException {
    private static final long serialVersionUID = 1L;

    private final transient Offset wanted;
    private final transient Offset trimmedAt;
    private final boolean archived;

    TrimmedException(String stream, Offset wanted, Offset trimmedAt, boolean archived) {
        super("stream " + stream + " is trimmed at " + trimmedAt + ", behind the wanted " + wanted
                + "; what lies between is " + (archived ? "in the archive" : "given up"));
        this.wanted = wanted;
        this.trimmedAt = trimmedAt;
        this.archived = archived;
    }

    public Offset wanted() {
        return wanted;
    }

    /** The first offset that can be read. */
    public Offset trimmedAt() {
        return trimmedAt;
    }

    /** Whether what was trimmed is in an archive; else it is given up. */
    public boolean archived() {
        return archived;
    }
}
