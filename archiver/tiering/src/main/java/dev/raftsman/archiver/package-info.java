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
 * </pre>
 *
 * <p>Threads: one worker runs the rounds; the HTTP server has its own two, which only read figures.
 *
 * <p>Start reading at {@link dev.raftsman.archiver.ArchiverProcess}.
 */
package dev.raftsman.archiver;
