/**
 * Retention as decisions that explain themselves.
 *
 * <p>Enters: {@code retention.yaml} ({@link dev.raftsman.policy.RetentionPolicies}), what the cluster's catalog says of its
 * segments, what is known of disks and targets ({@link dev.raftsman.policy.StoreFacts}), and a time. Leaves: one {@link
 * dev.raftsman.policy.Decision} for each segment that is still hot, or is to expire, and each snapshot that is due, or is
 * to go, with its reason. Nothing here has an effect, does I/O beyond the file of policies and plans, or knows a thread: {@link
 * dev.raftsman.policy.Decider} is a pure function, so that a plan can be printed before it is done and repeated a year later.
 *
 * <p>Rows are tried in this order. The first that fits among those of heat ({@code open} to {@code within-hot}) says whether
 * a segment is due; what "then" says, or one of the rows after it, is what becomes of one that is. A test holds this table
 * to the code.
 *
 * <pre>
 * no-policy           no policy matches its stream                                          Keep
 * labels-unknown      a policy asks for labels of its stream, which are not known yet       Keep
 * open                it is still written                                                   Keep
 * hot-age             sealed at least keepHot.age ago                                       what "then" says
 * hot-size            it and newer ones are more than keepHot.size                          what "then" says
 * auto-disk           auto: a collector takes no more, or has less free than auto.diskFree  as auto
 * auto-read           auto: due by the next rows, and read less than auto.read ago          Keep
 * auto-amplification  auto: what is due by the next rows is not worth an object yet         Keep
 * auto-files          auto: it and newer ones are more than auto.files                      as auto
 * auto-ratio          auto: it and newer ones are more than auto.ratio of what is archived  as auto
 * auto-schedule       auto: auto.schedule has passed since it was sealed                    as auto
 * within-hot          none of these                                                         Keep
 * below-level         due, and all its levels are below archive.dropBelow                   Truncate
 * in-snapshot         due, auto, and a kept snapshot holds it                               Archive, by reference
 * await-snapshot      due, then: snapshot, and no kept snapshot holds it yet                Keep
 * outage-hold         to be stored, the target is out, onArchiveOutage: hold                Keep
 * outage-throttle     to be stored, the target is out, onArchiveOutage: throttle            Keep
 * outage-truncate     to be stored, the target is out, onArchiveOutage: truncate            Truncate
 * archive-keep        archived, and sealed at least archive.keep ago                        Expire
 * kept-by-snapshot    to expire, and a kept snapshot refers to its object                   Keep
 * legal-hold          to expire, and archive.legalHold                                      Keep
 * locked              to expire, and its object is locked in the store                      Keep
 * shared-object       to expire, and its object belongs to a snapshot                       Keep
 * held                to be deleted, and somebody holds it                                  Keep
 * frozen              to be deleted, and deletion is frozen                                 Keep
 * first-snapshot      a policy's streams have something, and no snapshot                    Snapshot
 * snapshot-age        the policy's newest snapshot is at least snapshot.every old           Snapshot
 * snapshot-keep       as many newer ones as snapshot.keep are there                         Drop
 * snapshot-keep-for   not the newest, and recorded at least snapshot.keepFor ago            Drop
 * snapshot-kept       marked, and none of these any more                                    Keep
 * </pre>
 *
 * <p>A decision to delete is first a mark ({@link dev.raftsman.catalog.Command.Mark}); it is carried out once its time of
 * grace has passed, and spared if the policies, or the facts, have become others meanwhile. A {@link
 * dev.raftsman.policy.PlanFile} is carried out as it stands or not at all.
 *
 * <p>Start reading at {@link dev.raftsman.policy.Decider}.
 */
package dev.raftsman.policy;
