package dev.raftsman.cli;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.segment.SegmentId;
import java.util.List;
import java.util.function.Predicate;

/** How a verb of retention is told about which segments: by a name. */
final class NamedSegments {
    private NamedSegments() {}

    /** The segment of this id, or all segments of the stream of this name, {@code tenant/stream} where several have it. */
    static Predicate<SegmentView> named(String name, CatalogView catalog) {
        try {
            SegmentId id = SegmentId.parse(name);
            if (catalog.segment(id).isPresent()) {
                return segment -> segment.id().equals(id);
            }
        } catch (IllegalArgumentException e) {
            // Not the form of a segment's id: a stream's name, or nothing.
        }
        List<String> streams = catalog.streams().stream()
                .filter(stream -> stream.stream().equals(name)
                        || fullName(stream.tenant(), stream.stream()).equals(name))
                .map(stream -> fullName(stream.tenant(), stream.stream()))
                .toList();
        if (streams.isEmpty()) {
            throw new CommandException(ExitCodes.NO_INPUT, "no segment and no stream is named " + name);
        }
        if (streams.size() > 1) {
            throw new CommandException(
                    ExitCodes.USAGE,
                    name + " is a stream of several tenants; name one of " + String.join(", ", streams));
        }
        return segment -> fullName(segment.tenant(), segment.stream()).equals(streams.get(0));
    }

    private static String fullName(String tenant, String stream) {
        return tenant + "/" + stream;
    }
}
