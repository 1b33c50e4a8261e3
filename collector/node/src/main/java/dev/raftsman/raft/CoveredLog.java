package dev.raftsman.raft;

import dev.raftsman.disk.Durable;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.util.SizeInBytes;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A log that ends before the newest snapshot: left by a crash between taking a peer's snapshot over and going on from it.
 * The engine (3.3.0) keeps its open file then and finds a gap at the first entry that follows, for ever. Nothing in such a
 * log is needed: it is deleted before the engine looks at it.
 */
final class CoveredLog {
    private static final Logger LOG = LoggerFactory.getLogger(CoveredLog.class);
    private static final Pattern SNAPSHOT = Pattern.compile("snapshot\\.(\\d+)_(\\d+)");
    private static final Pattern CLOSED = Pattern.compile("log_\\d+-(\\d+)");
    private static final Pattern ANY = Pattern.compile("log_(?:inprogress_)?(\\d+)(?:-\\d+)?");
    private static final SizeInBytes ANY_ENTRY = SizeInBytes.valueOf("64MB");

    private CoveredLog() {}

    /**
     * Deletes all log files if all their entries are in the snapshot; else nothing.
     *
     * @param group the engine's directory of the group; need not exist
     */
    static void delete(Path group) throws IOException {
        long snapshot = newestSnapshot(group.resolve("sm"));
        Path current = group.resolve("current");
        List<Path> files = list(current, "log_*");
        if (snapshot < 0 || files.isEmpty()) {
            return;
        }
        long last = -1;
        for (Path file : files) {
            Matcher closed = CLOSED.matcher(file.getFileName().toString());
            last = Math.max(last, closed.matches() ? Long.parseLong(closed.group(1)) : lastEntry(file));
        }
        if (last >= snapshot) {
            return;
        }
        LOG.info("log deleted, all of it is in the snapshot: last entry={}, snapshot={}", last, snapshot);
        for (Path file : files) {
            Files.delete(file);
        }
        Durable.forceDirectory(current);
    }

    /**
     * The greatest term of entries and snapshots.
     *
     * @param group the engine's directory of the group
     * @return 0 if there are none
     * @throws DamagedLogException if the newest segment of the log cannot be read
     */
    static long lastTerm(Path group) throws IOException {
        long[] term = {0};
        for (Path file : list(group.resolve("sm"), "snapshot.*")) {
            Matcher matcher = SNAPSHOT.matcher(file.getFileName().toString());
            if (matcher.matches()) {
                term[0] = Math.max(term[0], Long.parseLong(matcher.group(1)));
            }
        }
        List<Path> files = list(group.resolve("current"), "log_*");
        files.sort(Comparator.comparingLong(CoveredLog::start).reversed());
        for (Path file : files) {
            boolean[] any = new boolean[1];
            try {
                read(file, entry -> {
                    term[0] = Math.max(term[0], entry.getTerm());
                    any[0] = true;
                });
            } catch (IOException | RuntimeException e) {
                throw new DamagedLogException(group, file + ": " + e.getMessage(), e);
            }
            if (any[0]) {
                break; // Terms do not decrease along a log.
            }
        }
        return term[0];
    }

    /** Index of its first entry; -1 if it is no file of the log. */
    private static long start(Path file) {
        Matcher matcher = ANY.matcher(file.getFileName().toString());
        return matcher.matches() ? Long.parseLong(matcher.group(1)) : -1;
    }

    /** @return -1 if there is none */
    private static long lastEntry(Path open) throws IOException {
        long[] last = {-1};
        read(open, entry -> last[0] = entry.getIndex());
        return last[0];
    }

    private static void read(Path file, Consumer<LogEntryProto> entries) throws IOException {
        LogSegmentPath segment = LogSegmentPath.matchLogSegment(file);
        if (segment != null) {
            LogSegment.readSegmentFile(
                    file.toFile(), segment.getStartEnd(), ANY_ENTRY, CorruptionPolicy.EXCEPTION, null, entries);
        }
    }

    private static long newestSnapshot(Path directory) throws IOException {
        long newest = -1;
        for (Path file : list(directory, "snapshot.*")) {
            Matcher matcher = SNAPSHOT.matcher(file.getFileName().toString());
            if (matcher.matches()) {
                newest = Math.max(newest, Long.parseLong(matcher.group(2)));
            }
        }
        return newest;
    }

    private static List<Path> list(Path directory, String glob) throws IOException {
        List<Path> found = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, glob)) {
                files.forEach(found::add);
            }
        }
        return found;
    }
}
