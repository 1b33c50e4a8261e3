package dev.raftsman.catalog;

/**
 * A segment's data is to be deleted. Until then it is read as before, and an {@link Command.Unmark} keeps it.
 *
 * @param owner the archiver that marked it
 * @param dueMillis the stamp from which on it may be deleted
 */
public record MarkView(String owner, String policy, String reason, String policyHash, long atMillis, long dueMillis) {}
