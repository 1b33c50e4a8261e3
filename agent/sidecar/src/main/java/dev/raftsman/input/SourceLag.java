package dev.raftsman.input;

import java.util.Objects;

/**
 * How far delivery is behind one source. A value that is published by the thread that works on the source.
 *
 * @param path the file, or the directory of the write-ahead log
 * @param unreadBytes bytes that are there and not handed on, of a file, or not acknowledged, of a write-ahead log; 0 if none
 * @param unreadSinceNanos since when the oldest of them is there, in the time of {@link System#nanoTime}; without a
 *     meaning if there are none
 */
public record SourceLag(String stream, String path, long unreadBytes, long unreadSinceNanos) {
    public SourceLag {
        Objects.requireNonNull(stream, "stream");
        Objects.requireNonNull(path, "path");
        if (unreadBytes < 0) {
            throw new IllegalArgumentException("unreadBytes " + unreadBytes + "; expected 0 or more");
        }
    }
}
