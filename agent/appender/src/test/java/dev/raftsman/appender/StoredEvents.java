package dev.raftsman.appender;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Level;
import dev.raftsman.event.LossReason;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a reader of another process finds in the write-ahead logs below a directory, as text. */
public final class StoredEvents {
    /** One event; of an attribute that came several times every value, in order. */
    public record Stored(
            Level level,
            long timestampNanos,
            String logger,
            String thread,
            String message,
            String throwable,
            boolean truncated,
            Map<String, List<String>> attributes) {
        public List<String> attribute(String key) {
            return attributes.getOrDefault(key, List.of());
        }
    }

    private final List<Stored> events = new ArrayList<>();
    private final Map<LossReason, Long> losses = new EnumMap<>(LossReason.class);

    /** Every incarnation below the directory, the oldest first. */
    public static StoredEvents of(Path root) {
        StoredEvents stored = new StoredEvents();
        for (WalDirectory directory : WalDirectory.list(root)) {
            stored.read(directory);
        }
        return stored;
    }

    private void read(WalDirectory directory) {
        long sequence = 0;
        try (WalReader reader = WalReader.open(directory)) {
            Excerpt excerpt = new Excerpt();
            CompactRows rows = new CompactRows();
            EventRow row = new EventRow();
            while (reader.next(excerpt)) {
                assertThat(excerpt.kind()).isEqualTo(ExcerptKind.ROWS);
                assertThat(excerpt.firstSequence()).isEqualTo(sequence);
                count(excerpt.lossBefore().reason(), excerpt.lossBefore().count());
                ByteBuffer body = excerpt.body();
                rows.begin(excerpt.extra());
                for (int offset = 0; offset < body.limit(); ) {
                    offset = rows.expand(body, offset, body.limit());
                    events.add(stored(row.wrap(rows.row(), 0, rows.length())));
                }
                sequence += excerpt.count();
            }
        }
        count(directory.undeclaredLoss().reason(), directory.undeclaredLoss().count());
        count(LossReason.PROCESS_DIED, directory.claimed() + 1 - sequence);
    }

    private void count(LossReason reason, long events) {
        if (events > 0) {
            losses.merge(reason, events, Long::sum);
        }
    }

    private static Stored stored(EventRow row) {
        Map<String, List<String>> attributes = new LinkedHashMap<>();
        row.forEachAttribute((key, keyLength, value, valueLength) -> attributes
                .computeIfAbsent(row.text(key, keyLength), any -> new ArrayList<>())
                .add(row.text(value, valueLength)));
        return new Stored(
                Level.ofCode(row.level()),
                row.timestampNanos(),
                row.logger(),
                row.thread(),
                row.message(),
                row.throwable(),
                row.truncated(),
                attributes);
    }

    public List<Stored> events() {
        return events;
    }

    public List<String> messages() {
        return events.stream().map(Stored::message).toList();
    }

    /** Events that are declared, or will be, as not stored. */
    public long lost() {
        return losses.values().stream().mapToLong(Long::longValue).sum();
    }

    public Map<LossReason, Long> losses() {
        return losses;
    }
}
