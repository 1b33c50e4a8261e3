package dev.raftsman.ingest;

import dev.raftsman.catalog.Verdict;
import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.simulation.SimNetwork;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A simulated collector's door: the real sessions and desk behind simulated connections. In this package because they are
 * nobody else's.
 */
public final class SimIngest implements IngestObserver {
    private static final long TICK_NANOS = 250_000_000;

    /** Where it runs. */
    public interface Host {
        long nanoTime();

        /** Runs later, unless the node is down by then. */
        void later(long nanos, Runnable work);
    }

    private final IngestDesk desk;
    private final Host host;
    private final IngestServer.Surroundings surroundings;
    private final List<Connection> connections = new ArrayList<>();
    private final List<Runnable> handedOver = new ArrayList<>();
    private int conflicts;

    public SimIngest(String node, ReplicatedLog log, IngestServer.Surroundings surroundings, Host host, Random random) {
        this.host = host;
        this.surroundings = surroundings;
        long credit = 2_000L + random.nextInt(200_000);
        IngestSettings settings = new IngestSettings(null, credit, 4 * credit, Duration.ofMillis(10), 1_000);
        this.desk = new IngestDesk(node, settings, log, surroundings, this, new Loop(), () -> {});
        host.later(TICK_NANOS, this::tick);
    }

    private void tick() {
        desk.leadershipMayHaveChanged();
        connections.forEach(c -> c.session.throttled(!surroundings.hasRoom()));
        host.later(TICK_NANOS, this::tick);
    }

    /** A connection came in. */
    public SimNetwork.Receiver accept(SimNetwork.Direction back) {
        Connection connection = new Connection(back);
        connections.add(connection);
        return connection;
    }

    /** The process ends, and all its connections. */
    public void crash(boolean lose) {
        for (Connection connection : connections) {
            connection.dead = true;
            connection.back.end(lose);
        }
        connections.clear();
    }

    /** Blocks refused since other bytes were stored under their sequences. */
    public int conflicts() {
        return conflicts;
    }

    private final class Loop implements IngestDesk.Loop {
        @Override
        public long nanoTime() {
            return host.nanoTime();
        }

        @Override
        public void execute(Runnable task) {
            handedOver.add(task);
            if (handedOver.size() == 1) {
                host.later(30_000, this::runAll);
            }
        }

        private void runAll() {
            List<Runnable> now = List.copyOf(handedOver);
            handedOver.clear();
            now.forEach(Runnable::run);
        }

        @Override
        public void schedule(Runnable task, long nanos) {
            host.later(nanos, task);
        }
    }

    private final class Connection implements IngestDesk.Line, SimNetwork.Receiver {
        final SimNetwork.Direction back;
        final IngestSession session;
        boolean dead;

        Connection(SimNetwork.Direction back) {
            this.back = back;
            this.session = desk.open(this);
        }

        @Override
        public void received(Frame frame) {
            if (!dead) {
                session.received(frame);
                desk.advance();
            }
        }

        @Override
        public String peer() {
            return "simulated";
        }

        @Override
        public boolean reads() {
            return dead || session.withinCredit();
        }

        @Override
        public void ended() {
            if (!dead) {
                connections.remove(this);
                desk.gone(session);
                back.end(true);
            }
        }

        @Override
        public void send(Frame.FromCollector frame) {
            back.send(frame);
        }

        @Override
        public void flush() {
            // What is sent is under way.
        }

        @Override
        public void close() {
            back.end(false);
        }
    }

    @Override
    public void block(Verdict.Kind verdict, BlockContents contents) {
        conflicts += verdict == Verdict.Kind.CONFLICT ? 1 : 0;
    }

    @Override
    public void refused(RefuseReason reason) {
        // Not of interest.
    }

    @Override
    public void entry(int bytes, long waitedNanos, long committedNanos) {
        // Not of interest.
    }

    @Override
    public void connections(int open) {
        // Not of interest.
    }
}
