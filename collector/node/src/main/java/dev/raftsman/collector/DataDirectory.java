package dev.raftsman.collector;

import dev.raftsman.disk.DirectoryLock;
import dev.raftsman.disk.Durable;
import dev.raftsman.raft.DamagedLogException;
import dev.raftsman.raft.LogFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.UUID;

/**
 * A node's directory, held while this is open, and stamped with whom it belongs to: a node that voted with the log of
 * another, or with a part of its own, could lose acknowledged data.
 *
 * <pre>
 *  identity            cluster, group, node; directory: a random id made with it, which the cluster binds the node's id to;
 *                      once it has part in the log: state founder | added; at the end: state removed
 *  founders            of a founder: {@link Founders}, written before it votes
 *  raft/{group}/directory   the id once more, beside the log: both or neither belong here
 * </pre>
 *
 * <p>Each step is durable before the next: founders, then the engine's files, then the stamp beside them, then the state
 * in {@code identity}, and only then may the engine vote.
 */
final class DataDirectory implements AutoCloseable {
    /** What part it has had in the cluster's log. */
    enum State {
        /** None. The engine may have made its files, but voted for nobody. */
        FRESH,
        FOUNDER,
        ADDED,
        REMOVED
    }

    private static final String IDENTITY = "identity";
    private static final String FOUNDERS = "founders";
    private static final String STAMP = "directory";
    private static final String LOCK = "lock";

    private final Path path;
    private final DirectoryLock lock;
    private final String owner;
    private final UUID group;
    private final String node;
    private UUID id;
    private State state = State.FRESH;
    private Founders founders;

    private DataDirectory(Path path, DirectoryLock lock, String cluster, UUID group, String node) {
        this.path = path;
        this.lock = lock;
        this.owner = "cluster " + cluster + "\ngroup " + group + "\nnode " + node + "\n";
        this.group = group;
        this.node = node;
    }

    /** @throws StartException if the directory cannot be used, is held, is damaged, or belongs to another node */
    static DataDirectory open(Path path, String cluster, UUID group, String node) throws StartException {
        try {
            Durable.createDirectories(path);
            DirectoryLock lock = DirectoryLock.acquire(path.resolve(LOCK));
            try {
                DataDirectory directory = new DataDirectory(path, lock, cluster, group, node);
                directory.claim();
                directory.check();
                return directory;
            } catch (IOException | StartException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (DirectoryLock.HeldException e) {
            throw new StartException(StartException.HELD, "data directory " + e.getMessage(), e);
        } catch (DamagedLogException e) {
            throw new StartException(StartException.DATA, e.getMessage() + "; " + Formation.cure(node), e);
        } catch (AccessDeniedException e) {
            throw new StartException(
                    StartException.NO_PERMISSION, "no permission to write the data directory " + path, e);
        } catch (IOException e) {
            throw new StartException(
                    StartException.CANNOT_CREATE, "cannot make or write the data directory " + path + reason(e), e);
        }
    }

    /** The path of the engine's files. */
    Path raft() {
        return path.resolve("raft");
    }

    UUID id() {
        return id;
    }

    synchronized State state() {
        return state;
    }

    /** Empty if it is not a founder's, or nothing was agreed yet. */
    synchronized Optional<Founders> founders() {
        return Optional.ofNullable(founders);
    }

    private void claim() throws IOException, StartException {
        Path file = path.resolve(IDENTITY);
        if (Files.exists(file)) {
            String found = text(file);
            if (!found.startsWith(owner)) {
                String belongs = String.join(
                        ", ", found.lines().limit(owner.lines().count()).toList());
                throw foreign("belongs to " + belongs, owner.strip().replace("\n", ", "));
            }
            readOwn(found.substring(owner.length()));
            return;
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (!name.equals(LOCK) && !name.equals(IDENTITY + Durable.UNFINISHED)) {
                    throw foreign(
                            "holds '" + name + "' but no file '" + IDENTITY + "'",
                            "a directory of this node, or an empty one");
                }
            }
        }
        id = UUID.randomUUID();
        writeIdentity();
    }

    /** Bytes that are no UTF-8 become what is found to be wrong, with its place, and not an error of reading. */
    private static String text(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
    }

    private void readOwn(String rest) throws StartException {
        for (String line : rest.lines().toList()) {
            try {
                if (line.startsWith("directory ")) {
                    id = UUID.fromString(line.substring("directory ".length()));
                } else if (line.startsWith("state ")) {
                    state = State.valueOf(line.substring("state ".length()).toUpperCase(Locale.ROOT));
                } else {
                    throw new IllegalArgumentException(line);
                }
            } catch (IllegalArgumentException e) {
                throw new StartException(
                        StartException.DATA, path.resolve(IDENTITY) + " is damaged at '" + line + "'", e);
            }
        }
        if (id == null) {
            throw new StartException(
                    StartException.CONFIG,
                    path.resolve(IDENTITY) + " has no line 'directory': it is of a build from before nodes had them",
                    null);
        }
    }

    private void writeIdentity() throws IOException {
        String text = owner + "directory " + id + "\n";
        if (state != State.FRESH) {
            text += "state " + state.name().toLowerCase(Locale.ROOT) + "\n";
        }
        Durable.write(path.resolve(IDENTITY), StandardCharsets.UTF_8.encode(text));
    }

    /** Whether all of it is there that should be, and nothing else. */
    private void check() throws IOException, StartException {
        if (state == State.REMOVED) {
            throw new StartException(StartException.CONFIG, Formation.removed(node), null);
        }
        Path file = path.resolve(FOUNDERS);
        if (Files.exists(file)) {
            try {
                founders = Founders.parse(text(file));
            } catch (IllegalArgumentException e) {
                throw partial(file + " is damaged: " + e.getMessage());
            }
            if (!founders.directoryOf(node).equals(Optional.of(id))) {
                throw partial(file + " is not of this directory");
            }
        } else if (state == State.FOUNDER) {
            throw partial(file + " is gone");
        }
        Path stamp = LogFiles.group(raft(), group).resolve(STAMP);
        boolean stamped = Files.exists(stamp);
        if (stamped && !text(stamp).strip().equals(id.toString())) {
            throw partial(stamp.getParent() + " belongs to another data directory");
        }
        OptionalLong term = LogFiles.term(raft(), group);
        if (state == State.FRESH && term.orElse(0) > 0) {
            throw partial(
                    stamp.getParent() + " has a log that voted, but " + path.resolve(IDENTITY) + " has no part in it");
        }
        if (state == State.FRESH) {
            // What a crash left of the engine's first start: it voted for nobody, and would be taken for a log.
            Durable.deleteTree(stamp.getParent());
        } else if (!stamped || term.isEmpty()) {
            throw partial("the log of this directory is gone, or a part of it: no "
                    + (stamped ? "term and vote in " + stamp.getParent() : stamp));
        }
    }

    private StartException partial(String found) {
        return new StartException(
                StartException.DATA,
                "data directory " + path + " is not whole: " + found + "; it could have lost what " + node
                        + " acknowledged; " + Formation.cure(node),
                null);
    }

    /** Keeps who founds the cluster. Durable on return; to be called before {@link #entering}. */
    synchronized void found(Founders all) throws IOException {
        Durable.write(path.resolve(FOUNDERS), StandardCharsets.UTF_8.encode(all.text()));
        founders = all;
    }

    /** The engine has made its files and will vote after this. Durable on return. */
    synchronized void entering() throws IOException {
        if (state != State.FRESH) {
            return;
        }
        Path stamp = LogFiles.group(raft(), group).resolve(STAMP);
        Durable.write(stamp, StandardCharsets.UTF_8.encode(id + "\n"));
        LogFiles.forceNames(raft(), group);
        state = founders == null ? State.ADDED : State.FOUNDER;
        writeIdentity();
    }

    /** The cluster has removed this node: it will not start again. Durable on return. */
    synchronized void removed() throws IOException {
        state = State.REMOVED;
        writeIdentity();
    }

    private StartException foreign(String found, String expected) {
        return new StartException(
                StartException.CONFIG, "data directory " + path + " " + found + "; expected " + expected, null);
    }

    /** Free space for ordinary users on its disk. */
    long usableBytes() {
        return path.toFile().getUsableSpace();
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    /** What the system said, if it said more than the name. */
    private static String reason(IOException e) {
        return e instanceof FileSystemException named
                ? named.getReason() == null ? "" : ": " + named.getReason()
                : ": " + e.getMessage();
    }
}
