package dev.raftsman.standalone;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a stream was given, and so what it must give back: its events as text, each with the newline it had.
 *
 * @param events lines of a file, the last without a newline included; events of an application
 * @param sha256 of the bytes, lower-case hexadecimal
 */
record Offered(String stream, long events, long bytes, String sha256) {
    /** Reads a file as its stream. */
    static Offered ofFile(String stream, Path file) throws IOException {
        Tally tally = new Tally();
        try (InputStream in = Files.newInputStream(file)) {
            in.transferTo(tally);
        }
        return tally.offered(stream);
    }

    /** The line that {@link SampleApplication} ends with for a stream; null for any other line. */
    static Offered ofSummary(String line) {
        Map<String, String> fields = new TreeMap<>();
        for (String field : line.split(" ")) {
            int equals = field.indexOf('=');
            if (equals > 0) {
                fields.put(field.substring(0, equals), field.substring(equals + 1));
            }
        }
        if (!fields.keySet().containsAll(java.util.List.of("stream", "events", "bytes", "sha256"))) {
            return null;
        }
        return new Offered(
                fields.get("stream"),
                Long.parseLong(fields.get("events")),
                Long.parseLong(fields.get("bytes")),
                fields.get("sha256"));
    }

    /** Counts and digests what is written to it. */
    static final class Tally extends OutputStream {
        private final MessageDigest digest;
        private long newlines;
        private long bytes;
        private byte last = '\n';

        Tally() {
            try {
                digest = MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every Java has SHA-256", e);
            }
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] buffer, int offset, int length) {
            if (length == 0) {
                return;
            }
            digest.update(buffer, offset, length);
            for (int i = offset; i < offset + length; i++) {
                if (buffer[i] == '\n') {
                    newlines++;
                }
            }
            bytes += length;
            last = buffer[offset + length - 1];
        }

        /** Ends the count. */
        Offered offered(String stream) {
            return new Offered(
                    stream,
                    newlines + (last == '\n' ? 0 : 1),
                    bytes,
                    HexFormat.of().formatHex(digest.digest()));
        }
    }
}
