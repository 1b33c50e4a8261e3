/**
 * The ring between the threads that log and the one that writes.
 *
 * <p>In come events of any framework, through an {@link dev.raftsman.ring.EventEncoder}, on the application's threads; out go
 * excerpts of rows into {@link dev.raftsman.wal}, on the thread {@code raftsman-flush}.
 *
 * <pre>
 *  memory   | slot 0: one row, up to slotBytes | slot 1 | … | slot n-1 |     one array, laid out once
 *  excerpt  extra part | names that its rows use, each once |
 *           body       | row of sequence f | row of f+1 | … |              compact rows as dev.raftsman.event draws them,
 *                                                                            back to back, lossBefore = given up before f
 * </pre>
 *
 * <p>The slot's sequence is the event's sequence. An excerpt of no rows declares losses that no event followed.
 *
 * <p>Threads: producers own a slot from claim to publish; the flusher owns it until its excerpt is in the log. Begin with
 * {@link dev.raftsman.ring.EventRing}.
 */
package dev.raftsman.ring;
