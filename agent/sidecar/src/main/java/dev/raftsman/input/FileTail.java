package dev.raftsman.input;

import dev.raftsman.block.Labels;
import dev.raftsman.process.Encoding;
import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;

/**
 * One file that is followed. While it grows it is held by its descriptor: renaming or deleting it changes nothing for us.
 * What was read and not yet made into a block is not kept here, it is read again: the file is the buffer.
 */
final class FileTail {
    final FileKey key;
    final FollowedInput input;
    final String stream;
    final Labels labels;

    /** Where the file was when its stream was named. */
    final Path home;

    /** When the file was last modified, as it was when its descriptor was given back. */
    FileTime restedAt;

    /** Null while the file is quiet and not held; it is opened again when it has grown. */
    Content content;

    Encoding encoding = Encoding.AS_IT_IS;

    Path path;
    Fingerprint fingerprint;

    /** The next byte that goes into a block. */
    long offset;

    long size;
    long grewNanos;
    long unreadSinceNanos;
    boolean unread;

    /** The file ended here, with something that may go on, when it was last read; -1 = not so. */
    long partialUntil = -1;

    /** What is left there ends with a newline. */
    boolean endsWhole;

    long lookAtNanos;

    /** Waits for a look. */
    boolean scheduled;

    /** Read to its end, and nothing was added for a while; held all the same. */
    boolean quiet;

    int generation;

    /** It could not be read at the last look. */
    boolean failing;

    /** Another file has its name now, or none. */
    boolean retired;

    /** Feeds the same stream and has not been read to its end. */
    FileTail predecessor;

    /** Since when it waits for that one. */
    long waitsSinceNanos;

    /** Waits for this one, or reads its end. */
    FileTail successor;

    /** Its end goes on in this file: it is read in front of it. */
    FileTail carry;

    /** Events that were dropped since the last block. */
    long dropped;

    FileTail(
            FileKey key,
            FollowedInput input,
            Content content,
            String stream,
            Labels labels,
            Path home,
            Path path,
            Fingerprint fingerprint,
            long offset,
            long nowNanos) {
        this.key = key;
        this.input = input;
        this.content = content;
        this.stream = stream;
        this.labels = labels;
        this.home = home;
        this.path = path;
        this.fingerprint = fingerprint;
        this.offset = offset;
        this.size = offset;
        this.grewNanos = nowNanos;
        this.lookAtNanos = nowNanos;
    }

    TextSettings text() {
        return input.settings.text();
    }

    boolean isHeld() {
        return content != null;
    }

    /** The file was written anew. */
    void beginAnew() {
        offset = 0;
        fingerprint = Fingerprint.NONE;
        partialUntil = -1;
    }

    SourceCheckpoint checkpoint() throws IOException {
        if (fingerprint.length() < Fingerprint.MAX_BYTES) {
            fingerprint = Fingerprint.of(content);
        }
        return lastCheckpoint();
    }

    /** As of the last look at its beginning. */
    SourceCheckpoint lastCheckpoint() {
        return new SourceCheckpoint(stream, home.toString(), key.device(), key.inode(), fingerprint, offset);
    }

    /** What is left of it is being read in front of the next one. */
    boolean isCarried() {
        return successor != null && successor.carry == this;
    }

    /** Another file cannot be read before this one has had its turn. */
    boolean isWaitedFor() {
        return successor != null || predecessor != null || carry != null;
    }

    /** To be read after another one. */
    void waitFor(FileTail other, long nowNanos) {
        predecessor = other;
        waitsSinceNanos = nowNanos;
        other.successor = this;
    }

    boolean isIdle(long nowNanos) {
        return nowNanos - grewNanos >= text().idle().toNanos();
    }

    /** It had its turn, and for so long nothing was added. */
    boolean isQuietSince(long sinceNanos, long nowNanos) {
        if (predecessor != null || carry != null) {
            return false;
        }
        long quietNanos = nowNanos - (grewNanos - sinceNanos > 0 ? grewNanos : sinceNanos);
        return quietNanos >= text().idle().toNanos();
    }

    /** All there is was made into blocks. */
    boolean isRead() {
        return offset == size;
    }

    /** What is left is an event that may go on, in whole lines. */
    boolean endsOpen() {
        return offset < size && partialUntil == size && endsWhole && !text().areLines();
    }
}
