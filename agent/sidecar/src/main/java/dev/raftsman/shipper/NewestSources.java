package dev.raftsman.shipper;

import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.shipper.Cursor.Source;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The newest checkpoint of each file. A file is known by its inode, and that is given again as soon as a file is deleted,
 * often to one of another name. Then the older checkpoint stays until a newer one of its own name comes: it tells nothing of
 * a file any more, but that the name was read, and what lies rotated beside it is missed and not older than the agent.
 *
 * <p>The order in which checkpoints are added does not matter. One thread.
 */
final class NewestSources {
    /** Names remembered whose last file's inode is another's; beyond, the one that lost it first is forgotten. */
    static final int MAX_NAMES_ONLY = 1024;

    /** Which file, whatever was written in it since. */
    private record Inode(long device, long number) {
        static Inode of(Source source) {
            return of(source.checkpoint());
        }

        static Inode of(SourceCheckpoint checkpoint) {
            return new Inode(checkpoint.device(), checkpoint.inode());
        }
    }

    private final Map<Inode, Source> ofInode = new HashMap<>();

    /** By path. */
    private final Map<String, Source> namesOnly = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Source> eldest) {
            return size() > MAX_NAMES_ONLY;
        }
    };

    /** @return whether it tells something new */
    boolean add(Source source) {
        Source before = ofInode.get(Inode.of(source));
        if (before != null && !source.isNewerThan(before)) {
            return !isSameName(source, before) && keepName(source);
        }
        ofInode.put(Inode.of(source), source);
        Source nameOnly = namesOnly.get(name(source));
        if (nameOnly != null && source.isNewerThan(nameOnly)) {
            namesOnly.remove(name(source));
        }
        if (before != null && !isSameName(source, before)) {
            keepName(before);
        }
        return true;
    }

    private boolean keepName(Source source) {
        Source before = namesOnly.get(name(source));
        if (before != null && !source.isNewerThan(before)) {
            return false;
        }
        namesOnly.put(name(source), source);
        return true;
    }

    private static String name(Source source) {
        return source.checkpoint().path();
    }

    private static boolean isSameName(Source one, Source other) {
        return name(one).equals(name(other));
    }

    /** The newest of the file's inode, which may have been another file's; null if there is none. */
    Source of(SourceCheckpoint checkpoint) {
        return ofInode.get(Inode.of(checkpoint));
    }

    /** @return whether it was among them */
    boolean remove(Source source) {
        return ofInode.remove(Inode.of(source), source) || namesOnly.remove(name(source), source);
    }

    /** In no order. */
    Collection<Source> all() {
        List<Source> all = new ArrayList<>(ofInode.values());
        all.addAll(namesOnly.values());
        return all;
    }
}
