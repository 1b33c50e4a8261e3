/**
 * The archiver as a process: configuration, lock, loop, metrics page.
 *
 * <p>Enters: {@code archiver.yaml}, {@code retention.yaml}. Leaves: what {@link dev.raftsman.archiver.RetentionRound} does
 * every so often, and a page of figures over HTTP.
 *
 * <pre>
 * data/archiver.lock   held while it runs
 * data/owner           the name under which it takes the lease, made once
 * data/staging/        one segment on its way
 * data/lake/&lt;target&gt;/  files of one segment on their way into a table
 * </pre>
 *
 * <pre>
 * a round    lease > clocks > are the policies those of the cluster?     {@link dev.raftsman.archiver.PolicyAgreement}
 *            > go on with what was announced > seal what is old
 *            > decide as if every target could be reached, store         so that one that was out is noticed to be back
 *            > say which targets are out
 *            > decide by what became of that, mark, spare, delete        {@link dev.raftsman.archiver.Deletions}
 *            > objects of what expired > throttle what an outage leaves too much of
 * act: false lease > ... > seal > say which targets are out > delete what somebody marked and is due > lease given back
 * a plan     lease > clocks > has anything changed? > store, mark, delete what it says > lease given back
 * </pre>
 *
 * <p>Threads: one worker runs the rounds; one exports to the lake what policies want there; the HTTP server has its own two,
 * which only read figures.
 *
 * <p>Start reading at {@link dev.raftsman.archiver.ArchiverProcess}.
 */
package dev.raftsman.archiver;
