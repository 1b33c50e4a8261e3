package dev.raftsman.cli;

import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.catalog.Verdict;
import dev.raftsman.config.HostPort;
import dev.raftsman.ingest.BlockContents;
import dev.raftsman.ingest.IngestObserver;
import dev.raftsman.ingest.IngestServer;
import dev.raftsman.ingest.IngestSettings;
import dev.raftsman.raft.Leadership;
import dev.raftsman.raft.LogFacts;
import dev.raftsman.raft.Outcome;
import dev.raftsman.raft.ReplicatedLog;
import dev.raftsman.store.Entry;
import dev.raftsman.wire.RefuseReason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;

/** The door for agents of a served state: a collector's own, before a log of one that applies at once. */
final class AgentDoor implements AutoCloseable {
    private final ServedState state;
    private final IngestServer server;

    /** Whether FORGET finds no majority: the moment between it and CLOSED lasts. */
    volatile boolean forgetsNothing;

    /**
     * @param port 0 for any
     * @param awaitsRestore whether agents are taken only once the cluster is restored
     */
    AgentDoor(ServedState state, int port, boolean awaitsRestore) throws IOException {
        this.state = state;
        IngestSettings settings = new IngestSettings(
                new HostPort("127.0.0.1", port),
                IngestSettings.DEFAULT_CREDIT_BYTES,
                IngestSettings.DEFAULT_BUDGET_BYTES,
                Duration.ofMillis(1),
                10);
        server = IngestServer.start("n1", settings, new Log(), new Surroundings(awaitsRestore), new NoObserver());
    }

    int port() {
        return server.port();
    }

    @Override
    public void close() {
        server.close();
    }

    private final class Log implements ReplicatedLog {
        @Override
        public CompletableFuture<Outcome> submit(ByteBuffer entry) {
            if (forgetsNothing
                    && Entry.decode(entry.duplicate()) instanceof Entry.Change change
                    && change.command() instanceof Command.Forget) {
                return CompletableFuture.completedFuture(new Outcome.Unavailable("no majority"));
            }
            return CompletableFuture.completedFuture(new Outcome.Applied(0, state.applied(entry)));
        }

        @Override
        public CompletableFuture<Outcome> readBarrier() {
            return CompletableFuture.completedFuture(new Outcome.Applied(0, new byte[0]));
        }

        @Override
        public Leadership leadership() {
            return new Leadership("n1", true, 1);
        }

        @Override
        public void onLeadershipChange(Runnable listener) {
            // It never changes.
        }

        @Override
        public LogFacts facts() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void requestSnapshot() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void close() {
            // The state is the test's.
        }
    }

    private final class Surroundings implements IngestServer.Surroundings {
        private final boolean awaitsRestore;

        Surroundings(boolean awaitsRestore) {
            this.awaitsRestore = awaitsRestore;
        }

        @Override
        public OptionalLong last(long epoch) {
            return state.catalog().epoch(epoch).stream()
                    .mapToLong(EpochView::last)
                    .findFirst();
        }

        @Override
        public String ingestAddress(String node) {
            return "";
        }

        @Override
        public boolean hasRoom() {
            return true;
        }

        @Override
        public long clockMillis() {
            return System.currentTimeMillis();
        }

        @Override
        public String waitsFor() {
            RestoreView restored = state.catalog().restored();
            boolean open = restored == null ? !awaitsRestore : restored.finished();
            return open ? "" : "a restore";
        }
    }

    private static final class NoObserver implements IngestObserver {
        @Override
        public void block(Verdict.Kind verdict, BlockContents contents) {}

        @Override
        public void refused(RefuseReason reason) {}

        @Override
        public void entry(int bytes, long waitedNanos, long committedNanos) {}

        @Override
        public void connections(int open) {}
    }
}
