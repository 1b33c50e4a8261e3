package dev.raftsman.catalog;

/**
 * Nothing is deleted until a person has looked and sent {@link Command.Thaw}.
 *
 * @param by who noticed
 * @param reason what was noticed, such as a clock that jumped
 */
public record FreezeView(String by, String reason, long atMillis) {}
