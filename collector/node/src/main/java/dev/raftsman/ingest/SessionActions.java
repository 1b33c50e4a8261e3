package dev.raftsman.ingest;

import dev.raftsman.block.Block;
import dev.raftsman.catalog.Command;
import dev.raftsman.wire.Frame;

/** What a session asks of the room around it; each call returns at once. Same thread as the session. */
interface SessionActions {
    void send(Frame.FromCollector frame);

    /** Why no blocks of the epoch are taken now; empty if they are. */
    default String throttled(long epoch) {
        return "";
    }

    /** To be answered by {@link IngestSession#applied}, or by the end of the session. */
    void append(long epoch, Block block);

    /** After every block appended before it. To be answered by {@link IngestSession#answered}. */
    void command(int request, Command command);

    /** To be answered by {@link IngestSession#resumed}. */
    void resume(int request, long epoch);

    /** Who is there; comes once, before anything else. */
    default void greeted(String tenant, String agent) {}

    /** How far the sidecar is behind with a stream. */
    default void lag(String stream, long bytes, long millis) {}

    /** Sends what was said, then closes the connection. The last call. */
    void close();
}
