package dev.raftsman.store;

import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings segment files into a directory of its own. One thread.
 *
 * <pre>
 * &lt;segment&gt;.part        as far as it came; goes on after a broken connection, and after a crash once the peer has found
 *                        that its bytes are the same
 * &lt;segment&gt;.&lt;SHA-256&gt;   whole, forced, and found to have this digest
 * </pre>
 */
final class SegmentFetch {
    private static final Logger LOG = LoggerFactory.getLogger(SegmentFetch.class);
    private static final String PART = ".part";

    /** What is asked for at a time: a connection that stands still is given up with it, and nothing that came is lost. */
    private static final long ASKED_BYTES = 64L << 20;

    private final Path directory;
    private final Throttle throttle;
    private final LongConsumer progress;
    private final ByteBuffer buffer = PartFile.buffer();

    /**
     * @param directory must exist; nobody else's
     * @param progress told of bytes that are here now, fetched or found
     */
    SegmentFetch(Path directory, Throttle throttle, LongConsumer progress) {
        this.directory = directory;
        this.throttle = throttle;
        this.progress = progress;
    }

    static Path whole(Path directory, SnapshotManifest.FileState file) {
        return directory.resolve(file.segment() + "." + file.sha256());
    }

    /** Whether it was brought before. */
    boolean has(SnapshotManifest.FileState file) throws IOException {
        Path whole = whole(directory, file);
        return Files.isRegularFile(whole) && Files.size(whole) == file.bytes();
    }

    /**
     * Brings a file. Forced on return; its name in the directory is not.
     *
     * @param like a file that may begin with the same bytes, or be longer; null if there is none
     * @return where it is
     * @throws PeerFailedException if the peer breaks off or sends other bytes: what came is kept if it can be of use
     */
    Path fetch(PeerFiles peer, SnapshotManifest.FileState file, Path like) throws IOException, InterruptedException {
        Path whole = whole(directory, file);
        Path part = directory.resolve(file.segment() + PART);
        begin(file.segment(), part, like, file.bytes());
        try (PartFile to = PartFile.open(part, buffer)) {
            FileDigest digest = new FileDigest();
            to.cut(file.bytes());
            long have = digest.update(to.channel(), file.bytes(), read -> {});
            if (have < file.bytes() || !digest.soFar().equals(file.sha256())) {
                pull(peer, file, to, have, digest);
            } else {
                progress.accept(have);
            }
            to.force();
        }
        Files.move(part, whole, StandardCopyOption.ATOMIC_MOVE);
        return whole;
    }

    /** Takes what there is of the segment as its first part: the longest of what an earlier fetch brought, or a copy. */
    private void begin(SegmentId segment, Path part, Path like, long bytes) throws IOException {
        Optional<Path> earlier = earlier(segment);
        if (earlier.isPresent()) {
            Files.move(earlier.get(), part, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
        long have = Files.exists(part) ? Files.size(part) : 0;
        if (like == null) {
            return;
        }
        try (FileChannel from = FileChannel.open(like, StandardOpenOption.READ)) {
            long use = Math.min(from.size(), bytes);
            if (use <= have) {
                return;
            }
            try (FileChannel to = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
                for (long done = 0; done < use; ) {
                    done += from.transferTo(done, use - done, to);
                }
            }
        } catch (NoSuchFileException e) {
            LOG.debug("nothing to begin with: {}", like);
        }
    }

    /** A whole file of the same segment when it was shorter. */
    private Optional<Path> earlier(SegmentId segment) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, segment + ".*")) {
            for (Path file : files) {
                if (!file.getFileName().toString().endsWith(PART)) {
                    return Optional.of(file);
                }
            }
        }
        return Optional.empty();
    }

    private void pull(PeerFiles peer, SnapshotManifest.FileState file, PartFile part, long have, FileDigest digest)
            throws IOException, InterruptedException {
        String proof = have == 0 ? null : digest.soFar();
        long position = have;
        boolean counted = false;
        do {
            long to = Math.min(file.bytes(), Math.max(position, 0) + ASKED_BYTES);
            SegmentQuestion question = new SegmentQuestion(file.segment(), position, to, proof);
            try (Chunks chunks = peer.ask(PeerFiles.SEGMENT, question.encode())) {
                long from = begins(file, chunks.next(), position);
                if (from < position) {
                    LOG.info("not as the peer has it, fetched from its beginning: segment={}", file.segment());
                    part.cut(0);
                    digest.finish();
                    position = 0;
                }
                if (!counted) {
                    counted = true;
                    progress.accept(position);
                }
                position = take(file, chunks, part, position, to, digest);
            }
            proof = null;
        } while (position < file.bytes());
        String found = digest.finish();
        if (!found.equals(file.sha256())) {
            part.cut(0);
            throw new PeerFailedException(
                    "segment " + file.segment() + " as sent has SHA-256 " + found + "; expected " + file.sha256(),
                    null);
        }
    }

    private static long begins(SnapshotManifest.FileState file, ByteBuffer head, long asked) throws IOException {
        if (head == null || head.remaining() != OfferedFiles.SEGMENT_HEAD_BYTES) {
            throw new PeerFailedException("segment " + file.segment() + ": an answer without its head", null);
        }
        long from = head.getLong();
        if (from != 0 && from != asked) {
            throw new PeerFailedException("segment " + file.segment() + " from " + from + "; asked: " + asked, null);
        }
        return from;
    }

    private long take(
            SnapshotManifest.FileState file, Chunks chunks, PartFile part, long from, long to, FileDigest digest)
            throws IOException, InterruptedException {
        long position = from;
        for (ByteBuffer chunk = chunks.next(); chunk != null; chunk = chunks.next()) {
            int bytes = chunk.remaining();
            if (position + bytes > to) {
                throw new PeerFailedException("segment " + file.segment() + ": more bytes than asked for", null);
            }
            digest.update(chunk);
            part.append(chunk);
            position += bytes;
            progress.accept(bytes);
            throttle.passed(bytes);
        }
        if (position != to) {
            throw new PeerFailedException("segment " + file.segment() + " ends at " + position + " of " + to, null);
        }
        return position;
    }

    /** Makes the names of what was brought durable. */
    void forceNames() throws IOException {
        Durable.forceDirectory(directory);
    }
}
