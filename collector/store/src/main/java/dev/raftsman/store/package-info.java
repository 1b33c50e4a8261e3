/**
 * The replicated state: what the entries of the Raft log make of a directory and of the tables. Deterministic: no clock, no
 * chance, no order of hashes; the same entries give the same files and the same tables on every node.
 *
 * <pre>
 * ENTRY   0 u8 version = 1   1 u8 type: 1 APPEND, 2 COMMAND   2 i64 stampMillis, the leader's clock   10 body
 *   APPEND   for each block: i64 epoch, i32 length, the block's bytes
 *   COMMAND  a {@link dev.raftsman.catalog.Command} as JSON
 * REPLY   0 u8 version = 1   1 u8 type, that of the entry     2 body
 *   APPEND   for each block: u8 verdict ({@link dev.raftsman.catalog.Verdict.Kind#code()}), i64 value
 *   COMMAND  a {@link dev.raftsman.catalog.CommandResult} as JSON
 *
 * directory   segments/&lt;stream number&gt;/&lt;base, 16 hexadecimal digits&gt;.seg
 *             snapshotted    Raft index of the newest durable snapshot, as text
 *             incoming/      a peer's snapshot and segments on their way ({@link dev.raftsman.store.IncomingSnapshot})
 *             repair/        a peer's copy of a damaged segment on its way
 *             quarantine/    segment files that nothing explains and damaged copies, kept for a person to look at
 *             words/         which words sealed segments hold ({@link dev.raftsman.search.WordFile}), derived from them
 *             scrub          how far the reading again of all segments is
 * </pre>
 *
 * Little endian. The Raft log is the write-ahead log: applying does not force. A snapshot forces what is dirty, then
 * writes the {@linkplain dev.raftsman.store.SnapshotManifest manifest}; a start goes back to a manifest, cutting and
 * deleting whatever is newer, and the log brings it again, byte for byte.
 *
 * <p>A node that was away for longer than the others keep their log fetches the newest snapshot of the leader, and the
 * segments that it lacks, chunk by chunk; then it switches at once, by a rename.
 *
 * <p>Enters: entries, in order, by the one thread that applies; it takes snapshots too, which another thread writes while
 * applying goes on. Leaves: replies, files, views for any thread. Begin with {@link dev.raftsman.store.ReplicatedState}.
 */
package dev.raftsman.store;
