package dev.raftsman.raft;

import java.io.IOException;
import java.nio.file.Path;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.util.SizeInBytes;

/**
 * Term and vote as the engine writes them, and as we promise them beside it. It lives here because the disks that can be
 * filled do.
 */
public final class EngineVotes implements AutoCloseable {
    private final RaftStorage storage;
    private final Path current;

    /** @param directory to be made */
    public EngineVotes(Path directory) throws IOException {
        storage = RaftStorage.newBuilder()
                .setDirectory(directory.toFile())
                .setOption(RaftStorage.StartupOption.FORMAT)
                .setStorageFreeSpaceMin(SizeInBytes.ONE_KB)
                .build();
        storage.initialize();
        current = directory.resolve("current");
    }

    /** The engine's own file. */
    public Path meta() {
        return current.resolve(VoteRecord.ENGINE_NAME);
    }

    /** What the engine does before it answers. */
    public void vote(long term, String node) throws IOException {
        storage.getMetadataFile().persist(RaftStorageMetadata.valueOf(term, RaftPeerId.valueOf(node)));
    }

    /** What we do before its answer leaves. */
    public static void promise(Path meta) throws IOException {
        new VoteRecord(meta.getParent()).keep();
    }

    /** What we do before it starts; returns term and vote as it will find them. */
    public static String start(Path meta) throws IOException {
        VoteRecord record = new VoteRecord(meta.getParent());
        record.mend();
        return record.ofEngine().term() + " " + record.ofEngine().votedFor();
    }

    @Override
    public void close() throws IOException {
        storage.close();
    }
}
