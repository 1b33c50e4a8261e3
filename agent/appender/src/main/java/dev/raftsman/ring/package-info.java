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
 * <p>The slot's sequence, counted from the first one of its log, is the event's sequence. An excerpt of no rows declares
 * losses that no event followed. A ring outlives its logs: {@link dev.raftsman.ring.Incarnation}.
 *
 * <p>What a death takes is counted in a page that survives it, so that an agent can declare it. The proof is a campaign of
 * {@code kill -9} against applications under load ({@code KillCampaignTest}, by default 10 kills). Its last long run, 23
 * November 2026, JDK 17, {@code -Draftsman.kills=50 -Draftsman.seed=16795766092010}, 2 and 4 threads, 36 times block and 14
 * times drop: of 4,388,641 calls 3,918,724 events were stored, 210,711 declared as died in the ring (in 47 of 50 kills), 259,234
 * as given up; in each kill the account met the application's own, exactly where no call was under way (25 kills), else
 * between the calls that had returned and those that had begun.
 *
 * <p>Threads: producers own a slot from claim to publish; the flusher owns it until its excerpt is in the log. Begin with
 * {@link dev.raftsman.ring.EventRing}, the callers' side; {@link dev.raftsman.ring.Flusher} is the other.
 */
package dev.raftsman.ring;
