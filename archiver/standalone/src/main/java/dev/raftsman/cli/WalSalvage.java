package dev.raftsman.cli;

import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalFile;
import dev.raftsman.wal.WalReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads one log to its end, hands out every event that can be read, and keeps account of those that cannot.
 *
 * <pre>
 *  what is met                                        the sequences between are
 *  -------------------------------------------------  ------------------------------------------
 *  an excerpt that begins behind the next sequence    missing, damaged
 *  an excerpt whose body is damaged                   missing, damaged
 *  an excerpt that cannot be taken apart              missing from there on, malformed
 *  files gone since this began, up to here            released: the cluster has them
 *  a first file with a number above 0                 released before
 *  the end; the writer is gone and had claimed more   missing: damaged if the end is, else never written
 * </pre>
 *
 * One thread.
 */
final class WalSalvage {
    /** Takes the events. */
    interface Sink extends WalEvents.Visitor {}

    /** Sequences of a stream that are not in the log any more, and were not released. */
    record Missing(String stream, long first, long last, String why) {}

    /** What was read of a stream. */
    record Read(String stream, long events, long first, long last) {}

    /**
     * What became of a log.
     *
     * @param lost events that never had a sequence, by reason
     * @param damages where excerpts are damaged, in the reader's words: of some, the stream cannot be told
     */
    record Account(
            String path,
            String producer,
            String incarnation,
            List<Read> streams,
            List<Missing> missing,
            Map<LossReason, Long> lost,
            List<String> damages) {
        boolean isWhole() {
            return missing.isEmpty() && damages.isEmpty();
        }
    }

    private static final long NOT_KNOWN = -1;

    private final WalDirectory log;
    private final Map<String, Progress> streams = new TreeMap<>();
    private final List<Missing> missing = new ArrayList<>();
    private final Map<LossReason, Long> lost = new EnumMap<>(LossReason.class);
    private final List<String> damages = new ArrayList<>();
    private boolean fromTheBeginning;
    private boolean endDamaged;

    private static final class Progress {
        long next;
        long events;
        long first = NOT_KNOWN;
        long last = NOT_KNOWN;
    }

    private WalSalvage(WalDirectory log) {
        this.log = log;
    }

    static Account run(WalDirectory log, Sink sink, WalBar bar) throws IOException {
        return new WalSalvage(log).read(sink, bar);
    }

    private Account read(Sink sink, WalBar bar) throws IOException {
        boolean alive = WalPlace.writer(log).equals("alive"); // asked first: then the end is seen after the last append
        List<WalFile> files = log.walFiles();
        fromTheBeginning = files.isEmpty() || files.get(0).number() == 0;
        long bytes = files.stream().mapToLong(WalFile::bytes).sum();
        Excerpt excerpt = new Excerpt();
        long lastPosition;
        try (WalReader reader = WalReader.open(log);
                WalEvents events = new WalEvents()) {
            long due = WalTail.due(log);
            while (reader.next(excerpt)) {
                take(excerpt, events, sink);
                if (alive && excerpt.position() >= due) {
                    break; // a writer at full speed would be followed for ever
                }
                bar.reached(reached(files, excerpt.position()));
            }
            lastPosition = reader.position();
        }
        bar.next(bytes);
        if (!alive) {
            end(lastPosition);
        }
        List<Read> read = new ArrayList<>();
        streams.forEach((name, at) -> read.add(new Read(name, at.events, at.first, at.last)));
        return new Account(
                log.path().toString(),
                log.identity().producer(),
                log.identity().incarnation().toString(),
                read,
                missing,
                lost,
                damages);
    }

    private static long reached(List<WalFile> files, long position) {
        long bytes = 0;
        for (WalFile file : files) {
            if (file.number() < WalFile.numberOf(position)) {
                bytes += file.bytes();
            }
        }
        return bytes;
    }

    private void take(Excerpt excerpt, WalEvents events, Sink sink) throws IOException {
        if (excerpt.kind() == ExcerptKind.DAMAGED) {
            damaged(excerpt);
            return;
        }
        endDamaged = false;
        Loss before = excerpt.lossBefore();
        if (before.count() > 0) {
            lost.merge(before.reason(), before.count(), Long::sum);
        }
        String stream;
        try {
            stream = WalEvents.stream(log, excerpt);
        } catch (WalEvents.MalformedException e) {
            damages.add("an excerpt of no stream: " + e.getMessage());
            return;
        }
        Progress at = reached(stream, excerpt.firstSequence(), "damaged");
        long end = excerpt.firstSequence() + excerpt.count() - 1;
        try {
            events.read(log, excerpt, new Counting(sink, at));
        } catch (WalEvents.MalformedException e) {
            damages.add("an excerpt that cannot be taken apart: " + e.getMessage());
            missing.add(new Missing(stream, e.sequence(), end, "malformed"));
        }
        at.next = end + 1;
    }

    private void damaged(Excerpt excerpt) {
        if (excerpt.released()) {
            streams.values().forEach(at -> at.next = NOT_KNOWN);
            fromTheBeginning = false;
            return;
        }
        endDamaged = true;
        damages.add(excerpt.damage());
        if (excerpt.writtenKind() == null || excerpt.firstSequence() < 0 || excerpt.count() < 0) {
            return; // the next excerpt tells
        }
        try {
            String stream = excerpt.extra().hasRemaining() || excerpt.writtenKind() == ExcerptKind.ROWS
                    ? WalEvents.stream(log, excerpt)
                    : null;
            if (stream != null && excerpt.count() > 0) {
                long end = excerpt.firstSequence() + excerpt.count() - 1;
                Progress at = reached(stream, excerpt.firstSequence(), "damaged");
                miss(stream, Math.max(excerpt.firstSequence(), at.next), end, "damaged");
                at.next = end + 1;
            }
        } catch (WalEvents.MalformedException e) {
            // The next excerpt of the stream tells.
        }
    }

    /** The stream goes on at this sequence: what it had before and nobody has given is missing. */
    private Progress reached(String stream, long first, String why) {
        Progress at = streams.get(stream);
        if (at == null) {
            at = new Progress();
            at.next = fromTheBeginning ? 0 : NOT_KNOWN;
            streams.put(stream, at);
        }
        if (at.next != NOT_KNOWN && first > at.next) {
            miss(stream, at.next, first - 1, why);
        }
        at.next = Math.max(at.next, first);
        return at;
    }

    private void miss(String stream, long first, long last, String why) {
        if (last < first) {
            return;
        }
        Missing before = missing.isEmpty() ? null : missing.get(missing.size() - 1);
        if (before != null
                && before.stream().equals(stream)
                && before.why().equals(why)
                && before.last() + 1 == first) {
            missing.set(missing.size() - 1, new Missing(stream, before.first(), last, why));
        } else {
            missing.add(new Missing(stream, first, last, why));
        }
    }

    private void end(long lastPosition) {
        String stream = log.identity().stream();
        if (stream.isEmpty()) {
            return; // an agent's blocks are numbered when they are written
        }
        log.progress().ifPresent(page -> {
            if (page.claimed() >= 0) {
                reached(stream, page.claimed() + 1, endDamaged ? "damaged, or never written" : "never written");
            }
            for (LossReason reason : LossReason.values()) {
                long undeclared = page.lost(reason) - page.declared(reason, lastPosition);
                if (undeclared > 0) {
                    lost.merge(reason, undeclared, Long::sum);
                }
            }
        });
    }

    /** Passes events on and counts them. */
    private static final class Counting implements WalEvents.Visitor {
        private final Sink sink;
        private final Progress at;

        Counting(Sink sink, Progress at) {
            this.sink = sink;
            this.at = at;
        }

        @Override
        public void labels(Labels labels) {
            sink.labels(labels);
        }

        private void count(long sequence) {
            at.events++;
            at.first = at.first == NOT_KNOWN ? sequence : at.first;
            at.last = sequence;
        }

        @Override
        public void event(String stream, long sequence, EventRow row) throws IOException {
            sink.event(stream, sequence, row);
            count(sequence);
        }

        @Override
        public void line(String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
                throws IOException {
            sink.line(stream, sequence, bytes, offset, length, terminated);
            count(sequence);
        }
    }
}
