package dev.raftsman.restore;

import dev.raftsman.segment.SegmentHeader;
import dev.raftsman.segment.SegmentId;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Data directories of collectors, read as files: the collectors need not run. Every node applies the same log, so one that
 * was behind has a beginning of what the others have, and the longest copy of a segment is tried first.
 */
public final class NodeDirectories implements SegmentSource {
    private static final String SEGMENTS = "segments";

    private static final Logger LOG = LoggerFactory.getLogger(NodeDirectories.class);

    private final List<Path> directories;

    /** @param directories each a collector's data directory */
    public NodeDirectories(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    private record Found(Copy copy, long bytes) {}

    @Override
    public Contents look() throws IOException {
        List<Found> found = new ArrayList<>();
        for (Path directory : directories) {
            if (!Files.isDirectory(directory)) {
                throw new NoSuchFileException(directory.toString(), null, "no collector's data directory");
            }
            Path segments = directory.resolve(SEGMENTS);
            if (Files.isDirectory(segments)) {
                lookInto(segments, found);
            }
        }
        found.sort((a, b) -> Long.compare(b.bytes(), a.bytes()));
        return new Contents(found.stream().map(Found::copy).toList(), List.of(), List.of());
    }

    private static void lookInto(Path segments, List<Found> found) throws IOException {
        try (DirectoryStream<Path> streams = Files.newDirectoryStream(segments, Files::isDirectory)) {
            for (Path stream : streams) {
                try (DirectoryStream<Path> files = Files.newDirectoryStream(stream, "*" + SegmentId.FILE_SUFFIX)) {
                    for (Path file : files) {
                        header(file)
                                .ifPresent(header -> found.add(new Found(
                                        new Copy(
                                                header.id(),
                                                header.tenant(),
                                                header.stream(),
                                                file.toString(),
                                                0,
                                                () -> SegmentBlocks.open(file)),
                                        file.toFile().length())));
                    }
                }
            }
        }
    }

    private static Optional<SegmentHeader> header(Path file) {
        try (SegmentReader reader = SegmentReader.open(file)) {
            return reader.header(); // A torn header was never followed by a block.
        } catch (IOException e) {
            LOG.warn("not readable, other copies are looked for: {}", e.getMessage());
            return Optional.empty();
        }
    }

    @Override
    public void close() {
        // Nothing stays open between calls.
    }
}
