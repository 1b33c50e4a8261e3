package dev.raftsman.input;

/**
 * How far an earlier run has read a file.
 *
 * @param sinceMillis a time before the checkpoint and after the run's beginning, in milliseconds since 1970
 */
public record KnownFile(SourceCheckpoint checkpoint, long sinceMillis) {}
