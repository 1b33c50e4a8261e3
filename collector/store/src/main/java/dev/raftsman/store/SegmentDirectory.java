package dev.raftsman.store;

import dev.raftsman.catalog.CatalogImage;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where segment files lie, and what a start does with those it finds. */
final class SegmentDirectory {
    /** What becomes of a file found at a start, by what the snapshot says. */
    private enum Case {
        /** The tables have it and its data is kept. */
        KEPT,
        /** The tables have it, its data is in the archive or given up: deleting it was still to be done. */
        COLD,
        /** Begun after the snapshot: the log brings it again, with the same bytes. */
        NEWER,
        /** Begun before the snapshot, which does not know it: nothing explains it. Kept aside. */
        FOREIGN
    }

    private static final Logger LOG = LoggerFactory.getLogger(SegmentDirectory.class);

    private final Path root;
    private final Path segments;

    SegmentDirectory(Path root) {
        this.root = root;
        this.segments = root.resolve("segments");
    }

    Path segments() {
        return segments;
    }

    Path file(SegmentId id) {
        return id.in(segments);
    }

    /** Deletes what the snapshot does not need, puts aside what nothing explains. */
    void clean(long snapshotIndex, CatalogImage catalog) throws IOException {
        Map<SegmentId, SegmentView> known = new HashMap<>();
        catalog.segments().forEach(segment -> known.put(segment.id(), segment));
        for (Path streamDirectory : entries(segments)) {
            String number = streamDirectory.getFileName().toString();
            boolean directory = Files.isDirectory(streamDirectory, LinkOption.NOFOLLOW_LINKS);
            if (!directory || !number.matches("[1-9][0-9]{0,8}")) {
                quarantine(streamDirectory);
                continue;
            }
            for (Path file : entries(streamDirectory)) {
                clean(file, Integer.parseInt(number), snapshotIndex, known);
            }
        }
    }

    private void clean(Path file, int stream, long snapshotIndex, Map<SegmentId, SegmentView> known)
            throws IOException {
        Case found = Case.FOREIGN;
        String name = file.getFileName().toString();
        if (SegmentId.isFileName(name)) {
            SegmentId id = SegmentId.ofFile(stream, name);
            SegmentView segment = known.get(id);
            if (segment != null) {
                found = segment.state().hot() ? Case.KEPT : Case.COLD;
            } else if (id.base() > snapshotIndex) {
                found = Case.NEWER;
            }
        }
        if (found == Case.COLD || found == Case.NEWER) {
            LOG.info("segment file deleted at start: file={}, case={}, snapshot={}", file, found, snapshotIndex);
            Files.delete(file);
        } else if (found == Case.FOREIGN) {
            quarantine(file);
        }
    }

    private void quarantine(Path file) throws IOException {
        putAside(file, "nothing explains it");
    }

    /** Moves a file out of the way, for a person to look at. Those of the same name put there before stay. */
    void putAside(Path file, String why) throws IOException {
        Path quarantine = root.resolve("quarantine");
        Durable.createDirectories(quarantine);
        Path parent = file.getParent().getFileName();
        String name = parent + "-" + file.getFileName();
        Path to = quarantine.resolve(name);
        for (int again = 2; Files.exists(to, LinkOption.NOFOLLOW_LINKS); again++) {
            to = quarantine.resolve(name + "." + again);
        }
        LOG.warn("file put aside: file={}, to={}, reason={}", file, to, why);
        Files.move(file, to);
    }

    private static List<Path> entries(Path directory) throws IOException {
        List<Path> entries = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(entries::add);
        }
        return entries;
    }
}
