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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A second account of term and vote, with a checksum, which the engine's own file has not. No vote leaves the node before it is
 * in here, so whatever was promised is known: the engine's file may tell more, which is no promise yet.
 *
 * <p>The engine (3.3.0) leaves an empty file or the old one when there is no space for a new one, goes on in the new term, and does
 * not write that term again; and of two that it writes at once the older may be the last. So this account takes no space that
 * a full disk may not have: it is written in place, into two slots in turn. And before a start the engine's file is made again
 * where it tells less than was promised, or less than the term of the newest entry: so no vote is given twice, and no leader is
 * followed that is older than one whose entries were acknowledged.
 *
 * <pre>
 * raft-vote   2 slots of 4,096 bytes, as disks may tear what is in one block, each blank or
 *             n=&lt;number&gt; term=&lt;number&gt; votedFor=&lt;node&gt; crc32c=&lt;8 hex digits, of all before the space&gt;, blanks, \n
 * </pre>
 *
 * The slot with the greater number counts. Thread-safe.
 */
final class VoteRecord {
    private static final Logger LOG = LoggerFactory.getLogger(VoteRecord.class);

    /** Term and vote as a file tells them; {@code votedFor} is empty if that term has no vote. */
    record Vote(long term, String votedFor) {
        static final Vote NONE = new Vote(0, "");

        /** Whether whoever knows this keeps what the other promises. */
        boolean keeps(Vote other) {
            return term > other.term
                    || term == other.term && (other.votedFor.isEmpty() || other.votedFor.equals(votedFor));
        }
    }

    /** @param number of the slot, 0 if nothing was promised yet */
    private record Promise(long number, Vote vote) {
        static final Promise NONE = new Promise(0, Vote.NONE);
    }

    static final String NAME = "raft-vote";

    static final String ENGINE_NAME = "raft-meta";
    private static final int SLOT_BYTES = 4_096;
    private static final String BLANK = " ".repeat(SLOT_BYTES - 1) + "\n";
    private static final Pattern SLOT =
            Pattern.compile("(n=([0-9]{1,18}) term=([0-9]{1,18}) votedFor=(\\S*)) crc32c=([0-9a-f]{8}) *\n");

    private final Path directory;

    /** Null if it was not read yet. */
    private Promise promised;

    /** What a process before this one wrote, it may not have forced. */
    private boolean forced;

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

    /**
     * Makes the engine's file durable, and the second account equal to it.
     *
     * @return what is promised now
     * @throws DamagedLogException if the engine's file makes no sense, or tells less than was promised: then nothing is changed
     */
    synchronized Vote keep() throws IOException {
        Vote vote = ofEngine();
        Durable.forceDirectory(directory);
        if (promised == null) {
            promised = read();
        }
        if (!vote.keeps(promised.vote())) {
            throw new DamagedLogException(
                    directory, directory.resolve(ENGINE_NAME) + " has " + vote + " behind " + promised.vote(), null);
        }
        if (!forced || !vote.equals(promised.vote())) {
            long number = promised.number() + 1;
            String text = "n=" + number + " term=" + vote.term() + " votedFor=" + vote.votedFor();
            String slot = text + " crc32c=" + "%08x".formatted(crc(text));
            write(number, slot + BLANK.substring(slot.length()));
            promised = new Promise(number, vote);
            forced = true;
        }
        return vote;
    }

    private void write(long number, String slot) throws IOException {
        Path file = directory.resolve(NAME);
        if (!Files.exists(file)) {
            Durable.write(file, bytes(number % 2 == 0 ? slot + BLANK : BLANK + slot));
            return;
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

    /** @throws DamagedLogException if the file is there, but no slot makes sense */
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
        if (newest.number() == 0) {
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
     * Term and vote before a start: the engine's, unless it tells less than was promised, or than the term of the newest entry.
     * Writes nothing.
     *
     * @throws DamagedLogException if nothing is known for sure
     */
    synchronized Vote known() throws IOException {
        Vote promise = read().vote();
        Vote engines = Vote.NONE;
        try {
            engines = ofEngine();
        } catch (DamagedLogException e) {
            // Where nothing was promised, an empty file is what the engine leaves for want of space.
            if (promise.equals(Vote.NONE) && Files.size(directory.resolve(ENGINE_NAME)) > 0) {
                throw e;
            }
        }
        Vote vote = engines.keeps(promise) ? engines : promise;
        long entries = CoveredLog.lastTerm(directory.getParent());
        return entries > vote.term() ? new Vote(entries, "") : vote;
    }

    /**
     * Makes the engine's file what {@link #known} says, durably, if it says anything else. Only while the engine does not run.
     *
     * @return whether it was made
     */
    synchronized boolean mend() throws IOException {
        Vote known = known();
        try {
            if (ofEngine().equals(known)) {
                return false;
            }
        } catch (DamagedLogException e) {
            LOG.warn("no term and vote in the engine's file", e);
        }
        String text = "#\nterm=" + known.term() + "\nvotedFor=" + known.votedFor() + "\n";
        Durable.write(directory.resolve(ENGINE_NAME), bytes(text));
        LOG.warn(
                "term and vote made again of what was promised, and of entries: directory={}, now={}",
                directory,
                known);
        return true;
    }

    private static int crc(String text) {
        ByteBuffer bytes = bytes(text);
        return Checksum.crc32c(bytes, 0, bytes.remaining());
    }
}
