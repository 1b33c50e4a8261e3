package dev.raftsman.input;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * One file that is being read, held by its descriptor: renaming or deleting it changes nothing for us. What was read and
 * not yet made into a block is not kept here, it is read again: the file is the buffer.
 */
final class FileTail {
    final FileKey key;
    final FileInputSettings settings;
    final FileChannel channel;
    final String stream;

    /** Where the file was when its stream was named. */
    final Path home;

    final long openedNanos;

    Path path;
    Fingerprint fingerprint;

    /** The next byte that goes into a block. */
    long offset;

    long size;
    long grewNanos;
    long unreadSinceNanos;
    boolean unread;

    /** The file ended here, in the middle of a line, when it was last read; -1 = not so. */
    long partialUntil = -1;

    long lookAtNanos;
    int generation;

    /** It could not be read at the last look. */
    boolean failing;

    /** Another file has its name now, or none. */
    boolean retired;

    /** Feeds the same stream and has not been read to its end. */
    FileTail predecessor;

    FileTail(
            FileKey key,
            FileInputSettings settings,
            FileChannel channel,
            String stream,
            Path home,
            Path path,
            Fingerprint fingerprint,
            long offset,
            long nowNanos) {
        this.key = key;
        this.settings = settings;
        this.channel = channel;
        this.stream = stream;
        this.home = home;
        this.path = path;
        this.fingerprint = fingerprint;
        this.offset = offset;
        this.size = offset;
        this.openedNanos = nowNanos;
        this.grewNanos = nowNanos;
        this.lookAtNanos = nowNanos;
    }

    SourceCheckpoint checkpoint() throws IOException {
        if (fingerprint.length() < Fingerprint.MAX_BYTES) {
            fingerprint = Fingerprint.of(channel);
        }
        return new SourceCheckpoint(
                stream, home.toString(), key.device(), key.inode(), fingerprint.length(), fingerprint.crc(), offset);
    }

    /** It had its turn, all there is was made into blocks, and for so long nothing was added. */
    boolean quietSince(long sinceNanos, long nowNanos) {
        if (predecessor != null) {
            return false;
        }
        long quietNanos = nowNanos - (grewNanos - sinceNanos > 0 ? grewNanos : sinceNanos);
        return offset == size && quietNanos >= settings.idle().toNanos();
    }
}
