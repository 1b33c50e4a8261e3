package dev.raftsman.config;

/**
 * One key of a configuration, as its reference shows it.
 *
 * @param path dotted; {@code []} stands for an element of a list, {@code <name>} for a name of the user's
 * @param fallback what holds if the key is left out; empty if it must be given
 */
public record ConfigKey(String path, String type, String fallback, String explanation) {}
