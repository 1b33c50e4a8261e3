package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.UUID;

/** What the engine's directory tells before the engine opens it. */
public final class LogFiles {
    private LogFiles() {}

    /** Where the engine keeps all of one group. */
    public static Path group(Path directory, UUID group) {
        return directory.resolve(group.toString());
    }

    /** Makes the names of the engine's files durable, of which the engine forces none. */
    public static void forceNames(Path directory, UUID group) throws IOException {
        Durable.forceDirectory(group(directory, group).resolve("current"));
        Durable.forceDirectory(group(directory, group));
        Durable.forceDirectory(directory);
    }

    /**
     * The term that was last made durable; 0 if the engine made its files but never voted nor heard of a leader. Empty if
     * the file is not there: the engine would begin anew.
     *
     * @throws DamagedLogException if neither the file nor what was promised beside it makes sense
     */
    public static OptionalLong term(Path directory, UUID group) throws IOException {
        VoteRecord record = new VoteRecord(group(directory, group).resolve("current"));
        return record.isThere() ? OptionalLong.of(record.known().term()) : OptionalLong.empty();
    }
}
