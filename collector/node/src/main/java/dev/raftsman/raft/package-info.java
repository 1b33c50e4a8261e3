/**
 * The replicated log: bytes in, the same bytes applied in the same order on every node. Apache Ratis stops here.
 *
 * <p>Enters: entries as opaque bytes, on the leader only ({@link dev.raftsman.raft.ReplicatedLog#submit}). Leaves: each
 * entry, once committed, to {@link dev.raftsman.raft.AppliedState} on every node, and the reply of applying it to the
 * submitter. An entry is committed when a majority has it forced to disk; the reply means committed <em>and</em> applied
 * here.
 *
 * <p>Threads: {@code submit} and {@code readBarrier} may be called by any thread; entries submitted by one thread enter
 * the log in its order. The engine's updater thread alone calls {@code apply} and {@code capture}; a thread of its own
 * writes the snapshot, another fetches one from the leader when that no longer has the entries needed. Futures complete on
 * threads of the engine, which must not be held up.
 *
 * <p>Bytes: everything under {@code <data>/raft/<group>/} is the engine's ({@code current/} has term, vote and log,
 * {@code sm/} the newest snapshot of the applied state). Segments lie outside, as the state likes.
 *
 * <p>Beside the log, nodes ask each other for what it does not carry ({@link dev.raftsman.raft.PeerClient}, {@link
 * dev.raftsman.raft.PeerHandler}): a verb and bytes, answered in chunks, on the log's own port and under its TLS ({@link
 * dev.raftsman.raft.LogTls}), so that a cluster needs one port between its nodes and one kind of certificate.
 *
 * <p>Who votes is in the log itself, with the addresses of each. A node can run outside of the group, which never votes
 * ({@link dev.raftsman.raft.RatisLog#startOutside}), and enter it later.
 *
 * <p>Start reading at {@link dev.raftsman.raft.ReplicatedLog}; why each setting of the engine is as it is:
 * {@link dev.raftsman.raft.EngineSettings}. Beside this package lies one class under the engine's own name, which stands in
 * for the engine's: {@link org.apache.ratis.util.PureJavaCrc32C}.
 */
package dev.raftsman.raft;
