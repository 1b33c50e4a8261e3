package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Properties;
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
     * @throws DamagedLogException if the file is not what the engine writes
     */
    public static OptionalLong term(Path directory, UUID group) throws IOException {
        Path file = group(directory, group).resolve("current").resolve("raft-meta");
        if (!Files.exists(file)) {
            return OptionalLong.empty();
        }
        Properties meta = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            meta.load(in);
            return OptionalLong.of(Long.parseLong(meta.getProperty("term", "")));
        } catch (IllegalArgumentException e) {
            throw new DamagedLogException(file.getParent(), file + " has no term", e);
        }
    }
}
