package dev.raftsman.input;

import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The file that a checkpoint is about, as it lies on the disk now.
 *
 * @param path where it is, or where it was
 * @param bytes its length; -1 if it is not there
 */
public record SourceFile(State state, String path, long bytes) {
    private static final long NO_BYTES = -1;

    /** What has become of it. */
    public enum State {
        /** Behind the name it was found under. */
        THERE,
        /** In the same directory, under another name. */
        RENAMED,
        /** Another file has its name, and none beside it is the one. */
        REPLACED,
        /** Nothing has its name, and none beside it is the one. */
        GONE
    }

    public boolean isThere() {
        return state == State.THERE || state == State.RENAMED;
    }

    /** Looks for files; lists each directory once. One thread, and not for long: what it has listed it does not look at again. */
    public static final class Finder {
        private final Map<Path, List<NamedFile>> listed = new HashMap<>();

        public SourceFile find(SourceCheckpoint checkpoint) {
            Path home;
            try {
                home = Path.of(checkpoint.path());
            } catch (InvalidPathException e) {
                return new SourceFile(State.GONE, checkpoint.path(), NO_BYTES); // no name in this process's locale
            }
            NamedFile named = at(home);
            if (named != null && isIt(named, checkpoint)) {
                return new SourceFile(State.THERE, checkpoint.path(), named.size());
            }
            for (NamedFile beside : listed.computeIfAbsent(home.toAbsolutePath().getParent(), Finder::list)) {
                if (isIt(beside, checkpoint)) {
                    return new SourceFile(State.RENAMED, beside.path().toString(), beside.size());
                }
            }
            return new SourceFile(named == null ? State.GONE : State.REPLACED, checkpoint.path(), NO_BYTES);
        }

        private static NamedFile at(Path path) {
            try {
                return NamedFile.at(path);
            } catch (IOException e) {
                return null;
            }
        }

        private static List<NamedFile> list(Path directory) {
            try {
                return NamedFile.in(directory);
            } catch (IOException e) {
                return List.of();
            }
        }

        /** An inode is given again, a beginning hardly ever. What may not be read is taken by its inode. */
        private static boolean isIt(NamedFile file, SourceCheckpoint checkpoint) {
            if (!file.key().equals(checkpoint.key())) {
                return false;
            }
            try (Content content = Content.open(file.path())) {
                return checkpoint.fingerprint().fits(content);
            } catch (IOException e) {
                return true;
            }
        }
    }
}
