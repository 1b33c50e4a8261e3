package dev.raftsman.segment;

/**
 * A run of records in the index of a sealed segment.
 *
 * @param offset of its first record in the file
 * @param minTimeNanos of its events, since 1970; 0 without events, as the next
 */
public record Span(long offset, int blocks, int levelBitmap, long minTimeNanos, long maxTimeNanos) {}
