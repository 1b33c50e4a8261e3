package dev.raftsman.store;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;

/** A Raft log for tests: keeps what it applies, so that another state can be fed the same. */
final class Entries {
    private final List<byte[]> log = new ArrayList<>();
    long stampMillis = 1_000_000;

    /** Of all applied. */
    long greatestStampMillis;

    /** Applies the entry at the next index. */
    Reply apply(ReplicatedState state, Entry entry) {
        log.add(entry.encode());
        greatestStampMillis = Math.max(greatestStampMillis, entry.stampMillis());
        return Reply.decode(ByteBuffer.wrap(state.apply(1, log.size() - 1L, ByteBuffer.wrap(entry.encode()))));
    }

    /** Applies bytes that are no entry. */
    void applyGarbage(ReplicatedState state, Random random) {
        byte[] garbage = new byte[random.nextInt(50)];
        random.nextBytes(garbage);
        log.add(garbage);
        state.apply(1, log.size() - 1L, ByteBuffer.wrap(garbage));
    }

    CommandResult change(ReplicatedState state, Command command) {
        return ((Reply.ChangeReply) apply(state, new Entry.Change(stampMillis, command))).result();
    }

    List<Verdict> append(ReplicatedState state, EpochBlock... blocks) {
        return ((Reply.AppendReply) apply(state, new Entry.Append(stampMillis, List.of(blocks)))).verdicts();
    }

    Verdict append(ReplicatedState state, long epoch, ByteBuffer block) {
        return append(state, new EpochBlock(epoch, block)).get(0);
    }

    long open(ReplicatedState state, String producer, String stream) {
        Command.Open open = new Command.Open("acme", producer, new UUID(0, producer.hashCode()), stream);
        return ((CommandResult.Opened) change(state, open)).epoch();
    }

    /** The index of the next entry. */
    long next() {
        return log.size();
    }

    /** Applies all that was applied before, from the state's index on, and returns the replies. */
    List<byte[]> replay(ReplicatedState state) {
        return replay(state, log.size());
    }

    /** Applies what was applied before up to an index, exclusive. */
    List<byte[]> replay(ReplicatedState state, long to) {
        List<byte[]> replies = new ArrayList<>();
        for (long index = state.appliedIndex() + 1; index < to; index++) {
            replies.add(state.apply(1, index, ByteBuffer.wrap(log.get((int) index))));
        }
        return replies;
    }

    /** Every segment file's path below the directory and its bytes. */
    static TreeMap<String, ByteBuffer> files(Path directory) throws IOException {
        TreeMap<String, ByteBuffer> files = new TreeMap<>();
        Path segments = directory.resolve("segments");
        try (Stream<Path> walk = Files.walk(segments)) {
            for (Path file : walk.filter(Files::isRegularFile).toList()) {
                files.put(segments.relativize(file).toString(), ByteBuffer.wrap(Files.readAllBytes(file)));
            }
        }
        return files;
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> walk = Files.walk(from)) {
            for (Path source : walk.toList()) {
                Path target = to.resolve(from.relativize(source).toString());
                if (Files.isDirectory(source)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(source, target);
                }
            }
        }
    }
}
