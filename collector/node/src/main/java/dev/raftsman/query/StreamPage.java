package dev.raftsman.query;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.segment.Offset;
import java.util.ArrayList;
import java.util.List;

/** The streams as this node has them. */
record StreamPage(List<Row> streams) {
    /**
     * A stream.
     *
     * @param first offset to read from to have all that is hot
     * @param next behind all that is applied here; the same for every stream
     * @param bytes of its hot segments' files
     * @param events in them
     */
    record Row(String tenant, String stream, Offset first, Offset next, long bytes, long events) {}

    static StreamPage of(CatalogView view) {
        Offset next = new Offset(view.position() + 1, 0);
        List<Row> rows = new ArrayList<>();
        for (StreamView stream : view.streams()) {
            Offset first = next;
            long bytes = 0;
            long events = 0;
            for (SegmentView segment : view.segmentsOf(stream.number())) {
                if (segment.state().hot()) {
                    first = first.equals(next) ? new Offset(segment.baseIndex(), 0) : first;
                    bytes += segment.bytes();
                    events += segment.events();
                }
            }
            rows.add(new Row(stream.tenant(), stream.stream(), first, next, bytes, events));
        }
        return new StreamPage(rows);
    }
}
