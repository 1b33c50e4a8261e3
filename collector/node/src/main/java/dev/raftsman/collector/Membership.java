package dev.raftsman.collector;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.MemberState;
import dev.raftsman.catalog.MemberView;
import dev.raftsman.config.HostPort;
import dev.raftsman.query.ClusterChange;
import dev.raftsman.query.ClusterDoor;
import dev.raftsman.query.ClusterRequest;
import dev.raftsman.query.ClusterStatus;
import dev.raftsman.raft.Follower;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogMember;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.RatisLog;
import dev.raftsman.store.Entry;
import dev.raftsman.store.Reply;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes who votes: one change at a time, on the leader, by a thread of its own.
 *
 * <p>The engine's configuration is what holds; the table of members follows it. A change can break off at any step, with
 * its leader for one, and be asked for again: an id is bound to a directory before that directory takes the log, and what
 * the table lacks then is added by the next leader ({@link #reconcile}).
 */
final class Membership implements ClusterDoor {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final Duration ASK_LIMIT = Duration.ofSeconds(5);

    /** Opening the state of a directory with many segments takes its time. */
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(60);

    private static final Duration TRANSFER_LIMIT = Duration.ofSeconds(10);
    private static final long COMMIT_SECONDS = 20;
    private static final long ALIVE_MILLIS = 3_000;

    private final CollectorConfig config;
    private final RatisLog log;
    private final Introductions introductions;
    private final Supplier<List<MemberView>> table;
    private final Supplier<Optional<Founders>> founders;
    private final Clock clock;
    private Running running;
    private volatile ClusterChange last;

    /** The change under way. Its thread writes, others read. */
    private final class Running {
        final long id;
        final ClusterRequest request;
        volatile String phase = "begins";

        Running(long id, ClusterRequest request) {
            this.id = id;
            this.request = request;
        }

        void phase(String next) {
            phase = next;
            last = view(false, null);
            LOG.info("change of members: {}, phase={}", what(request), next);
        }

        ClusterChange view(boolean done, String error) {
            return new ClusterChange(
                    id,
                    request.verb().name().toLowerCase(Locale.ROOT),
                    request.node(),
                    request.replaces(),
                    phase,
                    done,
                    error);
        }
    }

    /** The change cannot be done, or not now; the message is for whoever asked. */
    private static final class ChangeException extends Exception {
        private static final long serialVersionUID = 1L;

        ChangeException(String message) {
            super(message);
        }
    }

    /**
     * @param table the members as applied on this node
     * @param founders of this directory
     */
    Membership(
            CollectorConfig config,
            RatisLog log,
            Introductions introductions,
            Supplier<List<MemberView>> table,
            Supplier<Optional<Founders>> founders,
            Clock clock) {
        this.config = config;
        this.log = log;
        this.introductions = introductions;
        this.table = table;
        this.founders = founders;
        this.clock = clock;
    }

    private static String what(ClusterRequest request) {
        return "verb=" + request.verb() + ", node=" + request.node()
                + (request.replaces() == null ? "" : ", replaces=" + request.replaces());
    }

    // --- what is

    @Override
    public ClusterStatus status() {
        Leadership leadership = log.leadership();
        Map<String, Follower> followers = new TreeMap<>();
        log.followers().forEach(f -> followers.put(f.id(), f));
        Map<String, MemberView> rows = rows();
        long applied = log.facts().appliedIndex();
        List<ClusterStatus.Member> members = new ArrayList<>();
        for (LogMember member : log.members()) {
            MemberView row = rows.remove(member.id());
            Follower follower = followers.get(member.id());
            boolean self = member.id().equals(config.node());
            members.add(new ClusterStatus.Member(
                    member.id(),
                    row == null ? "UNKNOWN" : row.state().name(),
                    true,
                    member.raft().toString(),
                    member.ingest(),
                    member.http(),
                    row == null ? null : row.directory(),
                    self ? applied : follower == null ? -1 : follower.matchIndex(),
                    self ? 0 : follower == null ? -1 : follower.silentMillis()));
        }
        for (MemberView row : rows.values()) {
            Follower follower = followers.get(row.node());
            members.add(new ClusterStatus.Member(
                    row.node(),
                    row.state().name(),
                    false,
                    null,
                    null,
                    null,
                    row.directory(),
                    follower == null ? -1 : follower.matchIndex(),
                    follower == null ? -1 : follower.silentMillis()));
        }
        return new ClusterStatus(
                config.cluster(),
                config.node(),
                leadership.leader(),
                log.member(leadership.leader()).map(LogMember::http).orElse(""),
                leadership.ready(),
                log.settled(),
                log.facts().committedIndex(),
                members,
                leadership.ready() ? last : null);
    }

    private Map<String, MemberView> rows() {
        Map<String, MemberView> rows = new TreeMap<>();
        table.get().forEach(row -> rows.put(row.node(), row));
        return rows;
    }

    /**
     * What the table lacks of the engine's configuration: founders at first, and what a change left undone that broke off.
     * For the leader; one command at a time.
     */
    synchronized Optional<Command> reconcile() {
        if (running != null || !log.settled()) {
            return Optional.empty();
        }
        Map<String, MemberView> rows = rows();
        List<LogMember> members = log.members();
        for (LogMember member : members) {
            MemberView row = rows.remove(member.id());
            UUID directory = row != null
                    ? row.directory()
                    : founders.get().flatMap(f -> f.directoryOf(member.id())).orElse(null);
            if (directory != null && (row == null || row.state() == MemberState.INVITED)) {
                return Optional.of(new Command.Enlist(member.id(), directory));
            }
        }
        return rows.values().stream()
                .filter(row -> row.state() == MemberState.MEMBER)
                .findFirst()
                .map(row -> new Command.Retire(row.node()));
    }

    // --- what is to be

    @Override
    public Answer begin(ClusterRequest request) {
        if (!log.leadership().ready()) {
            return new Answer.NotLeading();
        }
        String goes = request.verb() == ClusterRequest.Verb.REMOVE
                ? request.node()
                : request.verb() == ClusterRequest.Verb.REPLACE ? request.replaces() : null;
        if (config.node().equals(goes) && log.members().size() > 1) {
            return handOver(request);
        }
        synchronized (this) {
            if (running != null) {
                return running.request.equals(request)
                        ? new Answer.Begun(running.view(false, null))
                        : new Answer.Refused(
                                "another change is under way: " + what(running.request) + ", " + running.phase);
            }
            // Unlike those of leaders before, which a client may still be asking for.
            running = new Running(clock.millis(), request);
            last = running.view(false, null);
            Running mine = running;
            Thread thread = new Thread(() -> run(mine), "membership");
            thread.setDaemon(true);
            thread.start();
            return new Answer.Begun(last);
        }
    }

    /** A leader that is to go lets another one do it. */
    private Answer handOver(ClusterRequest request) {
        Optional<Follower> next = log.followers().stream()
                .filter(f -> log.member(f.id()).isPresent())
                .min(Comparator.comparingLong(Follower::silentMillis));
        if (next.isEmpty() || next.get().silentMillis() > ALIVE_MILLIS) {
            return new Answer.Refused("no other member answers that could lead: " + what(request));
        }
        LOG.info(
                "hands leadership over, in order to be removed: to={}",
                next.get().id());
        Outcome outcome = log.transfer(next.get().id(), TRANSFER_LIMIT).join();
        return outcome instanceof Outcome.Unavailable unavailable
                ? new Answer.Refused("leadership could not be handed over: " + unavailable.detail())
                : new Answer.NotLeading();
    }

    private void run(Running change) {
        String error = null;
        try {
            carryOut(change);
            change.phase("done");
        } catch (ChangeException e) {
            error = e.getMessage();
        } catch (Error e) {
            ended(change, e.toString()); // or no later change would be taken
            throw e;
        } catch (IOException | RuntimeException e) {
            LOG.debug("change of members failed", e);
            error = e.getMessage() == null ? e.toString() : e.getMessage();
        }
        if (error != null) {
            LOG.warn("change of members failed: {}, phase={}, reason={}", what(change.request), change.phase, error);
        }
        ended(change, error);
    }

    private synchronized void ended(Running change, String error) {
        last = change.view(true, error);
        running = null;
    }

    private void carryOut(Running change) throws ChangeException, IOException {
        ClusterRequest request = change.request;
        if (request.verb() != ClusterRequest.Verb.TRANSFER && !log.settled()) {
            throw new ChangeException("another change is not committed yet");
        }
        switch (request.verb()) {
            case ADD -> add(change, null);
            case REPLACE -> {
                LogMember old = log.member(request.replaces()).orElse(null);
                MemberView row = rows().get(request.replaces());
                if (old == null && row == null) {
                    throw new ChangeException(request.replaces() + " is no member");
                }
                add(change, old);
                if (row == null || row.state() != MemberState.RETIRED) {
                    retire(change, request.replaces(), old, row);
                }
            }
            case REMOVE -> remove(change);
            case TRANSFER -> transfer(change);
        }
    }

    private void add(Running change, LogMember old) throws ChangeException, IOException {
        ClusterRequest request = change.request;
        List<LogMember> from = log.members();
        Optional<LogMember> there = log.member(request.node());
        if (there.isPresent() && there.get().raft().toString().equals(request.raft())) {
            if (old != null) {
                reconfigure(change, from, without(from, old.id()));
            }
            return; // Added by an earlier sending.
        }
        change.phase("asks " + request.node() + " at " + request.raft());
        Introduction who = introductions.of(HostPort.parse(request.raft()), ASK_LIMIT);
        LogMember newcomer = who.self().member();
        requireFit(request, who, newcomer, from, old);
        change.phase("invites " + newcomer.id());
        propose(new Command.Invite(newcomer.id(), who.directory()));
        introductions.ask(
                newcomer.raft(),
                Errand.JOIN,
                new Errand(config.cluster(), newcomer.id(), who.directory()).json(),
                JOIN_LIMIT);
        List<LogMember> with = new ArrayList<>(from);
        with.add(newcomer);
        if (old != null && from.size() > 2) {
            reconfigure(change, from, without(with, old.id()));
        } else {
            // The engine does not exchange half of its members at once.
            reconfigure(change, from, with);
            if (old != null) {
                reconfigure(change, with, without(with, old.id()));
            }
        }
        change.phase("notes that " + newcomer.id() + " is a member");
        propose(new Command.Enlist(newcomer.id(), who.directory()));
    }

    private static List<LogMember> without(List<LogMember> members, String node) {
        return members.stream().filter(m -> !m.id().equals(node)).toList();
    }

    private void requireFit(
            ClusterRequest request, Introduction who, LogMember newcomer, List<LogMember> members, LogMember old)
            throws ChangeException {
        if (!who.cluster().equals(config.cluster()) || !newcomer.id().equals(request.node())) {
            throw new ChangeException(request.raft() + " is " + newcomer.id() + " of cluster " + who.cluster()
                    + ", not " + request.node() + " of " + config.cluster());
        }
        differs("raft", request.raft(), newcomer.raft().toString());
        differs("ingest", request.ingest(), newcomer.ingest());
        differs("http", request.http(), newcomer.http());
        if (who.founders() != null && who.entered()) {
            throw new ChangeException(newcomer.id() + " has founded a cluster of its own; it needs an empty directory");
        }
        for (LogMember member : without(members, old == null ? "" : old.id())) {
            if (member.id().equals(newcomer.id())
                    || member.raft().equals(newcomer.raft())
                    || member.ingest().equals(newcomer.ingest())
                    || member.http().equals(newcomer.http())) {
                throw new ChangeException(
                        newcomer.id() + " has the id or an address of " + member.id() + ", which is a member");
            }
        }
    }

    private static void differs(String door, String asked, String told) throws ChangeException {
        if (asked != null && !asked.equals(told)) {
            throw new ChangeException(
                    "the configuration of the node has '" + told + "' as its " + door + ", not '" + asked + "'");
        }
    }

    private void remove(Running change) throws ChangeException, IOException {
        String node = change.request.node();
        LogMember member = log.member(node).orElse(null);
        MemberView row = rows().get(node);
        if (member == null && row == null) {
            throw new ChangeException("the cluster does not know " + node);
        }
        if (member != null) {
            List<LogMember> from = log.members();
            reconfigure(change, from, without(from, node));
        }
        retire(change, node, member, row);
    }

    private void retire(Running change, String node, LogMember member, MemberView row)
            throws ChangeException, IOException {
        change.phase("retires the id " + node);
        propose(new Command.Retire(node));
        if (member == null || row == null) {
            return;
        }
        change.phase("tells " + node);
        try {
            introductions.ask(
                    member.raft(), Errand.LEAVE, new Errand(config.cluster(), node, row.directory()).json(), ASK_LIMIT);
        } catch (IOException e) {
            // Where it comes back, it asks.
            LOG.info("a removed node was not told: node={}, reason={}", node, e.getMessage());
        }
    }

    private void transfer(Running change) throws ChangeException {
        String node = change.request.node();
        if (log.member(node).isEmpty()) {
            throw new ChangeException(node + " is no member");
        }
        if (!node.equals(config.node())) {
            change.phase("hands leadership to " + node);
            require(log.transfer(node, TRANSFER_LIMIT), TRANSFER_LIMIT.toSeconds() + 5);
        }
    }

    private void reconfigure(Running change, List<LogMember> from, List<LogMember> to) throws ChangeException {
        if (to.isEmpty()) {
            throw new ChangeException("it is the last member");
        }
        requireMajority(from, to);
        if (to.size() % 2 == 0) {
            LOG.warn("an even number of members: now={}, reason=it survives no more failures than one less", to.size());
        }
        boolean grows = to.stream().anyMatch(m -> from.stream().noneMatch(f -> f.id().equals(m.id())));
        change.phase((grows ? "sends the log, then changes" : "changes") + " the members to "
                + to.stream().map(LogMember::id).toList());
        // How long depends on how much there is to send; the engine gives up on a newcomer that is silent.
        require(log.reconfigure(from, to), Long.MAX_VALUE);
    }

    /** A change to members of which no majority answers would never be committed, nor could it be taken back. */
    private void requireMajority(List<LogMember> from, List<LogMember> to) throws ChangeException {
        List<String> answering = new ArrayList<>(log.followers().stream()
                .filter(f -> f.silentMillis() <= ALIVE_MILLIS)
                .map(Follower::id)
                .toList());
        answering.add(config.node());
        to.stream()
                .map(LogMember::id)
                .filter(id -> from.stream().noneMatch(m -> m.id().equals(id)))
                .forEach(answering::add);
        List<String> silent = to.stream()
                .map(LogMember::id)
                .filter(id -> !answering.contains(id))
                .toList();
        if (silent.size() * 2 >= to.size()) {
            throw new ChangeException(
                    "no majority of the members after that would answer: " + silent + " of " + to.size() + " do not");
        }
    }

    private void propose(Command command) throws ChangeException {
        Outcome outcome = require(
                log.submit(ByteBuffer.wrap(new Entry.Change(clock.millis(), command).encode())), COMMIT_SECONDS);
        if (Reply.decode(ByteBuffer.wrap(((Outcome.Applied) outcome).reply())) instanceof Reply.ChangeReply reply
                && reply.result() instanceof CommandResult.Refused refused) {
            throw new ChangeException(refused.detail());
        }
    }

    private static Outcome require(CompletableFuture<Outcome> future, long seconds) throws ChangeException {
        Outcome outcome;
        try {
            outcome = future.get(seconds, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ChangeException("stopping");
        } catch (ExecutionException e) {
            throw new ChangeException(e.getCause().toString());
        } catch (TimeoutException e) {
            throw new ChangeException("not done within " + seconds + " s");
        }
        if (outcome instanceof Outcome.Unavailable unavailable) {
            throw new ChangeException(unavailable.detail());
        }
        if (outcome instanceof Outcome.NotLeader) {
            throw new ChangeException("leadership moved meanwhile; ask again");
        }
        return outcome;
    }
}
