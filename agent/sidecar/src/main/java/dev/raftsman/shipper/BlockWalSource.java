package dev.raftsman.shipper;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.CorruptBlockException;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.Names;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceCheckpoint;
import dev.raftsman.input.SourceLag;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;

/**
 * One incarnation of the sidecar's own WAL: finished blocks of many streams, each stream an epoch of its own. Blocks go
 * out as they are; what is missing between two of them is declared as a gap.
 *
 * <p>A file that fed the WAL could be read again, and would be cut into other blocks then. So an excerpt is shipped only
 * once it is forced: a power cut never takes an excerpt whose block the cluster has.
 */
final class BlockWalSource implements Source {
    private static final int EXCERPTS_A_STEP = 16;

    private final WalDirectory directory;
    private final String agent;
    private final LongSupplier forcedThrough;
    private final LongPredicate readAgain;
    private final Session session;
    private final CursorFile cursorFile;
    private final OperatorLog log;
    private final ShipperObserver observer;
    private final WalReader reader;
    private final WalRelease release;
    private final Excerpt excerpt = new Excerpt();

    private final Map<String, Stream> streams = new LinkedHashMap<>();

    /** Every excerpt that was read and is not known to be acknowledged with all before it, in order. */
    private final ArrayDeque<Note> notes = new ArrayDeque<>();

    private final Set<String> stopped = new HashSet<>();

    private final UnreadWal unread;
    private boolean ended;
    private Held held;
    private boolean rewindWanted;
    private boolean readToTheEnd;
    private boolean damaged;
    private Retirement retirement;

    /** An excerpt in our own memory: the reader's is valid only until its next call. */
    private record Held(
            long position, long first, long end, ByteBuffer block, long timeNanos, List<SourceCheckpoint> checkpoints) {
        String stream() {
            return checkpoints.get(0).stream();
        }
    }

    /** An excerpt on its way; one that is damaged has no checkpoint, its file is read again from the one before. */
    private static final class Note {
        final long position;
        final Stream stream;
        final long end;
        final List<SourceCheckpoint> checkpoints;
        final int bytes;
        final long sinceNanos;
        boolean acknowledged;

        Note(long position, Stream stream, long end, List<SourceCheckpoint> checkpoints, int bytes, long sinceNanos) {
            this.position = position;
            this.stream = stream;
            this.end = end;
            this.checkpoints = checkpoints;
            this.bytes = bytes;
            this.sinceNanos = sinceNanos;
        }
    }

    private final class Stream implements FeedOwner {
        final ArrayDeque<Note> pending = new ArrayDeque<>();
        Feed feed;
        long pendingBytes;

        /** The sequence that goes out next, -1 while neither WAL nor collector has told. */
        long next = -1;

        /** Greatest sequence known to have been in the WAL. */
        long highest = -1;

        @Override
        public void opened(Feed opened, long last) {
            if (next < 0) {
                next = last + 1;
            }
            highest = Math.max(highest, last);
            remember();
        }

        @Override
        public void acknowledged(Feed acknowledged, long through) {
            Note note;
            while ((note = pending.peek()) != null && note.end <= through) {
                pending.remove();
                pendingBytes -= note.bytes;
                note.acknowledged = true;
            }
            remember();
            advance();
        }

        @Override
        public void rewind(Feed rewound, long wanted) {
            if (retirement != null && retirement.walIsGone()) {
                retirement.rewind(rewound, wanted);
                return;
            }
            next = wanted;
            rewindWanted = true;
            retirement = null;
        }

        @Override
        public void reopened(Feed reopened) {
            if (retirement != null) {
                retirement.reopened(reopened);
            }
        }

        @Override
        public void closed(Feed closed) {
            if (retirement == null) {
                beginRetirement();
            }
            retirement.closed(closed);
        }

        @Override
        public void forgotten(Feed forgotten) {
            retirement.forgotten(forgotten);
        }

        @Override
        public void failed(Feed failed, String reason) {
            // Its excerpts stay unacknowledged, so their files stay.
        }

        private void remember() {
            cursorFile.cursor().acknowledged(feed);
        }
    }

    /** Nothing will be appended any more. */
    void end() {
        ended = true;
    }

    /**
     * @param forcedThrough greatest position that may be shipped
     * @param readAgain whether the lines of the damaged block of a position are read again, and have other numbers then
     * @param ended whether nothing will be appended any more: an older incarnation's
     */
    BlockWalSource(
            WalDirectory directory,
            String agent,
            LongSupplier forcedThrough,
            LongPredicate readAgain,
            boolean ended,
            Session session,
            CursorFile cursorFile,
            OperatorLog log,
            ShipperObserver observer) {
        this.directory = directory;
        this.agent = agent;
        this.forcedThrough = forcedThrough;
        this.readAgain = readAgain;
        this.ended = ended;
        this.session = session;
        this.cursorFile = cursorFile;
        this.log = log;
        this.observer = observer;
        this.reader = WalReader.open(directory);
        this.unread = new UnreadWal(directory);
        this.release = new WalRelease(incarnation(), cursorFile, reader::releaseBelow);
        reader.seekAfter(release.acknowledged());
        for (Map.Entry<Cursor.EpochKey, Cursor.Epoch> row :
                cursorFile.cursor().epochs().entrySet()) {
            if (row.getKey().incarnation().equals(incarnation())) {
                restore(row.getKey(), row.getValue());
            }
        }
    }

    private void restore(Cursor.EpochKey key, Cursor.Epoch epoch) {
        Stream stream = new Stream();
        stream.feed = session.feed(
                key.producer(), key.incarnation(), key.stream(), epoch.epoch(), epoch.acknowledged(), stream);
        stream.feed.closeExpected = epoch.state() != Cursor.State.OPEN;
        stream.feed.closed = epoch.state() == Cursor.State.CLOSED;
        stream.highest = epoch.acknowledged();
        streams.put(key.stream(), stream);
    }

    @Override
    public UUID incarnation() {
        return directory.identity().incarnation();
    }

    @Override
    public boolean step(long nowNanos) {
        if (retirement != null) {
            return retirement.step();
        }
        if (rewindWanted) {
            startOver();
        }
        int taken = 0;
        while (taken < EXCERPTS_A_STEP && session.hasRoom() && readNext()) {
            if (held.position > forcedThrough.getAsLong()) {
                break;
            }
            take(held, nowNanos);
            held = null;
            taken++;
        }
        if (taken == 0 && ended) {
            return mayRetire();
        }
        return taken > 0;
    }

    private boolean readNext() {
        while (held == null) {
            if (!reader.next(excerpt)) {
                return false;
            }
            hold();
        }
        return true;
    }

    private void hold() {
        List<SourceCheckpoint> checkpoints = List.of();
        try {
            switch (excerpt.kind()) {
                case BLOCK -> {
                    Block block = Block.wrap(excerpt.body());
                    ByteBuffer copy = session.copyOf(block.encoded());
                    unread.read(copy.remaining());
                    held = new Held(
                            excerpt.position(),
                            block.firstSequence(),
                            block.endSequence(),
                            copy,
                            block.kind() == BlockKind.LINES
                                    ? block.minTimeNanos() // of reading; an event's own may be any
                                    : System.currentTimeMillis() * 1_000_000,
                            SourceCheckpoint.decode(excerpt.extra()));
                    return;
                }
                case CHECKPOINT -> checkpoints = SourceCheckpoint.decode(excerpt.extra());
                case DAMAGED -> {
                    if (readAgain.test(excerpt.position())) {
                        torn();
                        return;
                    }
                    damaged(excerpt.damage());
                }
                case ROWS -> damaged("excerpt of kind " + excerpt.kind());
            }
        } catch (CorruptBlockException | IllegalArgumentException e) {
            damaged(e.getMessage());
        }
        if (excerpt.kind() != ExcerptKind.CHECKPOINT) {
            noteDamaged();
            return;
        }
        Note note = new Note(excerpt.position(), null, -1, checkpoints, 0, 0);
        note.acknowledged = true;
        notes.add(note);
    }

    private void torn() {
        log.warn(
                "torn " + directory,
                "the end of a WAL is torn, as by a power cut; its lines are read again from their file: first="
                        + excerpt.firstSequence() + ", count=" + excerpt.count() + ", " + excerpt.damage());
        Note note = new Note(excerpt.position(), null, -1, List.of(), 0, 0);
        note.acknowledged = true;
        notes.add(note);
    }

    private void damaged(String damage) {
        damaged = true;
        // Of excerpts that are gone nobody can say whose they were: this line is all there is, it is not held back.
        boolean gone = excerpt.count() == Excerpt.UNKNOWN;
        log.error(
                "damaged " + directory + (gone ? excerpt.position() : ""),
                "WAL is damaged, reading on behind it: " + damage);
    }

    /** What it held is declared, if it says whose that was: by the next excerpt of its stream, or at the end. */
    private void noteDamaged() {
        Note note = new Note(excerpt.position(), null, -1, List.of(), 0, 0);
        note.acknowledged = true;
        if (excerpt.kind() == ExcerptKind.BLOCK || excerpt.writtenKind() == ExcerptKind.BLOCK) {
            try {
                Stream stream = stream(SourceCheckpoint.decode(excerpt.extra()).get(0).stream());
                long end = excerpt.firstSequence() + excerpt.count() - 1;
                stream.highest = Math.max(stream.highest, end);
                if (end > stream.feed.acknowledged()) {
                    note = new Note(excerpt.position(), stream, end, List.of(), 0, System.nanoTime());
                    stream.pending.add(note);
                }
            } catch (IllegalArgumentException ownerUnknown) {
                damaged = true;
            }
        }
        notes.add(note);
    }

    private void take(Held excerpt, long nowNanos) {
        Stream stream = stream(excerpt.stream());
        Note note = new Note(
                excerpt.position,
                stream,
                excerpt.end,
                excerpt.checkpoints,
                excerpt.block.remaining(),
                since(excerpt, nowNanos));
        notes.add(note);
        stream.highest = Math.max(stream.highest, excerpt.end);
        if (stream.feed.failed) {
            stream.pending.add(note);
            stream.pendingBytes += note.bytes;
            return;
        }
        Place place = Place.of(excerpt.first, excerpt.end, stream.next, stream.feed.acknowledged());
        if (place == Place.ACKNOWLEDGED) {
            note.acknowledged = true;
            stream.next = Math.max(stream.next, excerpt.end + 1);
            advance();
            return;
        }
        stream.pending.add(note);
        stream.pendingBytes += note.bytes;
        if (place == Place.ACROSS) {
            session.stop(
                    stream.feed,
                    "the collector goes on from sequence " + stream.next + " in the middle of block " + excerpt.first
                            + " to " + excerpt.end);
        } else if (place != Place.ON_ITS_WAY) {
            if (place == Place.BEHIND_A_GAP) {
                gap(stream, excerpt.first - 1);
            }
            stream.next = excerpt.end + 1;
            session.offer(stream.feed, excerpt.block, excerpt.first, excerpt.end);
        }
    }

    /** When its events were read. @return in {@link System#nanoTime} */
    private static long since(Held excerpt, long nowNanos) {
        long ageMillis = System.currentTimeMillis() - excerpt.timeNanos / 1_000_000;
        return nowNanos - Math.max(0, ageMillis) * 1_000_000;
    }

    private Stream stream(String name) {
        Stream stream = streams.get(name);
        if (stream == null) {
            stream = new Stream();
            streams.put(name, stream);
            stream.feed = session.feed(producer(name), incarnation(), name, 0, -1, stream);
            if (stopped.contains(name)) {
                session.stop(stream.feed, "what an older incarnation has of this stream was not taken");
            }
        }
        return stream;
    }

    private String producer(String stream) {
        String name = agent + ":" + stream;
        if (name.length() <= Names.MAX_LENGTH) {
            return name;
        }
        return name.substring(0, Names.MAX_LENGTH - 9) + String.format("=%08x", name.hashCode());
    }

    /** Declares the sequences from the next one through {@code last}, which no excerpt holds any more. */
    private void gap(Stream stream, long last) {
        LossReason reason = damaged ? LossReason.DAMAGED : LossReason.CLUSTER_LOSS;
        Gaps.declare(session, stream.feed, stream.next, last, reason, System.currentTimeMillis(), log, observer);
        stream.next = last + 1;
    }

    /** From the first excerpt that is still there: what is acknowledged or in memory is only noted again. */
    private void startOver() {
        rewindWanted = false;
        readToTheEnd = false;
        held = null;
        notes.clear();
        for (Stream stream : streams.values()) {
            stream.pending.clear();
            stream.pendingBytes = 0;
        }
        reader.seekAfter(WalReader.BEFORE_FIRST);
    }

    private void advance() {
        Note head;
        while ((head = notes.peek()) != null && head.acknowledged) {
            notes.remove();
            for (SourceCheckpoint checkpoint : head.checkpoints) {
                if (checkpoint.isFile()) {
                    cursorFile
                            .cursor()
                            .source(new Cursor.Source(directory.identity().startMillis(), head.position, checkpoint));
                }
            }
            release.acknowledged(head.position);
        }
    }

    private boolean mayRetire() {
        if (!isReadToTheEnd()) {
            return false;
        }
        advance();
        for (Stream stream : streams.values()) {
            if (stream.feed.failed || !stream.feed.isEmpty() || !stream.feed.closed && !stream.feed.isOpen()) {
                return false;
            }
            if (!stream.feed.closed && stream.feed.acknowledged() < stream.highest) {
                stream.next = stream.feed.acknowledged() + 1;
                gap(stream, stream.highest);
                return true;
            }
        }
        if (!notes.isEmpty()) {
            return false;
        }
        beginRetirement();
        return true;
    }

    private void beginRetirement() {
        retirement = new Retirement(
                incarnation(),
                streams.values().stream().map(stream -> stream.feed).toList(),
                Loss.NONE,
                directory,
                session,
                cursorFile,
                log,
                observer);
    }

    /** The look is costly, and of a WAL that has ended its answer stays. */
    private boolean isReadToTheEnd() {
        if (readToTheEnd) {
            return true;
        }
        boolean now = held == null && reader.atEnd();
        readToTheEnd = now && ended;
        return now;
    }

    /** Whether a newer incarnation must wait: of some stream that can be shipped, not all is acknowledged. */
    boolean isHolding() {
        if (retirement != null) {
            return false;
        }
        for (Note note : notes) {
            if (!note.acknowledged && !note.stream.feed.failed) {
                return true;
            }
        }
        return !isReadToTheEnd();
    }

    /** Streams that stopped here: a newer incarnation's blocks of them may not go. */
    Set<String> stoppedStreams() {
        Set<String> stopped = new HashSet<>();
        streams.forEach((name, stream) -> {
            if (stream.feed.failed) {
                stopped.add(name);
            }
        });
        return stopped;
    }

    void stop(Set<String> names) {
        stopped.addAll(names);
    }

    @Override
    public boolean isDrained() {
        return retirement != null || notes.isEmpty() && isReadToTheEnd();
    }

    @Override
    public long written() {
        return unread.written();
    }

    @Override
    public boolean isShippedThrough(long position) {
        return retirement != null || (position < 0 ? isDrained() : release.acknowledged() >= position);
    }

    @Override
    public boolean isLeaving() {
        return retirement != null && !retirement.isDone();
    }

    @Override
    public void lags(long nowNanos, Consumer<SourceLag> lag) {
        String path = directory.path().toString();
        streams.forEach((name, stream) -> {
            Note oldest = stream.pending.peek();
            lag.accept(new SourceLag(name, path, stream.pendingBytes, oldest == null ? 0 : oldest.sinceNanos));
        });
        long heldBytes = held == null ? 0 : held.block.remaining();
        long bytes = retirement != null ? 0 : heldBytes + unread.bytes(reader.position(), nowNanos);
        if (bytes > 0) {
            lag.accept(new SourceLag(
                    ShipperStatus.UNREAD, path, bytes, held == null ? unread.sinceNanos() : since(held, nowNanos)));
        }
    }

    long bytesOnDisk() {
        return directory.bytesOnDisk();
    }

    @Override
    public boolean isDone() {
        return retirement != null && retirement.isDone();
    }

    @Override
    public void release() {
        if (retirement == null) {
            release.step();
        }
    }

    @Override
    public void close() {
        reader.close();
    }
}
