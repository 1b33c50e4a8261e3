package dev.raftsman.archiver;

import dev.raftsman.archive.ArchiveKey;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.PreparedView;
import dev.raftsman.catalog.SegmentRef;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.cluster.Cluster;
import dev.raftsman.cluster.SegmentUnavailableException;
import dev.raftsman.cluster.TestState;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/** The collectors as an archiver sees them: answers get lost, segments cannot be fetched, its own disk is full. */
final class SimCluster implements Cluster {
    /** Looks at every command that was carried out. */
    interface Witness {
        /** @param before the catalog that it changed */
        void executed(SimArchiver by, Command command, CommandResult result, CatalogView before);
    }

    private static final Path FULL_DISK = Path.of("/dev/full");

    private final TestState real;
    private final SimArchiver archiver;
    private final SimTrouble trouble;
    private final Set<SegmentId> lost;
    private final Set<ArchiverSabotage> sabotage;
    private final Witness witness;

    /** @param lost segments that no collector sends */
    SimCluster(
            TestState real,
            SimArchiver archiver,
            SimTrouble trouble,
            Set<SegmentId> lost,
            Set<ArchiverSabotage> sabotage,
            Witness witness) {
        this.real = real;
        this.archiver = archiver;
        this.trouble = trouble;
        this.lost = lost;
        this.sabotage = sabotage;
        this.witness = witness;
    }

    private void before(String what) throws IOException {
        archiver.step();
        trouble.before(archiver.owner() + " " + what);
    }

    private void after(String what) throws IOException {
        archiver.step();
        trouble.after(archiver.owner() + " " + what);
    }

    @Override
    public CatalogView catalog() throws IOException {
        before("catalog");
        CatalogView catalog = real.catalog();
        after("catalog");
        return catalog;
    }

    @Override
    public CommandResult execute(Command command) throws IOException {
        String name = command.getClass().getSimpleName();
        before(name);
        CatalogView catalog = real.catalog();
        CommandResult result = real.execute(command);
        trouble.trace(archiver.owner() + " " + name + " " + subjects(command)
                + result.getClass().getSimpleName());
        witness.executed(archiver, command, result, catalog);
        if (command instanceof Command.Prepare prepare && result.ok()) {
            sabotage(prepare);
        }
        after(name);
        return result;
    }

    private static Set<SegmentId> subjects(Command command) {
        Set<SegmentId> ids = new TreeSet<>();
        if (command instanceof Command.Prepare prepare) {
            prepare.segments().stream().map(SegmentRef::segment).forEach(ids::add);
        } else if (command instanceof Command.Truncate truncate) {
            truncate.segments().stream().map(SegmentRef::segment).forEach(ids::add);
        } else if (command instanceof Command.Expire expire) {
            expire.segments().stream().map(SegmentRef::segment).forEach(ids::add);
        }
        return ids;
    }

    private void sabotage(Command.Prepare prepare) {
        CatalogView catalog = real.catalog();
        if (sabotage.contains(ArchiverSabotage.COMMITTED_WHEN_ANNOUNCED)) {
            Command commit = new Command.Commit(
                    prepare.owner(), prepare.token(), prepare.segments().get(0).sha256(), 1, null);
            witness.executed(archiver, commit, real.execute(commit), catalog);
        } else if (sabotage.contains(ArchiverSabotage.TRUNCATED_WHEN_ANNOUNCED)) {
            real.execute(new Command.Abort(prepare.owner(), prepare.token()));
            Command truncate = new Command.Truncate(
                    prepare.owner(), prepare.segments(), prepare.policy(), "", prepare.policyHash(), false, 0);
            witness.executed(archiver, truncate, real.execute(truncate), catalog);
        }
    }

    @Override
    public void fetch(SegmentView segment, Path file) throws IOException {
        before("fetch " + segment.id());
        try (SegmentFile here = real.segment(segment)) {
            if (here == null || lost.contains(segment.id())) {
                trouble.count("not fetched");
                throw new SegmentUnavailableException(segment.id(), new IOException("410 Gone"));
            }
        }
        if (trouble.once(25)) {
            trouble.count("disk full in a fetch");
            Files.write(file, new byte[(int) segment.bytes() / 2]);
            throw new IOException("No space left on device");
        }
        real.fetch(segment, file);
        if (isFirstOfItsObject(segment) && trouble.once(15)) {
            trouble.count("disk full in recoding");
            Path object = file.resolveSibling(segment.id() + ".cold");
            Files.deleteIfExists(object);
            Files.createSymbolicLink(object, FULL_DISK); // The kernel's own ENOSPC, where the object is to be written.
        }
        if (sabotage.contains(ArchiverSabotage.STAGING_FILLED)) {
            Files.write(file.resolveSibling(segment.id() + ".more"), new byte[1 << 20]);
        }
        after("fetch " + segment.id());
    }

    private boolean isFirstOfItsObject(SegmentView segment) {
        PreparedView prepared =
                real.catalog().segment(segment.id()).map(SegmentView::prepared).orElse(null);
        String name = segment.id().fileName().replace(SegmentId.FILE_SUFFIX, "-");
        return prepared != null
                && ArchiveKey.isCold(prepared.key())
                && prepared.key().contains("/" + name)
                && Files.exists(FULL_DISK);
    }

    @Override
    public void close() {
        // The simulation's.
    }
}
