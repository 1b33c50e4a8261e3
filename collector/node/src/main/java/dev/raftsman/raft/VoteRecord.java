package dev.raftsman.raft;

import dev.raftsman.disk.Checksum;
import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A second account of term and vote, with a checksum, which the engine's own file has not. It is written before a vote
 * leaves the node, so it is never ahead of what was promised: the engine's file may know more, which is no promise yet, but
 * less or something else only if it was damaged.
 *
 * <pre>
 * raft-vote   term=&lt;number&gt; votedFor=&lt;node&gt; crc32c=&lt;8 hex digits, of all before the space&gt;\n
 * </pre>
 *
 * Thread-safe.
 */
final class VoteRecord {
    /** Term and vote as a file tells them; {@code votedFor} is empty if that term has no vote. */
    record Vote(long term, String votedFor) {}

    static final String NAME = "raft-vote";

    static final String ENGINE_NAME = "raft-meta";
    private static final Pattern LINE = Pattern.compile("(term=([0-9]{1,18}) votedFor=(\\S*)) crc32c=([0-9a-f]{8})\n");

    private final Path directory;
    private Vote recorded;

    VoteRecord(Path directory) {
        this.directory = directory;
    }

    /** Whether the engine has a file of its own. */
    boolean isThere() {
        return Files.exists(directory.resolve(ENGINE_NAME));
    }

    /** @throws DamagedLogException if the engine's file has no term and vote */
    Vote ofEngine() throws IOException {
        Path file = directory.resolve(ENGINE_NAME);
        Properties found = new Properties();
        try (InputStream in = Files.newInputStream(file)) {
            found.load(in);
        } catch (IllegalArgumentException e) {
            throw new DamagedLogException(directory, file + " has no term and vote: " + e.getMessage(), e);
        }
        String term = found.getProperty("term", "");
        String votedFor = found.getProperty("votedFor");
        if (!term.matches("[0-9]{1,18}") || votedFor == null) {
            throw new DamagedLogException(
                    directory, file + " has no term and vote: term='" + term + "', bytes=" + Files.size(file), null);
        }
        return new Vote(Long.parseLong(term), votedFor.equals("null") ? "" : votedFor);
    }

    /** Makes the second account equal to the engine's, durably; nothing is written if it is already. */
    synchronized void keep() throws IOException {
        Vote vote = ofEngine();
        if (vote.equals(recorded)) {
            return;
        }
        String text = "term=" + vote.term() + " votedFor=" + vote.votedFor();
        String line = text + " crc32c=" + "%08x".formatted(crc(text)) + "\n";
        Durable.write(directory.resolve(NAME), ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8)));
        recorded = vote;
    }

    /**
     * Compares the two accounts.
     *
     * @throws DamagedLogException if the engine's tells less than was promised, or either makes no sense
     */
    synchronized void check() throws IOException {
        Vote engines = ofEngine();
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Matcher line = LINE.matcher(text);
        if (!line.matches() || crc(line.group(1)) != (int) Long.parseLong(line.group(4), 16)) {
            throw new DamagedLogException(directory, file + " is damaged: term and vote are not known for sure", null);
        }
        Vote promised = new Vote(Long.parseLong(line.group(2)), line.group(3));
        boolean otherVote = engines.term() == promised.term()
                && !promised.votedFor().isEmpty()
                && !promised.votedFor().equals(engines.votedFor());
        if (engines.term() < promised.term() || otherVote) {
            throw new DamagedLogException(
                    directory,
                    directory.resolve(ENGINE_NAME) + " is damaged: it has " + engines + ", but " + NAME
                            + " beside it has " + promised,
                    null);
        }
        recorded = promised;
    }

    private static int crc(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return Checksum.crc32c(ByteBuffer.wrap(bytes), 0, bytes.length);
    }
}
