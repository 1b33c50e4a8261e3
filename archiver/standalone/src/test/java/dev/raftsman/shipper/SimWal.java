package dev.raftsman.shipper;

import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.simulation.Journal;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A model of one incarnation's write-ahead log, and how it is shipped: step by step what {@link BlockWalSource} does with a
 * real one. The excerpts outlive a crash of the sidecar; {@link #open} begins reading them anew.
 */
final class SimWal {
    /** A finished block. */
    private static final class Excerpt {
        final long first;
        final long end;
        final ByteBuffer block;
        boolean damaged;

        Excerpt(long first, long end, ByteBuffer block) {
            this.first = first;
            this.end = end;
            this.block = block;
        }
    }

    private final UUID incarnation;
    private final Map<String, Stream> streams = new LinkedHashMap<>();
    private final SimHost host;
    private boolean ended;
    private boolean deleted;
    private Loss trailingLoss = Loss.NONE;
    private Retirement retirement;
    private boolean damaged;

    /** One stream of it, an epoch. */
    private final class Stream implements FeedOwner {
        final String name;
        final Journal.Book book;
        final List<Excerpt> excerpts = new ArrayList<>();
        /** Where the sequences go on, whatever the book says. */
        long appended;

        Feed feed;
        int read;
        long next = -1;
        long highest = -1;

        Stream(String name) {
            this.name = name;
            this.book = host.journal().open(producer(name), incarnation, name);
        }

        void begin() {
            feed = null;
            read = 0;
            next = -1;
            highest = -1;
        }

        boolean isReadToTheEnd() {
            return read == excerpts.size();
        }

        boolean isAcknowledged() {
            return isReadToTheEnd() && (feed == null || feed.acknowledged() >= highest);
        }

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
            book.acknowledged(through);
            remember();
        }

        @Override
        public void rewind(Feed rewound, long wanted) {
            next = wanted;
            retirement = null;
            streams.values().forEach(each -> each.read = 0);
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
            host.failed(failed, reason);
        }

        private void remember() {
            host.cursorFile().cursor().acknowledged(feed);
        }

        /** @return whether there was something to read */
        boolean take() {
            if (isReadToTheEnd()) {
                return false;
            }
            Excerpt excerpt = excerpts.get(read++);
            if (feed == null) {
                feed = host.session().feed(producer(name), incarnation, name, 0, -1, this);
            }
            highest = Math.max(highest, excerpt.end);
            if (excerpt.damaged) {
                damaged = true;
                return true;
            }
            Place place = Place.of(excerpt.first, excerpt.end, next, feed.acknowledged());
            if (feed.failed && place != Place.ACKNOWLEDGED) {
                return true;
            }
            switch (place) {
                case ACKNOWLEDGED -> next = Math.max(next, excerpt.end + 1);
                case ON_ITS_WAY -> {
                    // The log is read again for another stream.
                }
                case ACROSS -> host.session().stop(feed, "in the middle of a block");
                case NEXT, BEHIND_A_GAP -> {
                    if (place == Place.BEHIND_A_GAP) {
                        gap(excerpt.first - 1);
                    }
                    next = excerpt.end + 1;
                    host.session().offer(feed, host.session().copyOf(excerpt.block), excerpt.first, excerpt.end);
                }
            }
            return true;
        }

        void gap(long last) {
            LossReason reason = damaged ? LossReason.DAMAGED : LossReason.CLUSTER_LOSS;
            Gaps.declare(
                    host.session(), feed, next, last, reason, host.clockMillis(), host.log(), ShipperObserver.NONE);
            next = last + 1;
        }

        void release() {
            Cursor.Epoch row =
                    feed == null ? null : host.cursorFile().cursor().epochs().get(Retirement.key(feed));
            while (row != null && read > 0 && !excerpts.isEmpty() && excerpts.get(0).end <= row.acknowledged()) {
                excerpts.remove(0);
                read--;
            }
        }
    }

    SimWal(SimHost host, UUID incarnation) {
        this.host = host;
        this.incarnation = incarnation;
    }

    private String producer(String stream) {
        return host.name() + ":" + stream;
    }

    UUID incarnation() {
        return incarnation;
    }

    // ---- writing

    private Stream stream(String name) {
        return streams.computeIfAbsent(name, Stream::new);
    }

    Journal.Book book(String stream) {
        return stream(stream).book;
    }

    long appended(String stream) {
        return stream(stream).appended;
    }

    /** A finished block, of so many sequences. */
    void append(String stream, int count, ByteBuffer block) {
        Stream to = stream(stream);
        to.excerpts.add(new Excerpt(to.appended, to.appended + count - 1, block));
        to.appended += count;
    }

    /** The writer is gone. */
    void end(Loss loss) {
        ended = true;
        if (streams.size() == 1 && loss.count() > 0) {
            trailingLoss = loss;
            streams.values().iterator().next().book.lost(loss.count());
        }
    }

    boolean isEnded() {
        return ended;
    }

    /** One excerpt that is still there cannot be read any more. */
    void damage() {
        for (Stream stream : streams.values()) {
            if (!stream.excerpts.isEmpty()) {
                Excerpt excerpt = stream.excerpts.get(host.random().nextInt(stream.excerpts.size()));
                if (!excerpt.damaged && host.hasNoLoss(excerpt.block)) {
                    excerpt.damaged = true;
                    stream.book.damaged(excerpt.first, excerpt.end);
                    host.trace("cannot read " + excerpt.first + " to " + excerpt.end + " of " + stream.book);
                    return;
                }
            }
        }
    }

    // ---- shipping

    /** The sidecar has started: what it knows is in the cursor. */
    void open() {
        retirement = null;
        damaged = false;
        streams.values().forEach(Stream::begin);
        host.cursorFile().cursor().epochs().forEach((key, row) -> {
            if (key.incarnation().equals(incarnation)) {
                Stream stream = stream(key.stream());
                stream.feed = host.session()
                        .feed(key.producer(), incarnation, key.stream(), row.epoch(), row.acknowledged(), stream);
                stream.feed.closeExpected = row.state() != Cursor.State.OPEN;
                stream.feed.closed = row.state() == Cursor.State.CLOSED;
                stream.highest = row.acknowledged();
            }
        });
    }

    void step() {
        if (retirement != null) {
            retirement.step();
            if (host.cursorFile().cursor().position(incarnation) < 0) {
                deleted = true;
            }
            return;
        }
        host.cursorFile().cursor().position(incarnation, 0);
        boolean taken = false;
        for (Stream stream : streams.values()) {
            for (int some = 0; some < 4 && host.session().hasRoom() && stream.take(); some++) {
                taken = true;
            }
        }
        if (!taken && ended) {
            retireIfDone();
        }
    }

    private void retireIfDone() {
        for (Stream stream : streams.values()) {
            if (!stream.isReadToTheEnd()) {
                return;
            }
            Feed feed = stream.feed;
            if (feed == null) {
                continue;
            }
            if (feed.failed || !feed.isEmpty() || !feed.closed && !feed.isOpen()) {
                return;
            }
            if (!feed.closed && feed.acknowledged() < stream.highest) {
                stream.next = feed.acknowledged() + 1;
                stream.gap(stream.highest);
                return;
            }
        }
        beginRetirement();
    }

    private void beginRetirement() {
        List<Feed> feeds = streams.values().stream()
                .map(stream -> stream.feed)
                .filter(feed -> feed != null)
                .toList();
        retirement = new Retirement(
                incarnation,
                feeds,
                trailingLoss,
                null,
                host.session(),
                host.cursorFile(),
                host.log(),
                ShipperObserver.NONE);
    }

    /** Whether a newer incarnation must wait. */
    boolean isHolding() {
        return retirement == null && !streams.values().stream().allMatch(Stream::isAcknowledged);
    }

    /** All that the cursor has is durable. */
    void release() {
        if (retirement == null) {
            streams.values().forEach(Stream::release);
        }
    }

    boolean isDeleted() {
        return deleted;
    }

    boolean isDone() {
        return deleted && (retirement == null || retirement.isDone());
    }
}
