package dev.raftsman.input;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * What a compressed file holds, as if it lay there plain. It is inflated once when it is opened, which tells how long it is
 * and that it is sound, and again while it is read, forward; a step back within the last piece costs nothing, a longer one
 * begins again. The descriptor is held, so renaming and deleting change nothing. One thread.
 */
final class InflatedFile implements Content {
    /** How far one can step back for nothing: the largest block, so that what was not used of it can be read again. */
    private static final int KEPT_BYTES = 2 << 20;

    private final Path path;
    private final Compression compression;
    private final FileChannel channel;

    /** The beginning, which is looked at again and again. */
    private final byte[] head = new byte[Fingerprint.MAX_BYTES];

    private final long size;

    private InputStream inflater;

    /** The last bytes that were inflated: a ring, in which the byte of position p lies at p modulo its length. */
    private byte[] kept;

    private long inflatedBytes;

    private InflatedFile(Path path, Compression compression, FileChannel channel) throws IOException {
        this.path = path;
        this.compression = compression;
        this.channel = channel;
        this.size = length();
    }

    /** @throws IOException also if it is not whole */
    static InflatedFile open(Path path, Compression compression) throws IOException {
        FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
        boolean opened = false;
        try {
            InflatedFile file = new InflatedFile(path, compression, channel);
            opened = true;
            return file;
        } catch (EOFException e) {
            throw new IOException(path + " is cut short, or is being written", e);
        } finally {
            if (!opened) {
                channel.close();
            }
        }
    }

    private InputStream begin() throws IOException {
        channel.position(0);
        // Closing a stream would close the channel, which is held for the next round.
        return compression.inflate(Channels.newInputStream(channel));
    }

    private long length() throws IOException {
        InputStream in = begin();
        byte[] piece = new byte[64 << 10];
        long length = in.readNBytes(head, 0, head.length);
        for (int got = in.read(piece); got >= 0; got = in.read(piece)) {
            length += got;
        }
        return length;
    }

    @Override
    public long size() {
        return size;
    }

    @Override
    public int read(ByteBuffer target, long position) throws IOException {
        if (position >= size) {
            return -1;
        }
        if (position + target.remaining() <= head.length) {
            int bytes = (int) Math.min(target.remaining(), size - position);
            target.put(head, (int) position, bytes);
            return bytes;
        }
        if (inflater == null || position < inflatedBytes - KEPT_BYTES || position < 0) {
            inflater = begin();
            inflatedBytes = 0;
            kept = kept == null ? new byte[KEPT_BYTES] : kept;
        }
        int wanted = (int) Math.min(Math.min(target.remaining(), size - position), KEPT_BYTES);
        inflateTo(position + wanted);
        for (long at = position; at < position + wanted; ) {
            int offset = (int) (at % KEPT_BYTES);
            int piece = (int) Math.min(KEPT_BYTES - offset, position + wanted - at);
            target.put(kept, offset, piece);
            at += piece;
        }
        return wanted;
    }

    private void inflateTo(long end) throws IOException {
        while (inflatedBytes < end) {
            int offset = (int) (inflatedBytes % KEPT_BYTES);
            int most = (int) Math.min(KEPT_BYTES - offset, end - inflatedBytes);
            int got = inflater.read(kept, offset, most);
            if (got < 0) {
                throw new EOFException(path + " ends after " + inflatedBytes + " bytes; expected " + size);
            }
            inflatedBytes += got;
        }
    }

    @Override
    public void close() throws IOException {
        inflater = null;
        kept = null;
        channel.close();
    }
}
