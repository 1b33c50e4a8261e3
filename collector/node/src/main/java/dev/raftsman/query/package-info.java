/**
 * What a collector tells over HTTP, and the door for commands.
 *
 * <p>Enters: requests. Leaves: JSON of the replicated tables as applied on this node, bytes of its segments, metrics; and
 * commands into the log.
 *
 * <pre>
 *  GET  /v1/status          {@link dev.raftsman.query.NodeStatus}
 *  GET  /v1/agents          {@link dev.raftsman.query.AgentsStatus}: who is connected to this node, and how far behind
 *  GET  /v1/catalog         {@link dev.raftsman.catalog.CatalogView}; ?linearizable=true waits for all that was
 *                           acknowledged before; header X-Raftsman-Applied-Index
 *  GET  /v1/streams         the streams, with the first and the next {@link dev.raftsman.segment.Offset}
 *  GET  /v1/streams/{tenant}/{stream}/events?from=&amp;limit=&amp;wait=&amp;last=&amp;format=
 *                           the stream's items from an offset on, and as they are applied: lines of JSON, or server-sent
 *                           events; 410 with {"trimmedAt", "state"} if what comes next is not hot any more
 *  GET  /v1/segments/{id}   the segment's bytes, up to the length in the catalog; Range: bytes=a-b, a-, -n. 503
 *                           while this node's copy is damaged, 410 if it has none any more; ?read=true says that
 *                           somebody reads it, and does not only move it
 *  GET  /v1/words?segments=s1-...,s2-...&amp;of=order4711,failed
 *                           which spans of these segments may hold all these words: of each that this node knows, and one
 *                           node at most does, a file whose filters deny all or nothing, one behind the other
 *                           ({@link dev.raftsman.search.WordFile#reduced}). Readers do without the others
 *  GET  /v1/reads           which segments were read from this node since its start, and how long ago
 *  POST /v1/commands        a {@link dev.raftsman.catalog.Command}; answers its result, or 421 with
 *                           {"leader", "leaderHttp"} on a node that does not lead, 403 to an attest
 *  GET  /v1/cluster         {@link dev.raftsman.query.ClusterStatus}; ?leader=true is answered by the leader only
 *  POST /v1/cluster/{verb}  add, remove, replace, transfer: a {@link dev.raftsman.query.ClusterRequest}; answers the
 *                           {@link dev.raftsman.query.ClusterChange} that is under way then, 409 with what is against it,
 *                           or 421 as above
 *  GET  /openapi.yaml       all of this, for programs
 *  GET  /metrics            Prometheus text
 *  GET  /livez              200 while the process can do its work at all
 *  GET  /readyz             200 when this node votes, its disk is not full, and it has applied all that the leader had
 *                           committed when it was asked
 * </pre>
 *
 * <p>Errors are JSON {@code {"error": "..."}}. With a token ({@link dev.raftsman.query.AccessToken}) all of {@code /v1/} asks
 * for it. Threads: a small fixed pool, so that slow readers of segments bound themselves and never the loop of ingest; one for
 * each of the few who follow a stream, woken by the applying thread.
 *
 * <p>Other rooms add theirs, see {@link dev.raftsman.query.QueryServer#add}. A browser that asks for {@code /} is led to
 * {@code /console/}.
 */
package dev.raftsman.query;
