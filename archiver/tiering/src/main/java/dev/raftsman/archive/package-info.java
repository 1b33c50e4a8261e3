/**
 * Carries out what was decided: objects stored, proved, and only then counted as archived.
 *
 * <p>Enters: decisions, the cluster's catalog. Leaves: objects, numbered manifest pages, commands to the cluster.
 *
 * <p>An object store cannot refuse an archiver that was paused and wakes up late, so two logs that can decide between them:
 * Raft (one PREPARE for a segment at a time, commands only from the holder of the lease) and the manifest (a page number
 * can be written once). The steps for a segment, and what the next archiver does if the one before died after each:
 *
 * <pre>
 *   1 PREPARE(token, key)   Raft       key = segments/&lt;tenant&gt;/&lt;stream&gt;/&lt;base&gt;-&lt;token8&gt;.seg, or cas/&lt;sha256&gt;.seg
 *   2 fetch, check SHA-256  staging    nothing to see: token found prepared, go on from 2 under the same key
 *   3 put if absent         store      the object is found there: go on from 4
 *   4 read back, verify     store      as after 3
 *   5 manifest page         store      the token is found on a page: go on from 6 without a second entry
 *   6 COMMIT(token)         Raft       committed: nothing to do; replicas may drop their copies from here on
 * </pre>
 *
 * <p>Going on under the same key is harmless even while the other still runs: both put the same bytes, one page entry wins,
 * a repeated COMMIT changes nothing. A token is given up only if other bytes are under its key: an {@code aborted} entry
 * first, which every writer of entries respects, then ABORT in Raft, then a new token; what is there is left as evidence.
 *
 * <pre>
 * manifest/&lt;00000001&gt;.json   {"format":1,"page":1,"writer":owner,"nonce":uuid,"writtenAtMillis":n,"entries":[...]}
 *   entry: outcome archived | truncated | snapshot | aborted | dropped, and as they apply: token, segment (with its
 *   producers' ranges), epochs (state of those producers), key, sha256, bytes, policy, reason, policyHash, snapshotId
 * </pre>
 *
 * <p>Page 0 has no entries: writing it twice at each start tries out that the store refuses the second.
 *
 * <p>The manifest is readable without any cluster. Fields may be added; readers ignore those they do not know.
 *
 * <p>Threads: one worker thread owns everything here but the stores and the cluster, which are thread-safe.
 *
 * <p>Start reading at {@link dev.raftsman.archive.SegmentArchiver}.
 */
package dev.raftsman.archive;
