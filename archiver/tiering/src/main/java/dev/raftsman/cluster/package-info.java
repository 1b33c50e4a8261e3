/**
 * The collectors as seen from outside: their HTTP API as one cluster.
 *
 * <p>Enters: addresses of collectors. Leaves: the catalog as one moment of the Raft log, results of commands, bytes of
 * segments checked against the catalog. Which node leads, which are down, and what to send again is known here and nowhere
 * above: every command is safe to repeat, so a lost answer is not an outcome.
 *
 * <p>Threads: a {@link dev.raftsman.cluster.Cluster} may be used by any thread; calls block, each with a limit of time.
 *
 * <p>Start reading at {@link dev.raftsman.cluster.Cluster}.
 */
package dev.raftsman.cluster;
