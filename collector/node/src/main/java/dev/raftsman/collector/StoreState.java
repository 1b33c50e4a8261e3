package dev.raftsman.collector;

import dev.raftsman.raft.AppliedState;
import dev.raftsman.store.CapturedSnapshot;
import dev.raftsman.store.ReplicatedState;
import dev.raftsman.store.StorageFullException;
import dev.raftsman.store.StoreFailedException;
import dev.raftsman.store.StoreSettings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The store as the log drives it. */
final class StoreState implements AppliedState {
    /** Where the rooms that read find the state that the log opened. */
    static final class Holder {
        private volatile ReplicatedState current;

        AppliedState open(Path data, Path snapshot, StoreSettings settings) throws IOException {
            current = snapshot == null
                    ? ReplicatedState.open(data, settings)
                    : ReplicatedState.open(data, settings, snapshot);
            return new StoreState(current);
        }

        ReplicatedState get() {
            return current;
        }

        OptionalLong last(long epoch) {
            return current.epoch(epoch).stream().mapToLong(e -> e.last()).findFirst();
        }
    }

    private final ReplicatedState state;

    private StoreState(ReplicatedState state) {
        this.state = state;
    }

    @Override
    public byte[] apply(long term, long index, ByteBuffer entry) throws IOException {
        try {
            return state.apply(term, index, entry);
        } catch (StoreFailedException e) {
            throw new IOException(e.getMessage(), e);
        }
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
            } catch (StorageFullException e) {
                throw new NoSpaceException(e);
            } catch (StoreFailedException e) {
                throw new IOException(e.getMessage(), e);
            }
        };
    }

    @Override
    public void close() throws IOException {
        state.close();
    }
}
