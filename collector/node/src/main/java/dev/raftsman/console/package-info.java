/**
 * The console: a page for people, and the JSON behind it. It only shows; no request to it changes anything.
 *
 * <p>Enters: requests of browsers; the replicated tables as applied on this node; what the other members say of themselves.
 * Leaves: the page's files ({@link dev.raftsman.console.PageFiles}), JSON, matches of a search.
 *
 * <pre>
 *  GET  /console/                 the page; /console and, for browsers, / lead to it
 *  GET  /v1/console/node          this node by itself: {@link dev.raftsman.console.NodePage}
 *  GET  /v1/console/overview      the members, and what the tables add up to: {@link dev.raftsman.console.Overview}
 *  GET  /v1/console/history       samples of all members of the last quarter of an hour
 *  GET  /v1/console/streams       {@link dev.raftsman.console.StreamRow}s
 *  GET  /v1/console/segments      {@link dev.raftsman.console.SegmentRow}s of ?stream=NUMBER
 *  GET  /v1/console/decisions     {@link dev.raftsman.console.DecisionRow}s that were taken, newest first
 *  GET  /v1/console/pending       those that are announced, next first
 *  GET  /v1/console/agents        {@link dev.raftsman.console.AgentRow}s, from the leader
 *  GET  /v1/console/audit         {@link dev.raftsman.console.AuditRow}s
 *  GET  /v1/console/losses        gaps and losses of ?epoch=NUMBER with their reasons, out of this node's segments
 *  GET  /v1/search                items of one stream out of this node's segments, see {@link dev.raftsman.console.HotSearch}
 * </pre>
 *
 * Lists take {@code offset}, {@code limit} (up to 500), {@code sort}, {@code order=asc|desc} and {@code filter}, and answer
 * {@code {"total", "matching", "offset", "rows"}}: ten thousand streams are never sent at once.
 *
 * <p>Threads: requests are answered by those of {@link dev.raftsman.query.QueryServer}, from memory; the two that read
 * segments are bounded in number, time and bytes ({@link dev.raftsman.console.SegmentReads}). One more, {@link
 * dev.raftsman.console.Watch}, takes samples and, while somebody looks, asks the other members.
 *
 * <p>Begin with {@link dev.raftsman.console.Console}. The page is plain files beside this package: no build, no framework,
 * nothing from elsewhere. What came from a log gets into it as text only.
 */
package dev.raftsman.console;
