/**
 * Consumes a stream of a cluster over HTTP: in order, at least once, wherever the leader is.
 *
 * <p>Enters: {@code GET /v1/streams/{tenant}/{stream}/events}. Leaves: {@link dev.raftsman.client.StreamRecord}s, and a file
 * with the place up to which a consumer is done. One thread reads ahead, a bounded number of records; the caller's takes
 * them. Nothing of the server is needed; begin with {@link dev.raftsman.client.RaftsmanConsumer}.
 */
package dev.raftsman.client;
