package dev.raftsman.segment;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A running SHA-256 that can be asked on the way. One thread. */
final class SegmentDigest {
    private final MessageDigest sha256;

    SegmentDigest() {
        try {
            sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    /** Takes the bytes from position to limit and moves the position. */
    void update(ByteBuffer bytes) {
        sha256.update(bytes);
    }

    /** Of all so far, in hexadecimal; more may follow. */
    String soFar() {
        try {
            return HexFormat.of().formatHex(((MessageDigest) sha256.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException("Java's own SHA-256 can be cloned", e);
        }
    }
}
