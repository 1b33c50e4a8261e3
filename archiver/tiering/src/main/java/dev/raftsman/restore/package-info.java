/**
 * One ordered stream of blocks over everything that holds a part of it, and proof of what is in it.
 *
 * <p>Enters: sources of segments, in any number and mixture: directories of collectors that do not run, a cluster that does,
 * manifests of archives. Leaves: each block of a stream once, in the order of the Raft log; or an
 * {@link dev.raftsman.restore.Audit}.
 *
 * <p>A segment has one name in the cluster, its copies are byte for byte the same wherever they are, and every record of it
 * is checked as it is read. So copies need not be compared beforehand: the reader begins with the nearest, and where that
 * ends early or is damaged goes on in the next one after the blocks already handed on. A segment that is known to be
 * finished and is whole nowhere is an error, never a gap; an audit lists it and goes on.
 *
 * <p>Cold objects are read by ranges: the index at the end, then the cold blocks that hold the segment, each fetched once and
 * kept in a {@link dev.raftsman.restore.ReadCache}: memory first, then files, a quota for each.
 *
 * <p>And the way back: what an archive holds becomes files again ({@link dev.raftsman.restore.DirectoryRestore}), or the
 * tables of a new cluster in place of a lost one ({@link dev.raftsman.restore.ClusterRestore}), with producers that come
 * again, or not ({@link dev.raftsman.restore.AbsentProducers}).
 *
 * <pre>
 * restored directory
 *   segments/&lt;stream number&gt;/&lt;base, 16 hexadecimal digits&gt;.seg    sealed segments, as collectors had them
 *   restored.json    {"format":1,"source":...,"restoredAtMillis":n,"epochs":[...],"segments":[...]}, written last
 *   restoring        only until then: where it is being restored from
 *
 * restored cluster, through the commands of {@link dev.raftsman.catalog.Command}
 *   BEGIN-RESTORE    refused unless the cluster is empty; says where Raft indexes and epochs go on
 *   RESTORE-ROWS     streams, producers, segments as ARCHIVED or TRUNCATED: bytes stay in the archive
 *   DECLARE-LOST     gaps for what was acknowledged, not archived, and that no producer will send again
 *   END-RESTORE      producers may come: each resumes behind its last archived sequence
 *   ABANDON          later, and asked for by a person: a producer that did not come
 * </pre>
 *
 * <p>Threads: a reader belongs to one thread; a search has a few of its own, which its caller never sees. Memory: the list of segments, one block or one cold block, the
 * cache; one segment's file where a cluster is read.
 *
 * <p>Start reading at {@link dev.raftsman.restore.StreamReader}; of a search at {@link dev.raftsman.restore.StreamSearch}.
 */
package dev.raftsman.restore;
