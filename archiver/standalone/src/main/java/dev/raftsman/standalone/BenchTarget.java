package dev.raftsman.standalone;

import java.io.IOException;
import java.util.List;

/** Three nodes that run, and the process that loads them. {@link #close} ends them all. */
interface BenchTarget extends AutoCloseable {
    /** Process ids of the nodes. */
    List<Long> nodes();

    LoadChild load();

    /** Fails with its last words where a node has ended. */
    void requireAlive();

    /**
     * Bytes of the log on each node, as files, once every node has everything.
     *
     * @throws StandaloneException if they do not get there
     */
    List<Long> storedBytes() throws IOException;

    /**
     * What is wrong with what is stored, in one line each; empty if it is exactly what was acknowledged.
     *
     * @param total what the load said of itself
     */
    List<String> problems(Moment total) throws IOException;

    @Override
    void close();
}
