package dev.raftsman.block;

/** What a block's columns hold. */
public enum BlockKind {
    LINES(1),
    EVENTS(2),
    GAP(3);

    private final byte code;

    BlockKind(int code) {
        this.code = (byte) code;
    }

    byte code() {
        return code;
    }

    static BlockKind ofCode(int code) {
        for (BlockKind kind : values()) {
            if (kind.code == code) {
                return kind;
            }
        }
        throw new CorruptBlockException("block kind " + code + "; expected 1 to " + values().length);
    }
}
