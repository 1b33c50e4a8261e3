package dev.raftsman.ingest;

import dev.raftsman.block.Block;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.store.EpochBlock;
import dev.raftsman.store.Reply;
import dev.raftsman.wire.Frame;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Joins sessions, coalescer and log: what sessions ask goes into the log, what the log answers goes back to them. Knows no
 * socket. One loop calls it; what the log completes on other threads is handed to that loop.
 */
final class IngestDesk {
    /** The loop that all of it runs on, and its clock. */
    interface Loop {
        long nanoTime();

        /** Runs a task on the loop, after those handed over before. Any thread. */
        void execute(Runnable task);

        /** Runs a task on the loop in so many nanoseconds. */
        void schedule(Runnable task, long nanos);
    }

    /** The other end of a session: a connection. */
    interface Line {
        /** Where it comes from. */
        String peer();

        void send(Frame.FromCollector frame);

        /** Lets what was sent go. */
        void flush();

        /** Lets what was sent go, then ends the connection. */
        void close();
    }

    private final String node;
    private final IngestSettings settings;
    private final ReplicatedLog log;
    private final IngestServer.Surroundings surroundings;
    private final IngestObserver observer;
    private final Loop loop;
    private final Runnable answered;
    private final EntryCoalescer coalescer;
    private final Set<IngestSession> sessions = new LinkedHashSet<>();
    private final ConnectedAgents agents = new ConnectedAgents();
    private boolean alarmSet;

    /** @param answered run after an entry was answered to those who wait for it */
    IngestDesk(
            String node,
            IngestSettings settings,
            ReplicatedLog log,
            IngestServer.Surroundings surroundings,
            IngestObserver observer,
            Loop loop,
            Runnable answered) {
        this.node = node;
        this.settings = settings;
        this.log = log;
        this.surroundings = surroundings;
        this.observer = observer;
        this.loop = loop;
        this.answered = answered;
        this.coalescer = new EntryCoalescer(settings.linger().toNanos());
        log.onLeadershipChange(() -> loop.execute(this::leadershipMayHaveChanged));
    }

    /** A connection came in. */
    IngestSession open(Line line) {
        Client client = new Client(line);
        sessions.add(client.session);
        return client.session;
    }

    /** A connection is gone. */
    void gone(IngestSession session) {
        session.disconnected();
        sessions.remove(session);
        agents.gone(session, surroundings.clockMillis());
    }

    /** Who is, or was a moment ago, connected, and how far behind. Any thread may ask it. */
    ConnectedAgents agents() {
        return agents;
    }

    /** To be called now and then. */
    void leadershipMayHaveChanged() {
        boolean leads = log.leadership().ready();
        agents.expire(leads, surroundings.clockMillis());
        if (!sessions.isEmpty() && !leads) {
            for (IngestSession session : List.copyOf(sessions)) {
                if (!session.greeting()) {
                    session.notLeader();
                }
            }
        }
    }

    /** Blocks waiting and in flight of all sessions, with their framing. */
    long blockBytes() {
        return coalescer.blockBytes();
    }

    /** Hands to the log what is due, and sets the alarm for what is not. */
    void advance() {
        long now = loop.nanoTime();
        for (EntryCoalescer.Batch batch = coalescer.poll(now); batch != null; batch = coalescer.poll(now)) {
            submit(batch);
        }
        long nanos = coalescer.nanosToNext(now);
        if (nanos != EntryCoalescer.NEVER && !alarmSet) {
            alarmSet = true;
            loop.schedule(
                    () -> {
                        alarmSet = false;
                        advance();
                    },
                    nanos);
        }
    }

    private void submit(EntryCoalescer.Batch batch) {
        long since = loop.nanoTime();
        ByteBuffer entry = ByteBuffer.wrap(batch.encode(surroundings.clockMillis()));
        CompletableFuture<?> unused =
                log.submit(entry).thenAccept(outcome -> loop.execute(() -> answered(batch, outcome, since)));
    }

    private void answered(EntryCoalescer.Batch batch, Outcome outcome, long sinceNanos) {
        coalescer.done(batch);
        observer.entry(batch.bytes, sinceNanos - batch.sinceNanos, loop.nanoTime() - sinceNanos);
        if (outcome instanceof Outcome.Applied applied) {
            applied(batch, applied.reply());
        } else if (outcome instanceof Outcome.NotLeader) {
            batch.sessions().forEach(IngestSession::notLeader);
        } else if (outcome instanceof Outcome.Unavailable unavailable) {
            batch.sessions().forEach(session -> session.unavailable(unavailable.detail()));
        }
        advance();
        answered.run();
    }

    private void applied(EntryCoalescer.Batch batch, byte[] encoded) {
        Reply reply = Reply.decode(ByteBuffer.wrap(encoded));
        if (reply instanceof Reply.ChangeReply change) {
            if (batch.command == null) {
                throw new IllegalStateException("an entry of blocks was answered " + change.result());
            }
            if (batch.command.command() instanceof Command.Close close
                    && !(change.result() instanceof CommandResult.Refused)) {
                observer.lostAtClose(close.lossReason(), close.lossCount());
            }
            batch.command.session().answered(batch.command.request(), change.result());
        } else if (reply instanceof Reply.AppendReply append) {
            List<Verdict> verdicts = append.verdicts();
            for (int i = 0; i < verdicts.size(); i++) {
                EntryCoalescer.Appended appended = batch.blocks.get(i);
                observer.block(verdicts.get(i).kind(), appended.contents());
                appended.session().applied(appended.epoch(), appended.contents().bytes(), verdicts.get(i));
            }
        }
        batch.sessions().forEach(IngestSession::flushAcks);
    }

    /** One session, and what it asks for. */
    private final class Client implements SessionActions, IngestSession.Lead {
        private final Line line;
        private final IngestSession session;

        Client(Line line) {
            this.line = line;
            this.session = new IngestSession(node, settings.creditBytes(), this, this);
        }

        @Override
        public void send(Frame.FromCollector frame) {
            line.send(frame);
        }

        @Override
        public void greeted(String tenant, String agent) {
            agents.greeted(session, tenant, agent, line.peer(), surroundings.clockMillis());
        }

        @Override
        public void lag(String stream, long bytes, long millis) {
            agents.lag(session, stream, bytes, millis, surroundings.clockMillis());
        }

        @Override
        public String throttled(long epoch) {
            return surroundings.throttled(epoch);
        }

        @Override
        public void append(long epoch, Block block) {
            coalescer.append(session, new EpochBlock(epoch, block.encoded()), BlockContents.of(block), loop.nanoTime());
            advance();
        }

        @Override
        public void command(int request, Command command) {
            coalescer.command(new EntryCoalescer.CommandAsked(session, request, command), loop.nanoTime());
            advance();
        }

        @Override
        public void resume(int request, long epoch) {
            CompletableFuture<?> unused = log.readBarrier()
                    .thenAccept(outcome -> loop.execute(() -> {
                        if (outcome instanceof Outcome.Applied) {
                            session.resumed(request, epoch, surroundings.last(epoch));
                            line.flush();
                        } else if (outcome instanceof Outcome.Unavailable unavailable) {
                            session.unavailable(unavailable.detail());
                        } else {
                            session.notLeader();
                        }
                    }));
        }

        @Override
        public void close() {
            line.close();
        }

        @Override
        public boolean here() {
            return log.leadership().ready();
        }

        @Override
        public String waitsFor() {
            return surroundings.waitsFor();
        }

        @Override
        public String address() {
            Leadership leadership = log.leadership();
            return leadership.leader().isEmpty() || leadership.leader().equals(node)
                    ? Frame.NONE
                    : surroundings.ingestAddress(leadership.leader());
        }
    }
}
