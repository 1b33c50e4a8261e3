package dev.raftsman.input;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The regular file that a name pointed to at one look. */
record NamedFile(Path path, FileKey key, FileTime modified, long size) {
    private static final List<ChronoUnit> PRECISIONS =
            List.of(ChronoUnit.SECONDS, ChronoUnit.MILLIS, ChronoUnit.MICROS);

    /**
     * Follows symbolic links, as reading the file would.
     *
     * @return null if there is no regular file behind the name
     */
    static NamedFile at(Path path) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino,isRegularFile,lastModifiedTime,size");
        if (!(Boolean) attributes.get("isRegularFile")) {
            return null;
        }
        FileKey key =
                new FileKey(((Number) attributes.get("dev")).longValue(), ((Number) attributes.get("ino")).longValue());
        return new NamedFile(
                path,
                key,
                (FileTime) attributes.get("lastModifiedTime"),
                ((Number) attributes.get("size")).longValue());
    }

    /**
     * Whether it was modified before a moment, as far as its own time can tell: who packs or copies a file gives it the
     * time of what it was made of, often cut to microseconds or seconds, and it would then seem older than it is.
     */
    boolean isOlderThan(FileTime moment) {
        Instant own = modified.toInstant();
        Instant other = moment.toInstant();
        for (ChronoUnit unit : PRECISIONS) {
            if (own.equals(own.truncatedTo(unit))) {
                return own.isBefore(other.truncatedTo(unit));
            }
        }
        return own.isBefore(other);
    }

    /** Those of a directory, in no order. */
    static List<NamedFile> in(Path directory) throws IOException {
        List<NamedFile> files = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                NamedFile file = orNull(entry);
                if (file != null) {
                    files.add(file);
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return files;
    }

    private static NamedFile orNull(Path entry) {
        try {
            return at(entry);
        } catch (IOException e) {
            return null; // gone between two looks, or a link to nothing: no file is there
        }
    }
}
