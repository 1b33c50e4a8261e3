package dev.raftsman.raft;

import dev.raftsman.disk.Checksum;
import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A second account of term and vote, with a checksum, which the engine's own file has not. It is written before a vote
 * leaves the node, so it is never ahead of what was promised: the engine's file may know more, which is no promise yet, but
 * less or something else only if it was damaged.
 *
 * <p>The engine (3.3.0) puts an empty file in the place of its own when there is no space for a new one. So this account takes
 * no space that a full disk may not have: it is written in place, into two slots in turn, and the engine's file is made again
 * from it before a start. Its term is then that of the last vote or that of the last entry, whichever is greater: so no
 * promise is forgotten, and no leader is followed that is older than one whose entries were acknowledged.
 *
 * <pre>
 * raft-vote   2 slots of 512 bytes, each blank or
 *             n=&lt;number&gt; term=&lt;number&gt; votedFor=&lt;node&gt; crc32c=&lt;8 hex digits, of all before the space&gt;, blanks, \n
 * </pre>
 *
 * The slot with the greater number counts. Thread-safe.
 */
final class VoteRecord {
    /** Term and vote as a file tells them; {@code votedFor} is empty if that term has no vote. */
    record Vote(long term, String votedFor) {}

    /** @param vote null if nothing was promised yet */
    private record Promise(long number, Vote vote) {
        static final Promise NONE = new Promise(0, null);
    }

    static final String NAME = "raft-vote";

    static final String ENGINE_NAME = "raft-meta";
    private static final int SLOT_BYTES = 512;
    private static final String BLANK = " ".repeat(SLOT_BYTES - 1) + "\n";
    private static final Pattern SLOT =
            Pattern.compile("(n=([0-9]{1,18}) term=([0-9]{1,18}) votedFor=(\\S*)) crc32c=([0-9a-f]{8}) *\n");

    private final Path directory;

    /** Null if it was not read yet. */
    private Promise promised;

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
        if (promised == null) {
            promised = read();
        }
        if (vote.equals(promised.vote())) {
            return;
        }
        long number = promised.number() + 1;
        String text = "n=" + number + " term=" + vote.term() + " votedFor=" + vote.votedFor();
        String slot = text + " crc32c=" + "%08x".formatted(crc(text));
        write(number, slot + BLANK.substring(slot.length()));
        promised = new Promise(number, vote);
    }

    private void write(long number, String slot) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            Durable.write(file, bytes(BLANK + BLANK));
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            ByteBuffer bytes = bytes(slot);
            long at = number % 2 * SLOT_BYTES;
            while (bytes.hasRemaining()) {
                at += channel.write(bytes, at);
            }
            channel.force(true);
        }
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    /** @throws DamagedLogException if no slot makes sense, but the file is there and was written to */
    private Promise read() throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            return Promise.NONE;
        }
        String text = Files.readString(file, StandardCharsets.ISO_8859_1);
        Promise newest = Promise.NONE;
        for (int slot = 0; slot < 2 && text.length() == 2 * SLOT_BYTES; slot++) {
            Promise promise = parse(text.substring(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES));
            newest = promise.number() > newest.number() ? promise : newest;
        }
        if (newest.vote() == null && !text.equals(BLANK + BLANK)) {
            throw new DamagedLogException(directory, file + " is damaged: term and vote are not known for sure", null);
        }
        return newest;
    }

    private static Promise parse(String slot) {
        Matcher line = SLOT.matcher(slot);
        if (!line.matches() || crc(line.group(1)) != (int) Long.parseLong(line.group(5), 16)) {
            return Promise.NONE;
        }
        return new Promise(Long.parseLong(line.group(2)), new Vote(Long.parseLong(line.group(3)), line.group(4)));
    }

    /**
     * Term and vote before a start: the engine's, compared with what was promised, or made of that if the engine's file makes no
     * sense. Writes nothing.
     *
     * @throws DamagedLogException if the engine's tells less than was promised, or neither makes sense
     */
    synchronized Vote known() throws IOException {
        Promise promise = read();
        Vote engines;
        try {
            engines = ofEngine();
        } catch (DamagedLogException e) {
            if (promise.vote() == null) {
                throw e;
            }
            return madeOf(promise.vote());
        }
        Vote vote = promise.vote();
        boolean otherVote = vote != null
                && engines.term() == vote.term()
                && !vote.votedFor().isEmpty()
                && !vote.votedFor().equals(engines.votedFor());
        if (vote != null && engines.term() < vote.term() || otherVote) {
            throw new DamagedLogException(
                    directory,
                    directory.resolve(ENGINE_NAME) + " is damaged: it has " + engines + ", but " + NAME
                            + " beside it has " + vote,
                    null);
        }
        return engines;
    }

    private Vote madeOf(Vote vote) throws IOException {
        long entries = CoveredLog.lastTerm(directory.getParent());
        return entries > vote.term() ? new Vote(entries, "") : vote;
    }

    /**
     * Makes the engine's file what {@link #known} says, durably, if it makes no sense. Only while the engine does not run.
     *
     * @return whether it was made
     */
    synchronized boolean mend() throws IOException {
        Vote known = known();
        promised = read();
        try {
            ofEngine();
            return false;
        } catch (DamagedLogException e) {
            String text = "#\nterm=" + known.term() + "\nvotedFor=" + known.votedFor() + "\n";
            Durable.write(directory.resolve(ENGINE_NAME), bytes(text));
            return true;
        }
    }

    private static int crc(String text) {
        ByteBuffer bytes = bytes(text);
        return Checksum.crc32c(bytes, 0, bytes.remaining());
    }
}
