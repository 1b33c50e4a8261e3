package dev.raftsman.wal;

/** What an excerpt of the write-ahead log holds. The code is stored. */
public enum ExcerptKind {
    /** A batch of event rows, back to back, as an appender's ring gave them. */
    ROWS(1),
    /** One finished block; the extra part belongs to whoever made it. */
    BLOCK(2),
    /** No event, only the extra part: how far a source counts as read. */
    CHECKPOINT(3),
    /** Never stored: a reader's word for excerpts that are gone or do not match their checksum. */
    DAMAGED(0);

    private final byte code;

    ExcerptKind(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    /** @return the kind that is stored under this code, or null if there is none */
    static ExcerptKind ofStoredCode(byte code) {
        for (ExcerptKind kind : values()) {
            if (kind.code == code && kind != DAMAGED) {
                return kind;
            }
        }
        return null;
    }
}
