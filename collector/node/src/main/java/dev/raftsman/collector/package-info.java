/**
 * The collector process: one node of the cluster.
 *
 * <p>{@link dev.raftsman.collector.CollectorNode} joins log, state, ingest and queries of one node and can live beside
 * others in one JVM; {@link dev.raftsman.collector.CollectorProcess} makes it a process with exit codes, signals and
 * readiness. A fresh directory comes into the cluster through {@link dev.raftsman.collector.Entrance}, which acts on what
 * {@link dev.raftsman.collector.Formation} decides; {@link dev.raftsman.collector.Membership} changes who votes.
 *
 * <pre>
 *  data directory
 *    identity       cluster, group and node that the directory belongs to, its own id, what part it has in the log
 *    founders       who founded the cluster, with which directories: of a founder
 *    lock           held while a process uses it
 *    raft/          the engine's: term, vote, log, snapshots
 *    segments/      the state's, as are snapshotted, incoming/, repair/, quarantine/
 *    scrub          where the reading again of all segments is
 * </pre>
 *
 * <p>The launcher must start the JVM with {@code -Djava.util.concurrent.ForkJoinPool.common.parallelism=4}: on two cores
 * or fewer the engine would otherwise start a thread for every batch that a follower receives. A heap of 256 MiB wants
 * {@code -XX:+UseSerialGC}: entries of 2 MiB are humongous to G1 there.
 *
 * <p>Exit codes: 0 told to stop, or removed from the cluster · 65 the directory lacks a part, a snapshot, an active segment or
 * the log is damaged (the node must be replaced), or the cluster knows the node with another directory · 69 an address cannot
 * be bound, or too little free space · 70 the log was stopped by its engine or a bug · 73 the
 * data directory cannot be made or written · 74 the disk failed · 75 another process holds the directory · 77 no
 * permission · 78 configuration, a directory of another node, or one whose node was removed. After 70 a supervisor should start it again.
 */
package dev.raftsman.collector;
