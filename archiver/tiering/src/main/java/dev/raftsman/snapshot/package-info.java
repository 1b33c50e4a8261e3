/**
 * Whole states of streams at one Raft index.
 *
 * <p>Enters: a {@link dev.raftsman.policy.Decision.Snapshot}. Leaves: {@code snapshots/<id>.json}, one atomic put that
 * names every segment of those streams up to the index with the object that holds it, and all objects it needs.
 *
 * <pre>
 *   1 SEAL each stream      Raft     so that what was written so far is in sealed segments
 *   2 choose the index      -        just below the first segment that is still open; the catalog when none is
 *   3 store each segment    store    cas/&lt;sha256&gt;.seg if absent, read back; an archived segment is only referred to, and
 *                                    what the snapshot before had verified under the same key is not read again
 *   4 publish               store    snapshots/&lt;id&gt;.json, then an entry in the manifest
 *   5 RECORD                Raft     from here on its segments may leave the collectors by reference to it
 * </pre>
 *
 * <p>An archiver that dies before 4 leaves objects that the next snapshot finds and uses; one that dies after 4 is gone on
 * with: a snapshot in the manifest that Raft does not know is recorded.
 *
 * <p>One beyond the policy's {@code keep} is marked, and goes once its time of grace has passed:
 *
 * <pre>
 *   1 GIVE-UP(id)           Raft     refused while it is held, frozen or not due; from here on it does not count
 *   2 mark it as dropped    store    an entry in the manifest: whoever finds its file knows
 *   3 DROP(id)              Raft     its row goes
 *   4 delete its file       store    the objects stay: newer ones, and segments archived by reference, need them
 * </pre>
 *
 * <p>Threads: the archiver's one worker. Memory: the list of segments, one chunk.
 *
 * <p>Start reading at {@link dev.raftsman.snapshot.SnapshotTaker}.
 */
package dev.raftsman.snapshot;
