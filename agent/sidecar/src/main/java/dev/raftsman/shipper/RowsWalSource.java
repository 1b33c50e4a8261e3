package dev.raftsman.shipper;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.EventRow;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.input.Linger;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.input.SourceLag;
import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * The WAL of one incarnation of an application, read in place: raw batches of rows become blocks here, of one stream and
 * one epoch. Batches may be cut anywhere, so the collector's last sequence alone says where to go on.
 *
 * <pre>
 *  what the WAL shows                                    what is declared
 *  ----------------------------------------------------  --------------------------------------------
 *  a loss in the header of a batch                       the same, in the header of the block that begins there
 *  a batch that begins beyond the next sequence          GAP, DAMAGED (or CLUSTER_LOSS if nothing was seen damaged)
 *  rows that cannot be taken apart                       GAP, UNENCODABLE
 *  the writer is gone, the end is reached, and more      GAP, PROCESS_DIED (or DAMAGED if the end is damaged)
 *  was claimed than written
 *  the writer is gone, and has counted losses that no    the same, with CLOSE
 *  batch declares
 * </pre>
 */
final class RowsWalSource implements Source, FeedOwner {
    private static final int EXCERPTS_A_STEP = 64;
    private static final long WRITER_LOOK_NANOS = 500_000_000L;

    private final WalDirectory directory;
    private final ShipperSettings settings;
    private final Linger linger;
    private final Session session;
    private final CursorFile cursorFile;
    private final OperatorLog log;
    private final ShipperObserver observer;
    private final WalReader reader;
    private final WalRelease release;
    private final Excerpt excerpt = new Excerpt();
    private final CompactRows rows = new CompactRows();
    private final Feed feed;

    /** Which sequence each excerpt that was read ends with, until it is acknowledged. */
    private final ArrayDeque<Note> notes = new ArrayDeque<>();

    private final UnreadWal unread;
    private final EventRow firstRow = new EventRow();
    private long notedBytes;

    /** When the first event of the excerpt at hand was, in {@link System#nanoTime}. */
    private long excerptNanos;

    private EventBlockBuilder builder;
    private long builderFirst;
    private long builderSinceNanos;
    private Loss loss = Loss.NONE;
    private boolean damaged;
    private boolean tailDamaged;

    /** The sequence that is wanted next; -1 until the collector has said. */
    private long next = -1;

    private long writerLookNanos;
    private boolean writerGone;
    private Retirement retirement;

    private record Note(long position, long end, int bytes, long sinceNanos) {}

    RowsWalSource(
            WalDirectory directory,
            ShipperSettings settings,
            Linger linger,
            Session session,
            CursorFile cursorFile,
            OperatorLog log,
            ShipperObserver observer,
            long nowNanos) {
        this.directory = directory;
        this.settings = settings;
        this.linger = linger;
        this.session = session;
        this.cursorFile = cursorFile;
        this.log = log;
        this.observer = observer;
        this.writerLookNanos = nowNanos;
        String producer = directory.identity().producer();
        String stream = directory.identity().stream();
        Cursor.Epoch known = cursorFile.cursor().epochs().get(new Cursor.EpochKey(incarnation(), producer, stream));
        this.reader = WalReader.open(directory);
        this.unread = new UnreadWal(directory);
        this.release = new WalRelease(incarnation(), cursorFile, reader::releaseBelow);
        reader.seekAfter(release.acknowledged());
        this.feed = session.feed(
                producer,
                incarnation(),
                stream,
                known == null ? 0 : known.epoch(),
                known == null ? -1 : known.acknowledged(),
                this);
        if (known != null) {
            feed.closeExpected = known.state() != Cursor.State.OPEN;
            feed.closed = known.state() == Cursor.State.CLOSED;
            if (feed.closed) {
                beginRetirement();
            }
        }
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
        if (feed.failed || next < 0) {
            return false;
        }
        boolean worked = false;
        int taken = 0;
        while (taken < EXCERPTS_A_STEP && session.hasRoom() && reader.next(excerpt)) {
            take(nowNanos);
            taken++;
            if (feed.failed) {
                return true;
            }
        }
        worked |= taken > 0;
        boolean idle = taken == 0 && session.hasRoom();
        if (hasRows()
                && (writerGone && idle || linger.isOver(nowNanos - builderSinceNanos, settings.linger(), nowNanos))) {
            finish();
            worked = true;
        }
        if (idle && !worked) {
            worked = mayRetire(nowNanos);
        }
        return worked;
    }

    private boolean hasRows() {
        return builder != null && builder.count() > 0;
    }

    private void take(long nowNanos) {
        excerptNanos = nowNanos;
        unread.read(excerpt.body().remaining());
        if (excerpt.kind() != ExcerptKind.ROWS) {
            damaged = true;
            tailDamaged = true;
            log.error(
                    "damaged " + directory,
                    "WAL is damaged, reading on behind it: "
                            + (excerpt.kind() == ExcerptKind.DAMAGED
                                    ? excerpt.damage()
                                    : "excerpt of kind " + excerpt.kind()));
            note(next - 1);
            return;
        }
        tailDamaged = false;
        long first = excerpt.firstSequence();
        long end = first + excerpt.count() - 1;
        if (first >= next) {
            if (first > next) {
                gap(first - 1, damaged ? LossReason.DAMAGED : LossReason.CLUSTER_LOSS);
            }
            if (excerpt.lossBefore().count() > 0) {
                finishIfAny();
                loss = sum(loss, excerpt.lossBefore());
            }
        }
        if (end >= next) {
            takeRows(first, end, nowNanos);
        }
        // No row, so a loss after the last one: it goes with CLOSE, or with the block of the next row. Until that is
        // acknowledged the excerpt is not, else a restart in between would pass over it.
        note(excerpt.count() > 0 ? end : first);
        advance();
    }

    private void note(long end) {
        int bytes = excerpt.body().remaining();
        notedBytes += bytes;
        notes.add(new Note(excerpt.position(), end, bytes, excerptNanos));
    }

    private static Loss sum(Loss one, Loss other) {
        if (one.count() == 0) {
            return other;
        }
        return other.count() == 0 ? one : new Loss(other.reason(), one.count() + other.count());
    }

    private void takeRows(long first, long end, long nowNanos) {
        ByteBuffer body = excerpt.body();
        observer.readWal(body.remaining());
        int offset = body.position();
        long sequence = first;
        try {
            rows.begin(excerpt.extra());
            for (; sequence <= end; sequence++) {
                offset = rows.expand(body, offset, body.limit());
                if (sequence == first) {
                    excerptNanos = sinceNanos(nowNanos);
                }
                if (sequence >= next) {
                    add(sequence, nowNanos);
                    next = sequence + 1;
                }
            }
        } catch (IllegalArgumentException e) {
            log.error("rows " + directory, "rows in the WAL cannot be taken apart: sequence=" + sequence + ", " + e);
            gap(end, LossReason.UNENCODABLE);
        }
    }

    /** Events carry any time; one of this log is neither older than the log nor of the future. */
    private long sinceNanos(long nowNanos) {
        long epochMillis = System.currentTimeMillis();
        long eventMillis = firstRow.wrap(rows.row(), 0, rows.length()).timestampNanos() / 1_000_000;
        long ageMillis =
                epochMillis - Math.max(eventMillis, directory.identity().startMillis());
        return nowNanos - Math.max(0, ageMillis) * 1_000_000;
    }

    private void add(long sequence, long nowNanos) {
        if (builder == null) {
            builder = new EventBlockBuilder(settings.blockBytes());
            builder.label(settings.labels());
        }
        if (!builder.hasRoom(rows.length())) {
            if (rows.length() > EventBlockBuilder.MAX_ROW_BYTES) {
                throw new IllegalArgumentException("row of " + rows.length() + " bytes");
            }
            finish();
        }
        boolean begins = builder.count() == 0;
        builder.add(rows.row(), 0, rows.length());
        if (begins) {
            builderFirst = sequence;
            builderSinceNanos = nowNanos;
            linger.spent(nowNanos);
        }
    }

    private void finishIfAny() {
        if (hasRows()) {
            finish();
        }
    }

    private void finish() {
        int count = builder.count();
        int rawBytes = builder.rawBytes();
        ByteBuffer built = builder.build(builderFirst, loss);
        loss = Loss.NONE;
        ByteBuffer copy = session.copyOf(built);
        observer.read(feed.stream, count, rawBytes);
        session.offer(feed, copy, builderFirst, builderFirst + count - 1);
    }

    private void gap(long last, LossReason reason) {
        finishIfAny();
        Gaps.declare(session, feed, next, last, reason, System.currentTimeMillis(), log, observer);
        next = last + 1;
    }

    // ---- what becomes of it

    @Override
    public void opened(Feed opened, long last) {
        if (next < 0) {
            next = last + 1;
            feed.nextOffered = next;
        }
        remember();
    }

    @Override
    public void acknowledged(Feed acknowledged, long through) {
        advance();
        remember();
    }

    private void advance() {
        Note head;
        while ((head = notes.peek()) != null && head.end <= feed.acknowledged()) {
            notes.remove();
            notedBytes -= head.bytes;
            release.acknowledged(head.position);
        }
    }

    private void remember() {
        cursorFile.cursor().acknowledged(feed);
    }

    @Override
    public void rewind(Feed rewound, long wanted) {
        if (retirement != null && retirement.walIsGone()) {
            retirement.rewind(rewound, wanted);
            return;
        }
        if (hasRows()) {
            builder.build(builderFirst, Loss.NONE);
        }
        loss = Loss.NONE;
        notes.clear();
        notedBytes = 0;
        retirement = null;
        next = wanted;
        reader.seekAfter(WalReader.BEFORE_FIRST);
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
        // The WAL stays as it is, for a person to look at.
    }

    /** The order matters: once the lock is seen free, a last look finds everything that was ever written. */
    private boolean mayRetire(long nowNanos) {
        if (!writerGone) {
            if (nowNanos - writerLookNanos < WRITER_LOOK_NANOS) {
                return false;
            }
            writerLookNanos = nowNanos;
            writerGone = !directory.writerAlive();
            return writerGone;
        }
        if (!feed.isOpen() || !feed.isEmpty() || !reader.atEnd()) {
            return false;
        }
        long claimed = directory.claimed();
        if (claimed >= next) {
            gap(claimed, tailDamaged ? LossReason.DAMAGED : LossReason.PROCESS_DIED);
            return true;
        }
        advance();
        beginRetirement();
        return true;
    }

    private void beginRetirement() {
        if (builder != null) {
            builder.close();
            builder = null;
        }
        Loss trailing = sum(loss, directory.undeclaredLoss(reader.position()));
        retirement =
                new Retirement(incarnation(), List.of(feed), trailing, directory, session, cursorFile, log, observer);
    }

    @Override
    public boolean isDrained() {
        return retirement != null || feed.failed || next >= 0 && !hasRows() && feed.isEmpty() && reader.atEnd();
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
        long bytes = retirement != null ? 0 : notedBytes + unread.bytes(reader.position(), nowNanos);
        long sinceNanos = notes.isEmpty() ? unread.sinceNanos() : notes.peek().sinceNanos;
        lag.accept(new SourceLag(feed.stream, directory.path().toString(), bytes, sinceNanos));
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
        if (builder != null) {
            builder.close();
            builder = null;
        }
    }
}
