package dev.raftsman.input;

/**
 * What is there to be read of a source and was not.
 *
 * @param stream what the source feeds
 * @param path where it was found
 * @param unreadBytes bytes that are in no block yet
 * @param unreadSinceNanos since when, by {@link System#nanoTime}; without meaning if there are none
 */
public record SourceLag(String stream, String path, long unreadBytes, long unreadSinceNanos) {}
