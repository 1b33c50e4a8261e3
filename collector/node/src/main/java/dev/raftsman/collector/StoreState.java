package dev.raftsman.collector;

import dev.raftsman.catalog.Catalog;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.MemberView;
import dev.raftsman.catalog.RestoreView;
import dev.raftsman.config.HostPort;
import dev.raftsman.raft.AppliedState;
import dev.raftsman.raft.PeerHandler;
import dev.raftsman.store.Attestation;
import dev.raftsman.store.CapturedSnapshot;
import dev.raftsman.store.CatchUpProgress;
import dev.raftsman.store.Chunks;
import dev.raftsman.store.IncomingSnapshot;
import dev.raftsman.store.OfferedFiles;
import dev.raftsman.store.PeerFailedException;
import dev.raftsman.store.PeerFiles;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.StorageFullException;
import dev.raftsman.store.StoreFailedException;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;

/** The store as the log drives it. */
final class StoreState implements AppliedState {
    /** Where the rooms that read find the state that the log opened, and others what it offers. */
    static final class Holder implements AppliedState.Opener {
        private final Path data;
        private final StoreSettings settings;
        private final Function<HostPort, PeerFiles> peers;
        private final long fetchBytesPerSecond;
        private final long reserveBytes;
        private final LongConsumer applied;
        private final Runnable noSnapshot;
        private final CatchUpProgress progress = new CatchUpProgress();
        private volatile ReplicatedState current;
        private volatile Path newestSnapshot;

        /**
         * @param peers other nodes' files, by their address of the log
         * @param reserveBytes of the disk, which fetching leaves free
         * @param applied told how many nanoseconds each entry took, by the applying thread
         * @param noSnapshot run when another node asks for one and there was none yet: it asks again
         */
        Holder(
                Path data,
                StoreSettings settings,
                Function<HostPort, PeerFiles> peers,
                long fetchBytesPerSecond,
                long reserveBytes,
                LongConsumer applied,
                Runnable noSnapshot) {
            this.applied = applied;
            this.noSnapshot = noSnapshot;
            this.data = data;
            this.settings = settings;
            this.peers = peers;
            this.fetchBytesPerSecond = fetchBytesPerSecond;
            this.reserveBytes = reserveBytes;
        }

        @Override
        public AppliedState open(Path snapshot) throws IOException {
            ReplicatedState opened = snapshot == null
                    ? ReplicatedState.open(data, settings)
                    : ReplicatedState.open(data, settings, snapshot);
            current = opened;
            newestSnapshot = snapshot;
            return new StoreState(opened, file -> newestSnapshot = file, applied);
        }

        @Override
        public AppliedState.Fetched fetch(String peer, long leastIndex) throws IOException, InterruptedException {
            IncomingSnapshot incoming;
            try {
                ReplicatedState now = current;
                incoming = IncomingSnapshot.fetch(
                        data,
                        peers.apply(HostPort.parse(peer)),
                        now::holds,
                        leastIndex,
                        fetchBytesPerSecond,
                        reserveBytes,
                        progress);
            } catch (PeerFailedException | StorageFullException | IllegalArgumentException e) {
                throw new NotNowException(e.getMessage(), e);
            }
            return new TakenOver(incoming);
        }

        /** What other nodes may have of this one, by verb. */
        Map<String, PeerHandler> offers() {
            return Map.of(
                    PeerFiles.SNAPSHOT, question -> PeerConnections.answer(offeredSnapshot()),
                    PeerFiles.SEGMENT,
                            question -> PeerConnections.answer(OfferedFiles.segment(opened()::fileForPeer, question)),
                    PeerFiles.DIGESTS, question -> PeerConnections.answer(Attestation.answer(opened(), question)));
        }

        /** A newcomer is sent to a snapshot first, also where the log still has everything. */
        private Chunks offeredSnapshot() throws IOException {
            Path newest = newestSnapshot;
            if (newest == null) {
                noSnapshot.run();
            }
            return OfferedFiles.snapshot(newest);
        }

        private ReplicatedState opened() throws IOException {
            ReplicatedState now = current;
            if (now == null) {
                throw new IOException("this node is starting");
            }
            return now;
        }

        CatchUpProgress progress() {
            return progress;
        }

        /** Null as long as the log was not opened. */
        ReplicatedState get() {
            return current;
        }

        /** The tables; empty ones as long as the log was not opened. */
        CatalogView view() {
            ReplicatedState opened = current;
            return opened == null ? new Catalog().view(0, 0) : opened.view();
        }

        boolean waitingForSpace() {
            ReplicatedState opened = current;
            return opened != null && opened.waitingForSpace();
        }

        /** How the cluster was restored, or is being; empty if it never was, or the log was not opened. */
        Optional<RestoreView> restored() {
            ReplicatedState opened = current;
            return opened == null ? Optional.empty() : opened.restored();
        }

        List<MemberView> members() {
            ReplicatedState opened = current;
            return opened == null ? List.of() : opened.members();
        }

        String throttled(long epoch, long nowMillis) {
            return current.throttled(epoch, nowMillis);
        }

        OptionalLong last(long epoch) {
            // While rows come in, none of them is the word to go on from.
            boolean underWay = restored().map(restore -> !restore.finished()).orElse(false);
            return underWay
                    ? OptionalLong.empty()
                    : current.epoch(epoch).stream().mapToLong(e -> e.last()).findFirst();
        }
    }

    private record TakenOver(IncomingSnapshot incoming) implements AppliedState.Fetched {
        @Override
        public long term() {
            return incoming.term();
        }

        @Override
        public long index() {
            return incoming.index();
        }

        @Override
        public void commit(Path file) throws IOException {
            incoming.commit(file);
        }
    }

    private final ReplicatedState state;
    private final Consumer<Path> written;
    private final LongConsumer applied;

    /** @param written told of each snapshot that is the newest from then on */
    private StoreState(ReplicatedState state, Consumer<Path> written, LongConsumer applied) {
        this.state = state;
        this.written = written;
        this.applied = applied;
    }

    @Override
    public byte[] apply(long term, long index, ByteBuffer entry) throws IOException {
        long beganNanos = System.nanoTime();
        byte[] reply;
        try {
            reply = state.apply(term, index, entry);
        } catch (StoreFailedException e) {
            throw new IOException(e.getMessage(), e);
        }
        applied.accept(System.nanoTime() - beganNanos);
        return reply;
    }

    @Override
    public void advance(long term, long index) throws IOException {
        try {
            state.advance(term, index);
        } catch (StoreFailedException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    @Override
    public Captured capture() throws IOException {
        CapturedSnapshot captured;
        try {
            captured = state.capture();
        } catch (StoreFailedException e) {
            throw new IOException(e.getMessage(), e);
        }
        return file -> {
            try {
                captured.write(file);
                written.accept(file);
            } catch (StorageFullException e) {
                throw new NoSpaceException(e);
            } catch (StoreFailedException e) {
                throw new IOException(e.getMessage(), e);
            }
        };
    }

    @Override
    public void ending() {
        state.ending();
    }

    @Override
    public void close() throws IOException {
        state.close();
    }
}
