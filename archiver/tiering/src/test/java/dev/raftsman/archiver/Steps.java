package dev.raftsman.archiver;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.objects.LockSupport;
import dev.raftsman.objects.ObjectInfo;
import dev.raftsman.objects.ObjectKey;
import dev.raftsman.objects.ObjectStore;
import dev.raftsman.objects.Protection;
import dev.raftsman.objects.PutOutcome;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Counts every step an archiver takes outside of itself, before and after it, and does something at one of them: dies, or
 * lets another archiver run meanwhile. One thread.
 */
final class Steps {
    /** Not an exception that anything could handle: the process is gone. */
    static final class Killed extends Error {
        private static final long serialVersionUID = 1L;
    }

    /** What happens at a step; the archiver goes on when it returns. */
    interface Event {
        void happen() throws IOException;
    }

    static final Event KILL = () -> {
        throw new Killed();
    };

    private final int at;
    private final Event event;
    private int taken;

    /** @param at from 0; what lies beyond the last step never happens */
    Steps(int at, Event event) {
        this.at = at;
        this.event = event;
    }

    /** At every step. */
    static Steps each(Event event) {
        return new Steps(-1, event);
    }

    boolean happened() {
        return taken > at;
    }

    int taken() {
        return taken;
    }

    private void step() throws IOException {
        if (taken++ == at || at < 0) {
            event.happen();
        }
    }

    Cluster of(Cluster real) {
        return new Cluster() {
            @Override
            public CatalogView catalog() throws IOException {
                step();
                return real.catalog();
            }

            @Override
            public CommandResult execute(Command command) throws IOException {
                step();
                CommandResult result = real.execute(command);
                step();
                return result;
            }

            @Override
            public void fetch(SegmentView segment, Path file) throws IOException {
                step();
                real.fetch(segment, file);
            }

            @Override
            public void close() {
                // The test's.
            }
        };
    }

    ObjectStore of(ObjectStore real) {
        return new ObjectStore() {
            @Override
            public String location() {
                return real.location();
            }

            @Override
            public PutOutcome putIfAbsent(ObjectKey key, Path file, String sha256) throws IOException {
                step();
                PutOutcome outcome = real.putIfAbsent(key, file, sha256);
                step();
                return outcome;
            }

            @Override
            public PutOutcome putIfAbsent(ObjectKey key, byte[] content) throws IOException {
                step();
                PutOutcome outcome = real.putIfAbsent(key, content);
                step();
                return outcome;
            }

            @Override
            public InputStream open(ObjectKey key) throws IOException {
                step();
                return real.open(key);
            }

            @Override
            public InputStream open(ObjectKey key, long offset, long length) throws IOException {
                step();
                return real.open(key, offset, length);
            }

            @Override
            public Optional<ObjectInfo> head(ObjectKey key) throws IOException {
                step();
                return real.head(key);
            }

            @Override
            public void list(String prefix, Consumer<ObjectInfo> each) throws IOException {
                step();
                real.list(prefix, each);
            }

            @Override
            public LockSupport lockSupport() {
                return real.lockSupport();
            }

            @Override
            public Protection protection(ObjectKey key) throws IOException {
                step();
                return real.protection(key);
            }

            @Override
            public Protection protect(ObjectKey key, Protection protection) throws IOException {
                step();
                Protection inForce = real.protect(key, protection);
                step();
                return inForce;
            }

            @Override
            public void delete(ObjectKey key) throws IOException {
                step();
                real.delete(key);
                step();
            }

            @Override
            public void close() {
                real.close();
            }
        };
    }
}
