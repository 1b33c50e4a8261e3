package dev.raftsman.console;

import dev.raftsman.block.BlockKind;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.SegmentView;
import dev.raftsman.catalog.StreamView;
import dev.raftsman.event.Level;
import dev.raftsman.query.QuerySource;
import dev.raftsman.search.BlockSearch;
import dev.raftsman.search.Found;
import dev.raftsman.search.Query;
import dev.raftsman.segment.Offset;
import dev.raftsman.segment.OffsetCounter;
import dev.raftsman.segment.SegmentFile;
import dev.raftsman.segment.SegmentReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One search over the segments of a stream that this node keeps. The newest segment is read first, and what is found in each
 * is given newest first, so that what is cut off by {@code limit} is the oldest. Blocks are passed by their headers where
 * time or level exclude them. Memory: the answer of one segment, {@link #MOST_BYTES} at most, and one inflated block.
 *
 * <pre>
 * GET /v1/search?tenant=&amp;stream=&amp;text=&amp;regex=true&amp;level=WARN&amp;from=2026-11-30T06:00:00Z&amp;to=&amp;limit=
 * {"offset":"4711.0","time":...}                               as /v1/streams/{tenant}/{stream}/events has them
 * {"totals":{"matches":1,"blocks":9,"blocksRead":2,"bytesRead":123,"segments":1,"elsewhere":0,"millis":5,"cut":"..."}}
 * </pre>
 *
 * The last line is always there unless the connection broke; {@code cut} only if not all was given.
 */
final class HotSearch {
    static final int MOST_MATCHES = 5_000;
    static final int MOST_BYTES = 8 << 20;

    private static final int FEW_MATCHES = 500;
    private static final long NANOS = 1_000_000_000L;

    /**
     * What the last line tells.
     *
     * @param matches given
     * @param blocks in the segments that were looked at; {@code blocksRead} of them were inflated
     * @param bytesRead of segments
     * @param elsewhere segments that may hold something and are not kept here any more, or cannot be read
     * @param cut why there may be more; null if there is no more here
     */
    record Totals(
            long matches,
            long blocks,
            long blocksRead,
            long bytesRead,
            int segments,
            int elsewhere,
            long millis,
            String cut) {}

    /** The last line. */
    record Last(Totals totals) {}

    private final QuerySource source;
    private final Query query;
    private final int limit;
    private final SegmentReads.Read read;
    private final FoundJson json;
    private final long beganNanos = System.nanoTime();

    private long matches;
    private long bytes;
    private long blocks;
    private long blocksRead;
    private long bytesRead;
    private int segments;
    private int elsewhere;
    private String cut;

    /** @param read bounds it in time; stays the caller's */
    HotSearch(QuerySource source, Query query, int limit, SegmentReads.Read read) throws IOException {
        this.source = source;
        this.query = query;
        this.limit = limit;
        this.read = read;
        this.json = new FoundJson();
    }

    /** @throws IllegalArgumentException saying what is wrong */
    static int limit(Map<String, String> parameters) {
        return (int) Listing.number(parameters, "limit", FEW_MATCHES, 1, MOST_MATCHES);
    }

    /** @throws IllegalArgumentException saying what is wrong */
    static Query query(Map<String, String> parameters) {
        String text = parameters.getOrDefault("text", "");
        boolean regex = parameters.getOrDefault("regex", "").equals("true");
        String level = parameters.getOrDefault("level", "");
        long from = nanos(parameters, "from", Long.MIN_VALUE);
        long to = nanos(parameters, "to", Long.MAX_VALUE);
        if (from > to) {
            throw new IllegalArgumentException("from: it is after to");
        }
        return new Query(
                text.isEmpty() ? List.of() : List.of(new Query.Text(text, regex, false, false)),
                false,
                level.isEmpty() ? null : level(level),
                from,
                to,
                List.of());
    }

    private static Level level(String name) {
        return Arrays.stream(Level.values())
                .filter(level -> level != Level.UNPARSED && level.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "level: '" + name + "'; expected TRACE, DEBUG, INFO, WARN or ERROR"));
    }

    private static long nanos(Map<String, String> parameters, String name, long otherwise) {
        String text = parameters.getOrDefault(name, "");
        if (text.isEmpty()) {
            return otherwise;
        }
        try {
            Instant instant = OffsetDateTime.parse(text).toInstant();
            return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), NANOS), instant.getNano());
        } catch (DateTimeParseException | ArithmeticException e) {
            throw new IllegalArgumentException(
                    name + ": '" + text + "'; expected a time such as 2026-11-30T06:00:00Z", e);
        }
    }

    /** Searches and writes. @throws IOException if the one who asked is gone */
    void run(CatalogView view, StreamView stream, OutputStream out) throws IOException {
        List<SegmentView> all = view.segmentsOf(stream.number());
        try (BlockSearch search = new BlockSearch(query, BlockSearch.Keep.MATCHES)) {
            for (int i = all.size() - 1; i >= 0 && cut == null; i--) {
                SegmentView segment = all.get(i);
                boolean may = segment.blocks() > 0
                        && (query.wantsGaps() || query.mayHaveLevel(segment.levelBitmap()))
                        && (segment.events() == 0 || query.mayBeAt(segment.minTimeNanos(), segment.maxTimeNanos()));
                if (!may) {
                    continue;
                }
                for (byte[] line : found(segment, search)) {
                    out.write(line);
                }
                out.flush();
                if (cut == null && matches >= limit && i > 0) {
                    cut = "only the newest " + limit + " are given";
                }
            }
        }
        long millis = (System.nanoTime() - beganNanos) / 1_000_000;
        out.write(ConsoleJson.bytes(
                new Last(new Totals(matches, blocks, blocksRead, bytesRead, segments, elsewhere, millis, cut))));
        out.write('\n');
    }

    /** What is wanted of a segment, newest first. */
    private Deque<byte[]> found(SegmentView segment, BlockSearch search) {
        Deque<byte[]> newest = new ArrayDeque<>();
        if (!segment.state().hot()) {
            elsewhere++;
            return newest;
        }
        try {
            Optional<SegmentFile> file = source.segment(segment.id());
            if (file.isEmpty()) {
                elsewhere++;
                return newest;
            }
            try (SegmentFile open = file.get();
                    SegmentReader reader =
                            SegmentReader.of(segment.id().toString(), Channels.newInputStream(open.channel()))) {
                segments++;
                collect(reader, search, newest);
                bytesRead += reader.validBytes();
            }
        } catch (IOException | CorruptBlockException e) {
            elsewhere++;
        }
        return newest;
    }

    private void collect(SegmentReader reader, BlockSearch search, Deque<byte[]> newest) throws IOException {
        OffsetCounter offsets = new OffsetCounter();
        while (reader.next()) {
            if (read.timeIsUp()) {
                cut = "time was up after " + SegmentReads.MOST_NANOS / NANOS + " s";
                return;
            }
            Offset first = offsets.first(reader.raftIndex(), reader.block());
            blocks++;
            if (!BlockSearch.mayHold(query, reader.block())) {
                continue;
            }
            blocksRead++;
            Found found = search.search(reader.block());
            if (found == null) {
                continue;
            }
            if (found.kind() == BlockKind.GAP) {
                add(newest, json.gap(found, reader.epochInfo(), first));
                continue;
            }
            // Of the items before the last ones nothing would be left.
            for (int i = Math.max(0, found.count() - limit); i < found.count(); i++) {
                add(newest, json.line(found, i, reader.epochInfo(), first));
            }
        }
    }

    private void add(Deque<byte[]> newest, byte[] line) {
        newest.addFirst(line);
        matches++;
        bytes += line.length;
        while (matches > limit || bytes > MOST_BYTES && newest.size() > 1) {
            if (newest.isEmpty()) {
                return;
            }
            cut = matches > limit
                    ? "only the newest " + limit + " are given"
                    : "an answer has at most " + (MOST_BYTES >> 20) + " MiB";
            bytes -= newest.removeLast().length;
            matches--;
        }
    }
}
