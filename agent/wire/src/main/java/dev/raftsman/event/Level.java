package dev.raftsman.event;

/** Severity of an event. The code is stored; the order of severity is the order of declaration. */
public enum Level {
    TRACE(0),
    DEBUG(1),
    INFO(2),
    WARN(3),
    ERROR(4),
    /** A line of a file that nothing has parsed: its severity is not known. */
    UNPARSED(5);

    private static final Level[] BY_CODE = values();

    private final byte code;

    Level(int code) {
        this.code = (byte) code;
    }

    public byte code() {
        return code;
    }

    /** The bit of this level in a block's and a segment's level bitmap. */
    public int bit() {
        return 1 << code;
    }

    /** @throws IllegalArgumentException if no level has this code */
    public static Level ofCode(int code) {
        if (code < 0 || code >= BY_CODE.length) {
            throw new IllegalArgumentException("level code " + code + "; expected 0 to " + (BY_CODE.length - 1));
        }
        return BY_CODE[code];
    }
}
