/**
 * The ring between the threads that log and the one that writes.
 *
 * <p>In come events of any framework, as {@link dev.raftsman.ring.RowSource}, on the application's threads; out go
 * excerpts of rows into {@link dev.raftsman.wal}, on the thread {@code raftsman-flush}.
 *
 * <pre>
 *  memory   | slot 0: one row, up to slotBytes | slot 1 | … | slot n-1 |     one stretch, laid out once
 *  excerpt  | row of sequence f | row of f+1 | … | row of f+count-1 |        rows as dev.raftsman.event draws them,
 *                                                                            back to back, lossBefore = given up before f
 * </pre>
 *
 * <p>The slot's sequence is the event's sequence. An excerpt of no rows declares losses that no event followed.
 *
 * <p>Threads: producers own a slot from claim to publish; the flusher owns it until its excerpt is in the log. Begin with
 * {@link dev.raftsman.ring.EventRing}.
 */
package dev.raftsman.ring;
