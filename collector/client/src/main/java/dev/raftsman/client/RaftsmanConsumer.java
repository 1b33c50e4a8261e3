package dev.raftsman.client;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Consumes one stream: every record at least once, in the stream's order. Goes on behind the last one when a collector
 * dies or the leader changes; by {@link StreamRecord#offset()} each record is seen once in a run of the consumer, and
 * what comes again after {@link #checkpoint()} was not reached can be told by it.
 *
 * <pre>{@code
 * try (RaftsmanConsumer consumer = RaftsmanConsumer.of(List.of(URI.create("http://127.0.0.1:7461")))
 *         .stream("default", "payments")
 *         .checkpointFile(Path.of("payments.checkpoint"))
 *         .open()) {
 *     for (StreamRecord record : consumer) {
 *         handle(record);
 *         consumer.checkpoint();
 *     }
 * }
 * }</pre>
 *
 * <p>Failures of nodes and of the network are waited out, for ever, with a pause of a second at most; they are logged
 * through {@link System.Logger}, as DEBUG. A refusal that will not change is a {@link ConsumerException}, of which {@link
 * TrimmedException} is one. One thread takes records; {@link #close} may be called by another.
 */
public final class RaftsmanConsumer implements Iterable<StreamRecord>, AutoCloseable {
    private final RecordSource source;

    /** Null without a file. */
    private final CheckpointFile checkpoint;

    private Offset next;
    private Offset written;

    private RaftsmanConsumer(RecordSource source, CheckpointFile checkpoint, Offset next) {
        this.source = source;
        this.checkpoint = checkpoint;
        this.next = next;
        this.written = next;
    }

    /** @param collectors {@code http://host:port} of some or all collectors, at least one */
    public static Builder of(List<URI> collectors) {
        return new Builder(collectors);
    }

    /** What to consume, and from where. */
    public static final class Builder {
        private final List<URI> collectors;
        private String token = "";
        private String tenant = "default";
        private String stream;
        private String from = RecordSource.EARLIEST;
        private int last;
        private Path file;
        private boolean follow = true;
        private HttpClient http;

        private Builder(List<URI> collectors) {
            if (collectors.isEmpty()) {
                throw new IllegalArgumentException("no collector's address");
            }
            this.collectors = List.copyOf(collectors);
        }

        /** What {@code http.token} of the collectors says. */
        public Builder token(String secret) {
            token = secret;
            return this;
        }

        public Builder stream(String ofTenant, String name) {
            tenant = ofTenant;
            stream = name;
            return this;
        }

        /** Begins at an offset, if no checkpoint says otherwise. */
        public Builder from(Offset offset) {
            from = offset.toString();
            return this;
        }

        /** Begins with the first record that is hot, if no checkpoint says otherwise; so it does if nothing is said. */
        public Builder fromEarliest() {
            from = RecordSource.EARLIEST;
            return this;
        }

        /** Begins with what is stored from now on, and so many records before; if no checkpoint says otherwise. */
        public Builder fromLatest(int records) {
            from = RecordSource.LATEST;
            last = records;
            return this;
        }

        /** Where {@link #checkpoint()} notes how far the consumer is, and where the next one goes on. */
        public Builder checkpointFile(Path checkpointFile) {
            file = checkpointFile;
            return this;
        }

        /** Ends when all is read that is there by then, instead of waiting for more. */
        public Builder untilEnd() {
            follow = false;
            return this;
        }

        /** Shared by several consumers; stays the caller's. */
        public Builder http(HttpClient client) {
            http = client;
            return this;
        }

        /** @throws IOException if the checkpoint cannot be read, or is another stream's */
        public RaftsmanConsumer open() throws IOException {
            if (stream == null) {
                throw new IllegalStateException("no stream was said");
            }
            CheckpointFile checkpoint = file == null ? null : new CheckpointFile(file, tenant, stream);
            Optional<Offset> kept = checkpoint == null ? Optional.empty() : checkpoint.read();
            String begin = kept.map(Offset::toString).orElse(from);
            RecordSource source = new RecordSource(
                    new Collectors(collectors, token, http == null ? Collectors.http() : http),
                    tenant,
                    stream,
                    begin,
                    kept.isPresent() ? 0 : last,
                    follow);
            source.start();
            return new RaftsmanConsumer(source, checkpoint, kept.orElse(null));
        }
    }

    /**
     * The next record.
     *
     * @return null if none came in time
     * @throws ConsumerException if none will come; again at every later call
     */
    public StreamRecord poll(Duration timeout) throws InterruptedException {
        StreamRecord record = source.poll(timeout.toNanos());
        if (record != null) {
            next = record.offset().next();
        }
        return record;
    }

    /** Whether no record will come any more: the consumer is closed, or was to end and has. */
    public boolean isOver() {
        return source.isOver();
    }

    /** As the consumers make theirs, to be shared by several. */
    public static HttpClient httpClient() {
        return Collectors.http();
    }

    /** Where the consumer goes on: behind the last record that it was handed; empty before the first. */
    public Optional<Offset> position() {
        return Optional.ofNullable(next);
    }

    /**
     * The records handed out so far are done with: the next consumer with this checkpoint file gets those behind. Durable
     * when this returns, so it costs a force of the disk; after each batch is often enough.
     *
     * @throws IllegalStateException without a file
     */
    public void checkpoint() throws IOException {
        if (checkpoint == null) {
            throw new IllegalStateException("no checkpoint file was said");
        }
        if (next != null && !next.equals(written)) {
            checkpoint.write(next);
            written = next;
        }
    }

    /** Waits for each record; ends by {@link #close}, an interrupt or an exception, and at the end if it was to. */
    @Override
    public Iterator<StreamRecord> iterator() {
        return new Iterator<>() {
            private StreamRecord ahead;

            @Override
            public boolean hasNext() {
                while (ahead == null && !source.isOver()) {
                    try {
                        ahead = source.poll(TimeUnit.SECONDS.toNanos(1));
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                        throw new UncheckedIOException(new InterruptedIOException("interrupted while waiting"));
                    }
                }
                return ahead != null;
            }

            @Override
            public StreamRecord next() {
                if (!hasNext()) {
                    throw new NoSuchElementException("the consumer is closed");
                }
                StreamRecord record = ahead;
                ahead = null;
                RaftsmanConsumer.this.next = record.offset().next();
                return record;
            }
        };
    }

    /** Ends reading; notes no checkpoint. May be called twice. */
    @Override
    public void close() {
        source.close();
    }
}
