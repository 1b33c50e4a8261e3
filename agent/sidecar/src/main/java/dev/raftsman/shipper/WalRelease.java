package dev.raftsman.shipper;

import java.util.UUID;
import java.util.function.LongConsumer;

/**
 * How far one WAL is acknowledged, and what may be deleted of it for that: only what a <em>durable</em> cursor names. Files
 * that go earlier are lost if the host dies with the cursor still behind them, since nobody could tell then whether the
 * cluster has them.
 *
 * <pre>
 *  acknowledged  ──►  in the cursor, as of a version  ──►  that version durable  ──►  older files deleted
 * </pre>
 *
 * One position at a time is on this way; those that are acknowledged meanwhile follow together. Shipper's thread only.
 */
final class WalRelease {
    private static final long NONE = -1;

    private final UUID incarnation;
    private final CursorFile cursorFile;
    private final LongConsumer releaseBelow;
    private long acknowledged;
    private long awaited = NONE;
    private long awaitedVersion;
    private long released = NONE;

    /**
     * Goes on where the cursor is.
     *
     * @param releaseBelow deletes what holds nothing behind a position
     */
    WalRelease(UUID incarnation, CursorFile cursorFile, LongConsumer releaseBelow) {
        this.incarnation = incarnation;
        this.cursorFile = cursorFile;
        this.releaseBelow = releaseBelow;
        this.acknowledged = cursorFile.cursor().position(incarnation);
    }

    /** Every excerpt up to this position is acknowledged; -1 if none is. */
    long acknowledged() {
        return acknowledged;
    }

    /** Every excerpt up to this position is acknowledged; what that says of sources is in the cursor already. */
    void acknowledged(long position) {
        if (position > acknowledged) {
            acknowledged = position;
            cursorFile.cursor().position(incarnation, position);
        }
    }

    /** Deletes what may be deleted now. */
    void step() {
        if (awaited > released && cursorFile.isDurable(awaitedVersion)) {
            releaseBelow.accept(awaited);
            released = awaited;
        }
        if (acknowledged > awaited && awaited == released) {
            awaited = acknowledged;
            awaitedVersion = cursorFile.cursor().version();
        }
    }
}
