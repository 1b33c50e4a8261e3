/**
 * The replicated tables: streams, epochs, segments and where their data is; the commands that change them, and views of
 * them. Pure: no file, no clock, no thread. Time is the stamp of the entry being applied.
 *
 * <pre>
 * epoch     OPEN ──CLOSE(last = stored)──► CLOSED ──FORGET──► FORGOTTEN          refused for ever after, never new again
 * segment   OPEN ──size | SEAL──► SEALED ──PREPARE──► (marked) ──COMMIT──► ARCHIVED
 *                                   │  ◄────ABORT──────┘
 *                                   └──TRUNCATE──► TRUNCATED ◄──EXPIRE──┘
 * deletion  MARK ──time of grace──► TRUNCATE | EXPIRE     readable meanwhile; UNMARK keeps it, with a hold also from the
 *                                                         next MARK until RELEASE; FREEZE forbids all until THAW
 * snapshot  RECORD ──MARK-SNAPSHOT──time of grace──► GIVE-UP ──DROP──► no row            held, released and frozen alike
 * policies  ADOPT(hash in place of the one before)   from then on what was decided by another version is refused
 * node      INVITED ──ENLIST──► MEMBER ──RETIRE──► RETIRED            an id and its directory are bound for ever
 * </pre>
 *
 * The labels of a stream are what all blocks of its newest finished segment agree in ({@link
 * dev.raftsman.catalog.StreamLabels}); they choose its policy.
 *
 * <p>A block is accepted only if it begins behind its epoch's last sequence; {@link dev.raftsman.catalog.Verdict} lists the
 * other cases. Commands, results and views travel as JSON ({@link dev.raftsman.catalog.CatalogJson}).
 *
 * <p>Enters: commands and facts of blocks, from the one thread that applies. Leaves: results, verdicts, immutable views.
 * Begin with {@link dev.raftsman.catalog.Command} and {@link dev.raftsman.catalog.Catalog}.
 */
package dev.raftsman.catalog;
