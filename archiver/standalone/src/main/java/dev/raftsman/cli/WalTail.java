package dev.raftsman.cli;

import dev.raftsman.block.Labels;
import dev.raftsman.event.EventRow;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalFile;
import dev.raftsman.wal.WalProgress;
import dev.raftsman.wal.WalReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Shows the last events of logs, and those that come. One thread. */
final class WalTail implements AutoCloseable {
    private static final long IDLE_NANOS = 20_000_000L;
    private static final long LOOK_NANOS = 500_000_000L;
    private static final int EXCERPTS_A_TURN = 256;

    private final WalPlace place;
    private final OutputStream out;
    private final EventText text;
    private final EventJson json;
    private final WalEvents events = new WalEvents();
    private final Excerpt excerpt = new Excerpt();
    private final Set<Path> known = new HashSet<>();
    private final List<Log> open = new ArrayList<>();
    private boolean severalLogs;
    private String shown = "";

    /** A log that is being read. */
    private static final class Log {
        final WalDirectory directory;
        final WalReader reader;

        /** Events that come first and are not wanted. */
        long skip;

        boolean writerGone;

        Log(WalDirectory directory) {
            this.directory = directory;
            this.reader = WalReader.open(directory);
        }
    }

    /** Where to begin so that a certain number of events is left through the last excerpt that there was. */
    private record Start(long position, long skip, long last) {}

    /** An excerpt on the way to that: what it stands behind, and how many events it holds. */
    private record Step(long before, long events) {}

    WalTail(WalPlace place, OutputStream out, boolean json, boolean coloured) throws IOException {
        this.place = place;
        this.out = out;
        this.json = json ? new EventJson(out) : null;
        this.text = new EventText(out, coloured, true);
    }

    /** Shows the last {@code count} events of each log that is there. */
    void last(List<WalDirectory> logs, long count) throws IOException {
        severalLogs = logs.size() > 1 || !place.isOneLog();
        for (WalDirectory directory : logs) {
            known.add(directory.path());
            Start start = start(directory, count);
            Log log = new Log(directory);
            open.add(log);
            log.reader.seekAfter(start.position());
            log.skip = start.skip();
            while (log.reader.position() < start.last() && log.reader.next(excerpt)) {
                show(log);
            }
        }
        out.flush();
    }

    /**
     * Shows what comes, until told to stop, or until the writer of the only log there can be has ended.
     *
     * @return whether it has
     */
    boolean follow(BooleanSupplier stop) throws IOException {
        long lookedNanos = System.nanoTime();
        while (!stop.getAsBoolean()) {
            boolean some = false;
            for (Log log : open) {
                some |= turn(log);
            }
            if (some) {
                out.flush();
            }
            if (System.nanoTime() - lookedNanos >= LOOK_NANOS) {
                lookedNanos = System.nanoTime();
                look();
                if (open.isEmpty() && place.isOneLog()) {
                    return true;
                }
            }
            if (!some) {
                LockSupport.parkNanos(IDLE_NANOS);
            }
        }
        return false;
    }

    private boolean turn(Log log) throws IOException {
        int taken = 0;
        while (taken < EXCERPTS_A_TURN && log.reader.next(excerpt)) {
            show(log);
            taken++;
        }
        return taken > 0;
    }

    /** New logs come, and those whose writers have ended go once they are read. The order matters: lock, read, end. */
    private void look() throws IOException {
        for (Iterator<Log> logs = open.iterator(); logs.hasNext(); ) {
            Log log = logs.next();
            boolean gone = log.writerGone;
            log.writerGone = !WalPlace.writer(log.directory).equals("alive");
            if (gone && !turn(log) && log.reader.atEnd()) {
                log.reader.close();
                logs.remove();
            }
        }
        if (!place.isOneLog()) {
            for (WalDirectory found : place.look().readable()) {
                if (known.add(found.path())) {
                    open.add(new Log(found));
                    severalLogs = true;
                }
            }
        }
    }

    /** How far to read a log that may be written at full speed, or to its end if its writer has not said. */
    static long due(WalDirectory directory) {
        return directory
                .progress()
                .map(WalProgress::written)
                .filter(written -> written >= 0)
                .orElse(Long.MAX_VALUE);
    }

    /** Backwards by files, forwards within one: an excerpt says how many events it holds, but not where the one before it is. */
    private Start start(WalDirectory directory, long count) {
        List<WalFile> files = directory.walFiles();
        ArrayDeque<Step> excerpts = new ArrayDeque<>();
        long held = 0;
        long last = WalReader.BEFORE_FIRST;
        try (WalReader reader = WalReader.open(directory)) {
            for (int i = files.size() - 1; i >= 0 && (held < count || last < 0); i--) {
                List<Step> inFile = new ArrayList<>();
                reader.seekAfter(files.get(i).positionBefore());
                long before = reader.position();
                while (reader.next(excerpt)
                        && WalFile.numberOf(excerpt.position()) == files.get(i).number()) {
                    long events = excerpt.kind() == ExcerptKind.DAMAGED ? 0 : excerpt.count();
                    inFile.add(new Step(before, events));
                    before = excerpt.position();
                    last = Math.max(last, before);
                    held += events;
                }
                for (int j = inFile.size() - 1; j >= 0; j--) {
                    excerpts.addFirst(inFile.get(j));
                }
            }
        }
        while (!excerpts.isEmpty() && held - excerpts.peekFirst().events() >= count) {
            held -= excerpts.removeFirst().events();
        }
        return excerpts.isEmpty()
                ? new Start(last, 0, last)
                : new Start(excerpts.peekFirst().before(), Math.max(0, held - count), last);
    }

    private void show(Log log) throws IOException {
        if (excerpt.kind() == ExcerptKind.DAMAGED) {
            note(log, (excerpt.released() ? "released meanwhile: " : "damaged: ") + excerpt.damage());
            return;
        }
        if (excerpt.lossBefore().count() > 0) {
            note(
                    log,
                    "lost here: " + excerpt.lossBefore().count() + " events without a sequence, reason="
                            + excerpt.lossBefore().reason());
        }
        try {
            events.read(log.directory, excerpt, new Shown(log));
        } catch (WalEvents.MalformedException e) {
            note(log, "malformed from sequence " + e.sequence() + ": " + e.getMessage());
        }
    }

    private void note(Log log, String what) throws IOException {
        if (json != null) {
            json.note(log.directory.identity(), what);
        } else {
            head(log, "");
            text.note(what);
        }
    }

    /** As {@code tail} does it: who speaks, whenever somebody else does. */
    private void head(Log log, String stream) throws IOException {
        boolean ownStreams = log.directory.identity().stream().isEmpty();
        String head = (severalLogs ? log.directory.path() : "") + (ownStreams && !stream.isEmpty() ? " " + stream : "");
        if (!head.isEmpty() && !head.equals(shown)) {
            text.note(head.strip());
            shown = head;
        }
    }

    private final class Shown implements WalEvents.Visitor {
        private final Log log;

        Shown(Log log) {
            this.log = log;
        }

        @Override
        public void labels(Labels labels) {
            if (json != null) {
                json.labels(labels);
            }
        }

        private boolean isWanted() {
            if (log.skip > 0) {
                log.skip--;
                return false;
            }
            return true;
        }

        @Override
        public void event(String stream, long sequence, EventRow row) throws IOException {
            if (isWanted()) {
                if (json != null) {
                    json.event(log.directory.identity(), stream, sequence, row);
                } else {
                    head(log, stream);
                    text.event(sequence, row);
                }
            }
        }

        @Override
        public void line(String stream, long sequence, ByteBuffer bytes, int offset, int length, boolean terminated)
                throws IOException {
            if (isWanted()) {
                if (json != null) {
                    json.line(log.directory.identity(), stream, sequence, bytes, offset, length, terminated);
                } else {
                    head(log, stream);
                    text.line(sequence, bytes, offset, length, terminated);
                }
            }
        }
    }

    @Override
    public void close() {
        open.forEach(log -> log.reader.close());
        events.close();
    }
}
