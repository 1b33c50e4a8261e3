package dev.raftsman.wire;

/** Why a collector did not do what was asked; what the sidecar does next follows from it. */
public enum RefuseReason {
    /** Ask the leader named in the frame, or another node if none is. */
    NOT_LEADER(1),
    /** Go on from the sequence {@code expected}; or from what RESUMED says, as after a block that arrived damaged. */
    EXPECTED(2),
    /** The sequences are stored with other bytes: an alarm, this epoch stops. Of a FORGET: the epoch is open. */
    CONFLICT(3),
    /** The epoch was closed: nothing more is taken for it. */
    CLOSED_EPOCH(4),
    /** The epoch was closed and forgotten. */
    FORGOTTEN_EPOCH(5),
    /** No such epoch: open it first. */
    UNKNOWN_EPOCH(6),
    /** Try again after {@code retryAfterMillis}. */
    THROTTLED(7),
    /** The frame breaks the protocol; the connection is closed. */
    BAD_FRAME(8),
    /** No common protocol version; the connection is closed. */
    UNSUPPORTED_VERSION(9),
    /** The block is larger than this collector takes. */
    TOO_LARGE(10),
    /** No leader, shutting down, or an engine failure: whether the entry was stored is not known. Reconnect, resume. */
    UNAVAILABLE(11);

    private static final RefuseReason[] BY_CODE = values();

    private final byte code;

    RefuseReason(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    static RefuseReason ofCode(int code) {
        if (code < 1 || code > BY_CODE.length) {
            throw new ProtocolException("refuse reason " + code + "; expected 1 to " + BY_CODE.length);
        }
        return BY_CODE[code - 1];
    }
}
