package dev.raftsman.catalog;

/**
 * Who may send the commands of tiers.
 *
 * @param expiresAtMillis by the stamps of entries
 */
public record LeaseView(String owner, long expiresAtMillis) {}
