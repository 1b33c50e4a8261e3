package dev.raftsman.restore;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.raftsman.catalog.EpochView;
import dev.raftsman.catalog.SegmentState;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.disk.Durable;
import dev.raftsman.segment.SegmentId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A directory that was restored from an archive, drawn on this package's page: readable without archive, cluster or policy.
 */
public final class RestoredDirectory implements SegmentSource {
    private static final String CONTENTS = "restored.json";
    private static final String SEGMENTS = "segments";
    private static final int FORMAT = 1;

    private static final ObjectMapper JSON = JsonMapper.builder()
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, JsonInclude.Include.NON_NULL))
            .build();

    private final Path directory;

    public RestoredDirectory(Path directory) {
        this.directory = directory;
    }

    /**
     * What {@code restored.json} says.
     *
     * @param source where the segments came from
     * @param epochs producers as the archive knows them
     * @param segments all of them, those that were given up too, which have no file
     */
    record Description(
            int format, String source, long restoredAtMillis, List<EpochView> epochs, List<SegmentView> segments) {
        Description {
            epochs = List.copyOf(epochs);
            segments = List.copyOf(segments);
        }
    }

    /** Whether a restore into the directory came to its end. */
    public static boolean isAt(Path directory) {
        return Files.isRegularFile(directory.resolve(CONTENTS));
    }

    /** Where its contents came from. */
    static String source(Path directory) throws IOException {
        return description(directory).source();
    }

    static Path segments(Path directory) {
        return directory.resolve(SEGMENTS);
    }

    static Path file(Path directory, SegmentId id) {
        return id.in(segments(directory));
    }

    /** The last step of a restore: durable, with all that is in the directory. */
    static void describe(Path directory, Description description) throws IOException {
        Durable.write(
                directory.resolve(CONTENTS),
                ByteBuffer.wrap(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(description)));
    }

    static Description describing(String source, long nowMillis, List<EpochView> epochs, List<SegmentView> segments) {
        return new Description(FORMAT, source, nowMillis, epochs, segments);
    }

    private static Description description(Path directory) throws IOException {
        Path file = directory.resolve(CONTENTS);
        Description description;
        try {
            description = JSON.readValue(Files.readAllBytes(file), Description.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is not what a restore writes: " + e.getOriginalMessage(), e);
        }
        if (description == null || description.format() != FORMAT) {
            throw new IOException(file + " is not of format " + FORMAT);
        }
        return description;
    }

    @Override
    public Contents look() throws IOException {
        Description description = description(directory);
        List<Copy> copies = description.segments().stream()
                .filter(segment -> segment.state() != SegmentState.TRUNCATED)
                .map(this::copy)
                .toList();
        return new Contents(copies, description.segments(), description.epochs());
    }

    private Copy copy(SegmentView segment) {
        Path file = file(directory, segment.id());
        return new Copy(
                segment.id(), segment.tenant(), segment.stream(), file.toString(), 0, () -> SegmentBlocks.open(file));
    }

    @Override
    public void close() {
        // Nothing stays open between calls.
    }
}
