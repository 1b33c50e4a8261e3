package dev.raftsman.catalog;

/**
 * A version of the policies that the cluster's segments are, or were, decided by.
 *
 * @param hash what they mean
 * @param by who declared it: an archiver, or a person
 * @param actor the archiver that acted by it last, and may declare the next; null if none has yet
 */
public record PoliciesView(String hash, String by, long atMillis, String actor) {}
