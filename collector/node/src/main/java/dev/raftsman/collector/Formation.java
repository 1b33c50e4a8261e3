package dev.raftsman.collector;

import dev.raftsman.catalog.MemberState;
import dev.raftsman.catalog.MemberView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * What a directory that never had part in a log may do. It must not vote under an id that another directory voted under,
 * with entries that this one does not have: acknowledged events could be lost.
 *
 * <pre>
 *  any peer that has entered knows this id as ...
 *    removed                                              refuse: an id is never taken again
 *    another directory's                                  refuse: this one was emptied, or is a foreign one
 *    this directory's, member, and it founded             take over: it was slow when the others founded
 *    this directory's, member, but it did not found       refuse: it took the log once, which is gone
 *    this directory's, invited                            newcomer: an addition of it was begun
 *    nothing                                              newcomer: it waits until somebody adds it
 *  no peer has entered, and ...
 *    this node joins, by its configuration                wait for one that has
 *    not all founders answer                              wait for them: one of them could have entered
 *    an address belongs to somebody else; lists differ    wait until a person has mended it
 *    else                                                 found
 * </pre>
 *
 * Whoever founds keeps who founded before it votes. So if one of the founders is emptied at any later time, each of the
 * others can tell, and unless all of the others do not answer, one of them does; until then it waits.
 */
sealed interface Formation {
    /** All founders are there, and nobody has begun. */
    record Found(Founders founders) implements Formation {}

    /** The others have begun, with this directory as one of theirs. */
    record TakeOver(Founders founders) implements Formation {}

    /** It does not vote until a leader adds it. */
    record Newcomer(String reason) implements Formation {}

    /** It cannot be known yet. */
    record Wait(String reason) implements Formation {}

    /** Never with this directory under this id. */
    record Refuse(String reason) implements Formation {}

    /**
     * @param self of this node, fresh
     * @param answers of the peers that answered just now, by their id in this node's configuration
     */
    static Formation decide(Introduction self, Map<String, Introduction> answers) {
        List<String> wrong = new ArrayList<>();
        List<Introduction> entered = new ArrayList<>();
        for (CollectorConfig.Peer peer : self.peers()) {
            Introduction answer = answers.get(peer.id());
            if (answer == null || peer.id().equals(self.self().id())) {
                continue;
            }
            if (!answer.cluster().equals(self.cluster()) || !answer.self().id().equals(peer.id())) {
                wrong.add(peer.raft() + " is " + answer.self().id() + " of cluster " + answer.cluster() + ", not "
                        + peer.id() + " of " + self.cluster());
            } else if (answer.entered()) {
                entered.add(answer);
            }
        }
        return entered.isEmpty() ? begin(self, answers, wrong) : follow(self, entered);
    }

    private static Formation follow(Introduction self, List<Introduction> entered) {
        String node = self.self().id();
        Formation found = null;
        boolean isMember = false;
        boolean isInvited = false;
        for (Introduction peer : entered) {
            MemberView row = peer.knownAs(node).orElse(null);
            if (row == null) {
                continue;
            }
            if (row.state() == MemberState.RETIRED) {
                return new Refuse(removed(node));
            }
            if (!row.directory().equals(self.directory())) {
                return new Refuse("the cluster knows " + node + " with another data directory (" + row.directory()
                        + ", says " + peer.self().id() + "), whose log this one does not have; " + cure(node));
            }
            isMember |= row.state() == MemberState.MEMBER;
            isInvited |= row.state() == MemberState.INVITED;
            if (peer.founders() != null && peer.founders().directoryOf(node).equals(Optional.of(self.directory()))) {
                found = new TakeOver(peer.founders());
            }
        }
        if (found != null) {
            return found;
        }
        if (isMember) {
            return new Refuse(
                    "the cluster knows " + node + " as a member, whose log this directory had once; " + cure(node));
        }
        String how = "'raftsman cluster add " + node + " --raft " + self.self().raft() + "'";
        return new Newcomer(
                isInvited
                        ? "its addition was begun; " + how + " goes on with it"
                        : "the cluster does not know " + node + "; " + how + " adds it");
    }

    static String removed(String node) {
        return node + " was removed from the cluster, and an id is never taken again; "
                + "another node needs another id and an empty directory: 'raftsman cluster add NEW'";
    }

    static String cure(String node) {
        return "never start it under this id: give the node a new id and an empty directory, and run"
                + " 'raftsman cluster replace " + node + " NEW'";
    }

    private static Formation begin(Introduction self, Map<String, Introduction> answers, List<String> wrong) {
        List<CollectorConfig.Peer> founding = founding(self);
        List<String> missing = new ArrayList<>();
        List<String> differing = new ArrayList<>();
        List<Founders.Founder> founders = new ArrayList<>();
        Set<UUID> directories = new HashSet<>();
        for (CollectorConfig.Peer peer : founding) {
            Introduction answer = peer.id().equals(self.self().id()) ? self : answers.get(peer.id());
            if (answer == null) {
                missing.add(peer.id() + " (" + peer.raft() + ")");
                continue;
            }
            if (!new HashSet<>(founding(answer)).equals(new HashSet<>(founding))) {
                differing.add(peer.id() + " has other raft.peers: "
                        + new TreeSet<>(founding(answer).stream()
                                .map(CollectorConfig.Peer::toString)
                                .toList()));
            }
            directories.add(answer.directory());
            founders.add(new Founders.Founder(peer, answer.directory()));
        }
        if (!wrong.isEmpty()) {
            return new Wait(String.join("; ", wrong));
        }
        if (self.self().joins()) {
            return new Wait("none of raft.peers that answers has part in the cluster yet; missing: " + missing);
        }
        if (!missing.isEmpty()) {
            return new Wait("no answer from " + String.join(", ", missing));
        }
        if (!differing.isEmpty()) {
            return new Wait(String.join("; ", differing));
        }
        if (directories.size() < founders.size()) {
            return new Wait("two of " + founding.size() + " nodes have the same directory: one was copied");
        }
        return new Found(new Founders(founders));
    }

    private static List<CollectorConfig.Peer> founding(Introduction node) {
        return node.peers().stream().filter(p -> !p.joins()).toList();
    }
}
