/**
 * Carries out what was decided: objects stored, proved, and only then counted as archived.
 *
 * <p>Enters: decisions, the cluster's catalog. Leaves: objects, numbered manifest pages, commands to the cluster.
 *
 * <p>Segments of one stream and policy share an object, up to {@code objectSize} of their files; what is due and not yet worth
 * an object waits for more, an eighth of {@code keepHot.age} or a day at most. They are recoded into the columns of {@link dev.raftsman.cold}; a policy may ask for segments verbatim instead, and those of snapshots
 * are. Whoever finds an object sees from its key what it is.
 *
 * <p>An object store cannot refuse an archiver that was paused and wakes up late, so two logs that can decide between them:
 * Raft (one PREPARE for a segment at a time, commands only from the holder of the lease) and the manifest (a page number
 * can be written once). The steps for an object, and what the next archiver does if the one before died after each:
 *
 * <pre>
 *   1 PREPARE(segments, token, key)  Raft     key = segments/&lt;tenant&gt;/&lt;stream&gt;/&lt;base of the first&gt;-&lt;token8&gt;.cold or .seg,
 *                                             or cas/&lt;sha256&gt;.seg
 *   2 fetch all, check SHA-256    staging     nothing to see: the segments that have the token, go on from 2, same key
 *   3 recode, decode, compare     staging     as after 2
 *   4 put if absent               store       the object is found there: fetched, decoded, compared; go on from 6
 *   5 read back, compare SHA-256  store       as after 4
 *   5a lock, read the lock back   store       as after 4; what guards it already stays
 *   6 manifest page               store       the token is found on a page: go on from 7 without a second entry, with the
 *                                             object's digest and length as the page has them
 *   7 COMMIT(token)               Raft        committed: nothing to do; replicas may drop their copies from here on
 * </pre>
 *
 * <p>Going on under the same key is harmless even while the other still runs. Two of one version recode alike and put the same
 * bytes. Another version may recode differently: whoever finds the key taken asks not whether the bytes are its own but
 * whether they decode to exactly these segments, and takes what is there. One page entry for each segment wins, a repeated
 * COMMIT changes nothing; a COMMIT of the other version quotes the same page, hence the same digest. A token is given up
 * only if what is under its key does not decode to its segments: an {@code aborted} entry first, which every writer of
 * entries respects, then ABORT in Raft, then a new token; what is there is left as evidence.
 * So is the token of segments that do not come out of recoding as they went in, such as those with a block that does not
 * inflate: each of them is then stored verbatim.
 * And so is that of an object one of whose segments no collector sends: after a few rounds the others go on without it, while
 * it is tried alone, ever more seldom. In these two cases nothing under the key is evidence of anything, and the entry says
 * so ({@code abandoned}): an object that is there all the same, or is put there by an archiver that slept, is deleted.
 *
 * <pre>
 * manifest/&lt;00000001&gt;.json   {"format":1,"page":1,"writer":owner,"nonce":uuid,"writtenAtMillis":n,"entries":[...]}
 *   entry: outcome archived | truncated | snapshot | aborted | dropped, and as they apply: token, segment (with its
 *   producers' ranges), epochs (state of those producers), key, sha256 and bytes of the object, place (of the segment among
 *   those of a cold object; entries without one name a segment verbatim), policy, reason, policyHash, snapshotId,
 *   abandoned, lock (of the object, when it was archived)
 * </pre>
 *
 * <p>Page 0 has no entries: writing it twice at each start tries out that the store refuses the second.
 *
 * <p>The manifest is readable without any cluster. Fields may be added; readers ignore those they do not know.
 *
 * <p>Threads: one worker thread owns everything here but the stores and the cluster, which are thread-safe.
 *
 * <p>Start reading at {@link dev.raftsman.archive.SegmentArchiver}, which chooses; {@code Uploader} takes the steps.
 */
package dev.raftsman.archive;
