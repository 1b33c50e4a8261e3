package dev.raftsman.catalog;

/**
 * A stream as it stands. The number names its directory on every node.
 *
 * @param number given by the cluster, from 1 in the order of first opening
 */
public record StreamView(int number, String tenant, String stream, long openedAtMillis) {}
