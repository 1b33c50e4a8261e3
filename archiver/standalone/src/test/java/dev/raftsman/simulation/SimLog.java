package dev.raftsman.simulation;

import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.ReplicatedLog;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;

/**
 * One node's member of a model of the replicated log: Raft in its plainest form, in place of the engine, whose threads cannot
 * be stepped. An entry is committed once a majority has it forced; a new leader may lose what was not, or commit it later
 * though its submitter was told that nobody knows; followers lag; a node that was away too long is given a snapshot. The
 * term, the vote and what is forced outlive a crash in {@link Disk}.
 */
final class SimLog implements ReplicatedLog {
    /** One entry; without bytes it is the model's own, by which a leader begins its term. */
    record LogEntry(long term, byte[] bytes) {}

    /** What a member keeps on its disk. */
    static final class Disk {
        long term;
        String vote = "";
        /** By index, from the first that is kept. */
        final List<LogEntry> entries = new ArrayList<>();

        long firstIndex;
        /** Term of the entry before the first. */
        long termBefore;
        /** Greatest index that outlives a power cut. */
        long forced = -1;

        long lastIndex() {
            return firstIndex + entries.size() - 1;
        }

        LogEntry entry(long index) {
            return entries.get((int) (index - firstIndex));
        }

        /** @return -1 if it is no longer, or not yet, known */
        long termOf(long index) {
            if (index == firstIndex - 1) {
                return termBefore;
            }
            return index < firstIndex || index > lastIndex() ? -1 : entry(index).term();
        }

        void cutAfter(long index) {
            entries.subList((int) (index + 1 - firstIndex), entries.size()).clear();
            forced = Math.min(forced, index);
        }

        /** Entries up to the index are in a snapshot. */
        void purge(long through) {
            forced = Math.max(forced, through);
            if (through >= firstIndex) {
                termBefore = termOf(through);
                entries.subList(0, (int) (through + 1 - firstIndex)).clear();
                firstIndex = through + 1;
            }
        }

        /** Everything came as a snapshot. */
        void begin(long index, long lastTerm) {
            entries.clear();
            firstIndex = index + 1;
            termBefore = lastTerm;
            forced = index;
        }
    }

    /** What the log drives, and how it reaches the other members. */
    interface Surroundings {
        /** @return the reply */
        byte[] apply(long term, long index, ByteBuffer entry);

        void advance(long term, long index);

        /** The member of another node, if that node is up. */
        SimLog peer(String node);

        /** Fetches a peer's snapshot and goes on from it. @return whether it did */
        boolean installFrom(String node);

        /** Runs later unless the node is down by then. */
        void later(long nanos, Runnable work);
    }

    private enum Role {
        FOLLOWER,
        CANDIDATE,
        LEADER
    }

    private record Pending(long term, CompletableFuture<Outcome> answer) {}

    private record Barrier(long round, long index, CompletableFuture<Outcome> answer) {}

    private static final int ENTRIES_A_MESSAGE = 16;
    private static final long BEAT_NANOS = 60 * Scheduler.MILLI;
    private static final long ELECTION_LEAST_NANOS = 250 * Scheduler.MILLI;
    private static final long ELECTION_MOST_NANOS = 600 * Scheduler.MILLI;

    private final String self;
    private final List<String> members;
    private final Disk disk;
    private final Scheduler scheduler;
    private final SimNetwork network;
    private final Surroundings surroundings;
    private final Set<Sabotage> sabotage;
    private final List<Runnable> leadershipListeners = new ArrayList<>();

    private Role role = Role.FOLLOWER;
    private String leader = "";
    private long committed;
    private long applied;
    private long heardNanos;
    private long patienceNanos;
    private final Set<String> votes = new HashSet<>();
    private final Map<String, Long> nextIndex = new HashMap<>();
    private final Map<String, Long> matchIndex = new HashMap<>();
    private final Map<String, Long> peerHeardNanos = new HashMap<>();
    private final Map<String, Long> peerRound = new HashMap<>();
    private final NavigableMap<Long, Pending> pending = new TreeMap<>();
    private final ArrayDeque<Barrier> barriers = new ArrayDeque<>();
    private long round;
    private long firstOfTerm;
    /** How far this follower's log is known to be the leader's. */
    private long verified = -1;

    private long leaderCommitted = -1;
    private boolean applying;
    private boolean forcing;
    private boolean installing;
    private long laggingUntilNanos;

    /** @param applied the index that the state shows */
    SimLog(
            String self,
            List<String> members,
            Disk disk,
            long applied,
            Scheduler scheduler,
            SimNetwork network,
            Surroundings surroundings,
            Set<Sabotage> sabotage) {
        this.self = self;
        this.members = members;
        this.disk = disk;
        this.applied = applied;
        this.committed = applied;
        this.scheduler = scheduler;
        this.network = network;
        this.surroundings = surroundings;
        this.sabotage = sabotage;
        hearLeader();
        surroundings.later(BEAT_NANOS, this::beat);
    }

    long applied() {
        return applied;
    }

    long committed() {
        return committed;
    }

    boolean isLeader() {
        return role == Role.LEADER;
    }

    private boolean majority(int of) {
        return of * 2 > members.size();
    }

    private void hearLeader() {
        heardNanos = scheduler.nowNanos();
        patienceNanos = scheduler.between(ELECTION_LEAST_NANOS, ELECTION_MOST_NANOS);
    }

    // ---- what the room above asks

    @Override
    public CompletableFuture<Outcome> submit(ByteBuffer entry) {
        if (!leadership().ready()) {
            return CompletableFuture.completedFuture(new Outcome.NotLeader(otherLeader()));
        }
        byte[] bytes = new byte[entry.remaining()];
        entry.get(bytes);
        if (sabotage.contains(Sabotage.ACKNOWLEDGED_UNWRITTEN) && Tampering.isAppend(bytes) && scheduler.fault(20)) {
            return CompletableFuture.completedFuture(new Outcome.Applied(disk.lastIndex(), Tampering.accepted(bytes)));
        }
        boolean vague = scheduler.fault(400);
        if (vague && scheduler.random().nextBoolean()) {
            return CompletableFuture.completedFuture(new Outcome.Unavailable("nothing was taken, perhaps"));
        }
        append(new LogEntry(disk.term, bytes));
        if (vague) {
            return CompletableFuture.completedFuture(new Outcome.Unavailable("perhaps something was taken"));
        }
        CompletableFuture<Outcome> answer = new CompletableFuture<>();
        pending.put(disk.lastIndex(), new Pending(disk.term, answer));
        members.forEach(this::replicate);
        return answer;
    }

    @Override
    public CompletableFuture<Outcome> readBarrier() {
        if (!leadership().ready()) {
            return CompletableFuture.completedFuture(new Outcome.NotLeader(otherLeader()));
        }
        CompletableFuture<Outcome> answer = new CompletableFuture<>();
        round++;
        barriers.add(new Barrier(round, committed, answer));
        members.forEach(this::replicate);
        passBarriers();
        return answer;
    }

    @Override
    public Leadership leadership() {
        return new Leadership(leader, role == Role.LEADER && applied >= firstOfTerm, disk.term);
    }

    private String otherLeader() {
        return leader.equals(self) ? "" : leader;
    }

    @Override
    public void onLeadershipChange(Runnable listener) {
        leadershipListeners.add(listener);
    }

    @Override
    public LogFacts facts() {
        return new LogFacts(role.name(), disk.term, applied, committed, disk.firstIndex - 1, 0);
    }

    @Override
    public void requestSnapshot() {
        throw new UnsupportedOperationException("the node takes snapshots when it likes");
    }

    /** The process ends: nobody who waits is told anything. */
    @Override
    public void close() {
        role = Role.FOLLOWER;
        pending.clear();
        barriers.clear();
    }

    // ---- leading

    /** Time passes. */
    private void beat() {
        long now = scheduler.nowNanos();
        if (role == Role.LEADER) {
            long heard = members.stream()
                    .filter(m -> m.equals(self) || now - peerHeardNanos.getOrDefault(m, 0L) < 2 * ELECTION_MOST_NANOS)
                    .count();
            if (!majority((int) heard)) {
                scheduler.trace(self + " leads nobody any more, term " + disk.term);
                follow("");
            } else {
                members.forEach(this::replicate);
            }
        } else if (now - heardNanos > patienceNanos) {
            stand();
        }
        surroundings.later(BEAT_NANOS, this::beat);
    }

    private void stand() {
        hearLeader();
        disk.term++;
        disk.vote = self;
        role = Role.CANDIDATE;
        leader = "";
        votes.clear();
        votes.add(self);
        long term = disk.term;
        long lastIndex = disk.lastIndex();
        long lastTerm = disk.termOf(lastIndex);
        for (String member : members) {
            to(member, peer -> peer.voteAsked(term, self, lastIndex, lastTerm));
        }
        winIfElected();
    }

    private void voteAsked(long term, String candidate, long lastIndex, long lastTerm) {
        learn(term);
        long ownTerm = disk.termOf(disk.lastIndex());
        boolean asNew = lastTerm > ownTerm || lastTerm == ownTerm && lastIndex >= disk.lastIndex();
        boolean granted = term == disk.term && asNew && (disk.vote.isEmpty() || disk.vote.equals(candidate));
        if (granted) {
            disk.vote = candidate;
            hearLeader();
            to(candidate, peer -> peer.voted(term, self));
        } else {
            long own = disk.term;
            to(candidate, peer -> peer.learn(own));
        }
    }

    private void voted(long term, String voter) {
        if (term == disk.term && role == Role.CANDIDATE) {
            votes.add(voter);
            winIfElected();
        }
    }

    private void winIfElected() {
        if (!majority(votes.size())) {
            return;
        }
        role = Role.LEADER;
        leader = self;
        nextIndex.clear();
        matchIndex.clear();
        peerRound.clear();
        for (String member : members) {
            nextIndex.put(member, disk.lastIndex() + 1);
            peerHeardNanos.put(member, scheduler.nowNanos());
        }
        append(new LogEntry(disk.term, null));
        firstOfTerm = disk.lastIndex();
        scheduler.trace(self + " leads, term " + disk.term + ", first index " + firstOfTerm);
        members.forEach(this::replicate);
        tellLeadership();
    }

    private void append(LogEntry entry) {
        disk.entries.add(entry);
        force();
        commit();
    }

    private void replicate(String member) {
        if (member.equals(self) || role != Role.LEADER) {
            return;
        }
        long next = nextIndex.get(member);
        if (next < disk.firstIndex) {
            to(member, peer -> peer.installAsked(disk.term, self));
            return;
        }
        int many = (int) Math.min(ENTRIES_A_MESSAGE, disk.lastIndex() + 1 - next);
        int from = (int) (next - disk.firstIndex);
        List<LogEntry> entries = List.copyOf(disk.entries.subList(from, from + many));
        long term = disk.term;
        long before = disk.termOf(next - 1);
        long commit = committed;
        long asked = round;
        nextIndex.put(member, next + many); // sent ahead; what gets lost is found out by the next answer
        to(member, peer -> peer.appendAsked(term, self, next - 1, before, entries, commit, asked));
    }

    private void appended(long term, String member, long match, boolean fits, long answeredRound) {
        learn(term);
        if (term != disk.term || role != Role.LEADER) {
            return;
        }
        peerHeardNanos.put(member, scheduler.nowNanos());
        peerRound.merge(member, answeredRound, Math::max);
        passBarriers();
        if (!fits) {
            nextIndex.put(member, Math.max(0, Math.min(match + 1, disk.lastIndex() + 1)));
            replicate(member);
            return;
        }
        matchIndex.merge(member, match, Math::max);
        nextIndex.merge(member, match + 1, Math::max);
        commit();
        if (nextIndex.get(member) <= disk.lastIndex()) {
            replicate(member);
        }
    }

    /** What a majority has forced is committed, if an entry of this term is among it. */
    private void commit() {
        for (long index = disk.lastIndex(); index > committed && disk.termOf(index) == disk.term; index--) {
            int have = disk.forced >= index ? 1 : 0;
            for (String member : members) {
                have += !member.equals(self) && matchIndex.getOrDefault(member, -1L) >= index ? 1 : 0;
            }
            if (majority(have)) {
                committed = index;
                applySoon();
                return;
            }
        }
    }

    private void passBarriers() {
        for (Iterator<Barrier> each = barriers.iterator(); each.hasNext(); ) {
            Barrier barrier = each.next();
            long heard = members.stream()
                    .filter(m -> m.equals(self) || peerRound.getOrDefault(m, -1L) >= barrier.round())
                    .count();
            if (majority((int) heard) && applied >= barrier.index()) {
                each.remove();
                barrier.answer().complete(new Outcome.Applied(0, new byte[0]));
            }
        }
    }

    // ---- following

    /** A term that is newer than one's own ends whatever one was. */
    private void learn(long term) {
        if (term > disk.term) {
            disk.term = term;
            disk.vote = "";
            follow("");
        }
    }

    private void follow(String whom) {
        boolean changed = role == Role.LEADER || !leader.equals(whom);
        role = Role.FOLLOWER;
        if (!leader.equals(whom)) {
            verified = committed;
        }
        leader = whom;
        hearLeader();
        if (changed) {
            NavigableMap<Long, Pending> unanswered = new TreeMap<>(pending);
            List<Barrier> waiting = List.copyOf(barriers);
            pending.clear();
            barriers.clear();
            unanswered.values().forEach(each -> each.answer().complete(new Outcome.NotLeader(otherLeader())));
            waiting.forEach(each -> each.answer().complete(new Outcome.NotLeader(otherLeader())));
            tellLeadership();
        }
    }

    private void tellLeadership() {
        leadershipListeners.forEach(Runnable::run);
    }

    private void appendAsked(
            long term, String from, long prevIndex, long prevTerm, List<LogEntry> entries, long commit, long asked) {
        learn(term);
        if (term < disk.term) {
            long own = disk.term;
            to(from, peer -> peer.learn(own));
            return;
        }
        if (!leader.equals(from) || role != Role.FOLLOWER) {
            follow(from);
        }
        hearLeader();
        if (prevIndex > disk.lastIndex() || prevIndex >= disk.firstIndex - 1 && disk.termOf(prevIndex) != prevTerm) {
            long guess = Math.min(prevIndex - 1, disk.lastIndex());
            to(from, peer -> peer.appended(term, self, guess, false, asked));
            return;
        }
        long index = prevIndex;
        for (LogEntry entry : entries) {
            index++;
            if (index < disk.firstIndex) {
                continue; // in the snapshot
            }
            if (index <= disk.lastIndex() && disk.termOf(index) != entry.term()) {
                if (index <= committed) { // the model's own promise
                    throw new Violation("O1", self + " is asked to overwrite committed entry " + index);
                }
                disk.cutAfter(index - 1);
            }
            if (index > disk.lastIndex()) {
                disk.entries.add(entry);
            }
        }
        verified = Math.max(verified, index);
        leaderCommitted = Math.max(leaderCommitted, commit);
        committed = Math.max(committed, Math.min(leaderCommitted, verified));
        force();
        answerForced(asked);
        applySoon();
    }

    /** Says what is forced of what the leader has sent; the rest is said once it is. */
    private void answerForced(long asked) {
        long term = disk.term;
        long match = Math.min(verified, disk.forced);
        to(leader, peer -> peer.appended(term, self, match, true, asked));
    }

    private void force() {
        if (forcing) {
            return;
        }
        forcing = true;
        long through = disk.lastIndex();
        long throughTerm = disk.termOf(through);
        long nanos = scheduler.fault(200)
                ? scheduler.between(50 * Scheduler.MILLI, 2 * Scheduler.SECOND)
                : scheduler.between(100 * Scheduler.MICRO, 3 * Scheduler.MILLI);
        surroundings.later(nanos, () -> {
            forcing = false;
            if (through <= disk.lastIndex() && disk.termOf(through) == throughTerm) {
                disk.forced = Math.max(disk.forced, through);
            }
            if (disk.forced < disk.lastIndex()) {
                force();
            }
            if (role == Role.LEADER) {
                commit();
            } else if (role == Role.FOLLOWER && !leader.isEmpty()) {
                answerForced(-1);
            }
        });
    }

    private void installAsked(long term, String from) {
        learn(term);
        if (term < disk.term || installing) {
            return;
        }
        if (!leader.equals(from)) {
            follow(from);
        }
        hearLeader();
        installing = true;
        surroundings.later(scheduler.between(Scheduler.MILLI, 300 * Scheduler.MILLI), () -> {
            installing = false;
            if (!network.isCut(from, self) && surroundings.peer(from) != null && !surroundings.installFrom(from)) {
                answerForced(-1); // It has as much already, as the engine's followers say too; else the leader asks for
                // ever.
            }
        });
    }

    /** The state shows a snapshot fetched from elsewhere. */
    void installed(long term, long index) {
        if (index <= disk.lastIndex() && disk.termOf(index) == term) {
            disk.purge(index);
            disk.forced = Math.max(disk.forced, index);
        } else {
            disk.begin(index, term);
        }
        applied = index;
        committed = Math.max(committed, index);
        verified = Math.max(verified, index);
        if (role == Role.FOLLOWER && !leader.isEmpty()) {
            answerForced(-1);
        }
    }

    // ---- applying

    /** This node falls behind for a while. */
    void lag(long nanos) {
        laggingUntilNanos = scheduler.nowNanos() + nanos;
    }

    private void applySoon() {
        if (applying || applied >= committed) {
            return;
        }
        applying = true;
        long lag = Math.max(0, laggingUntilNanos - scheduler.nowNanos());
        surroundings.later(lag + scheduler.between(10 * Scheduler.MICRO, 500 * Scheduler.MICRO), () -> {
            applying = false;
            for (int some = 1 + scheduler.random().nextInt(6); some > 0 && applied < committed; some--) {
                applyNext();
            }
            passBarriers();
            applySoon();
        });
    }

    private void applyNext() {
        long index = applied + 1;
        LogEntry entry = disk.entry(index);
        byte[] reply = new byte[0];
        if (entry.bytes() == null) {
            surroundings.advance(entry.term(), index);
        } else {
            reply = surroundings.apply(
                    entry.term(), index, ByteBuffer.wrap(entry.bytes()).asReadOnlyBuffer());
        }
        applied = index;
        Pending waiting = pending.remove(index);
        if (waiting != null) {
            waiting.answer()
                    .complete(
                            waiting.term() == entry.term()
                                    ? new Outcome.Applied(index, reply)
                                    : new Outcome.NotLeader(otherLeader()));
        }
        if (role == Role.LEADER && index == firstOfTerm) {
            tellLeadership();
        }
    }

    private interface Call {
        void on(SimLog peer);
    }

    private void to(String member, Call call) {
        if (!member.equals(self)) {
            network.send(self, member, () -> {
                SimLog peer = surroundings.peer(member);
                if (peer != null) {
                    call.on(peer);
                }
            });
        }
    }
}
