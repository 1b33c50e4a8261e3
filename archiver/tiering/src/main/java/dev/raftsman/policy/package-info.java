/**
 * Retention as decisions that explain themselves.
 *
 * <p>Enters: {@code retention.yaml} ({@link dev.raftsman.policy.RetentionPolicies}), what the cluster's catalog says of its
 * segments, and a time. Leaves: one {@link dev.raftsman.policy.Decision} for each segment that is still hot and each
 * snapshot that is due, with its reason. Nothing here has an effect, does I/O beyond the file of policies, or knows a
 * thread: {@link dev.raftsman.policy.Decider} is a pure function, so that a plan can be printed before it is done and
 * repeated a year later.
 *
 * <pre>
 * a hot segment, first row that fits             label          decision
 *   no policy matches its stream                 no-policy      Keep
 *   it is still written                          open           Keep
 *   younger than keepHot.age, within .size       within-hot     Keep
 *   sealed at least keepHot.age ago              hot-age        what the policy's "then" says
 *   newer ones fill keepHot.size alone           hot-size       what the policy's "then" says
 * then: archive                                                 Archive, under its own key
 * then: truncate                                                Truncate
 * then: snapshot, in a snapshot of the policy    (as above)     Archive, by reference to that snapshot's object
 * then: snapshot, not yet in one                 await-snapshot Keep
 * a policy of snapshots
 *   none taken yet                               first-snapshot Snapshot
 *   the newest is at least "every" old           snapshot-age   Snapshot
 *   nothing was written since                    -              no decision
 * </pre>
 *
 * <p>Start reading at {@link dev.raftsman.policy.Decider}.
 */
package dev.raftsman.policy;
