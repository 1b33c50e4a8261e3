package dev.raftsman.objects;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Ends after a known number of bytes; an earlier end below is a failure. HttpURLConnection reports a connection that was
 * cut within a body of known length as a normal end, which would make half an object look like a whole one.
 */
final class ExactLengthInputStream extends FilterInputStream {
    private final String what;
    private final long length;
    private long left;

    ExactLengthInputStream(InputStream in, long length, String what) {
        super(in);
        this.what = what;
        this.length = length;
        this.left = length;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int count) throws IOException {
        if (left == 0) {
            return -1;
        }
        int n = super.read(buffer, offset, (int) Math.min(count, left));
        if (n < 0) {
            throw new EOFException(what + " ended after " + (length - left) + " bytes; expected " + length);
        }
        left -= n;
        return n;
    }

    @Override
    public long skip(long count) throws IOException {
        long skipped = super.skip(Math.min(count, left));
        left -= skipped;
        return skipped;
    }

    @Override
    public int available() throws IOException {
        return (int) Math.min(super.available(), left);
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** @return whether every byte was taken, so that the connection below may be used again */
    boolean isComplete() {
        return left == 0;
    }
}
