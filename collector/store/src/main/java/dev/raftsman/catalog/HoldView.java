package dev.raftsman.catalog;

/**
 * Somebody wants a segment's data kept, whatever the policies say, until it is {@link Command.Release}d.
 *
 * @param by who, in words of the one who asked
 */
public record HoldView(String by, String reason, long atMillis) {}
