package dev.raftsman.catalog;

/**
 * A target that nothing but failures comes from, as the archiver that acts has found.
 *
 * @param sinceMillis when the first round began that failed
 * @param untilMillis until when it is worth anything unless it is said again: an archiver that is gone knows nothing
 */
public record OutageView(String target, long sinceMillis, long untilMillis) {}
