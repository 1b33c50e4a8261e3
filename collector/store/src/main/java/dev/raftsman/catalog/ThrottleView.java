package dev.raftsman.catalog;

/**
 * A stream of which the collectors take no more blocks for a while: its archive cannot be reached. The leader asks its own
 * clock, so that an archiver that died throttles nobody for ever.
 *
 * @param stream its number
 * @param reason as the senders are told it
 */
public record ThrottleView(int stream, String reason, long untilMillis) {}
