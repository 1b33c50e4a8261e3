/**
 * Configuration: YAML read as a tree of nodes with line and column, never as objects.
 *
 * <p>A process describes its configuration once, as a function from a {@link dev.raftsman.config.Section} to a record:
 * each key with its type, default and one sentence. Reading a file, reporting every problem in it at once, and printing
 * the reference are three runs of that same function ({@link dev.raftsman.config.ConfigFile}).
 *
 * <p>Files of a directory beside the file may add items to lists that allow it, each file for itself and nothing else
 * ({@code Fragments}), so that what holds can be told from the file alone.
 *
 * <p>Refused: unknown and duplicate keys, tags, anchors and aliases, several documents, text that is not UTF-8, numbers
 * without a unit where one is due. Plain {@code no}, {@code on} or {@code 0777} are what they look like: text, where
 * text is expected. {@code ${env:X}} and {@code ${file:X}} stand for a secret; such a file must be private.
 */
package dev.raftsman.config;
