package dev.raftsman.catalog;

/**
 * What became of one block.
 *
 * @param value ACCEPTED and DUPLICATE: the epoch's last sequence now; EXPECTED: the sequence it must begin with;
 *     CONFLICT: the epoch's last sequence; else 0
 */
public record Verdict(Kind kind, long value) {
    /** The codes are stored in replies. */
    public enum Kind {
        /** Stored. */
        ACCEPTED(0),
        /** All its sequences are stored already; not stored again. A gap is that whatever is stored under them. */
        DUPLICATE(1),
        /** Begins elsewhere than behind the last sequence. */
        EXPECTED(2),
        /** Its sequences are stored already with other bytes: a producer reused them. An alarm. */
        CONFLICT(3),
        CLOSED(4),
        FORGOTTEN(5),
        UNKNOWN(6),
        /** Not a whole block. */
        MALFORMED(7);

        private static final Kind[] BY_CODE = values();

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        public byte code() {
            return code;
        }

        /** @throws IllegalArgumentException if there is no such verdict */
        public static Kind ofCode(int code) {
            if (code < 0 || code >= BY_CODE.length) {
                throw new IllegalArgumentException("verdict " + code);
            }
            return BY_CODE[code];
        }
    }

    /** Whether the block's sequences are stored now, so that it may be acknowledged through {@link #value()}. */
    public boolean stored() {
        return kind == Kind.ACCEPTED || kind == Kind.DUPLICATE;
    }
}
