package dev.raftsman.event;

/** Why events are not stored. The code is stored with each declaration. */
public enum LossReason {
    NONE(0),
    /** The ring was full and its policy is to drop. */
    RING_FULL(1),
    /** The write-ahead log had reached its quota or the disk its reserve. */
    QUOTA(2),
    /** Left out on purpose by a filter. */
    FILTERED(3),
    /** Claimed in the ring, never written: the process died first. */
    PROCESS_DIED(4),
    /** The write-ahead log was damaged here. */
    DAMAGED(5),
    /** Acknowledged, then lost with the whole cluster: not archived yet, and no longer on its host. */
    CLUSTER_LOSS(6),
    /** Could not be encoded. */
    UNENCODABLE(7);

    private static final LossReason[] BY_CODE = values();

    private final byte code;

    LossReason(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    /** @throws IllegalArgumentException if no reason has this code */
    public static LossReason ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("loss reason code " + code + "; expected 0 to " + (BY_CODE.length - 1));
        }
        return BY_CODE[code];
    }
}
