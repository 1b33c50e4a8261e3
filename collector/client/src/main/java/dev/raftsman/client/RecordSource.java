package dev.raftsman.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/** Reads a stream ahead, from one node after another, into a queue. A thread of its own; one other takes. */
final class RecordSource implements AutoCloseable {
    static final String EARLIEST = "earliest";
    static final String LATEST = "latest";

    private static final System.Logger LOG = System.getLogger(RecordSource.class.getName());
    private static final int AHEAD = 256;
    private static final int WAIT_SECONDS = 20;

    /** A node ends its answer when nothing came for {@link #WAIT_SECONDS}: one that is silent for longer is gone. */
    private static final long SILENT_NANOS = TimeUnit.SECONDS.toNanos(WAIT_SECONDS + 5);

    private static final long FIRST_PAUSE_MILLIS = 50;
    private static final long LONGEST_PAUSE_MILLIS = 1_000;
    private static final int MAX_DETAIL = 300;

    private final Collectors collectors;
    private final boolean follow;
    private final String tenant;
    private final String stream;
    private final BlockingQueue<StreamRecord> records = new ArrayBlockingQueue<>(AHEAD);
    private final Thread reader = new Thread(this::read, "raftsman-consumer");
    private final ScheduledExecutorService watch = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "raftsman-consumer-watch");
        thread.setDaemon(true);
        return thread;
    });

    /** The reader's. */
    private String from;

    private int last;
    private long pauseMillis;

    private volatile InputStream body;
    private volatile long heardNanos;
    private volatile boolean waitsForRoom;
    private volatile boolean closed;

    /** Set by the reader behind its last record. */
    private volatile boolean over;

    /** Once set, no record will come any more. */
    private volatile ConsumerException refusal;

    RecordSource(Collectors collectors, String tenant, String stream, String from, int last, boolean follow) {
        this.collectors = collectors;
        this.tenant = tenant;
        this.stream = stream;
        this.from = from;
        this.last = last;
        this.follow = follow;
        reader.setDaemon(true);
    }

    void start() {
        reader.start();
        watch.scheduleWithFixedDelay(this::endSilent, 1, 1, TimeUnit.SECONDS);
    }

    /** Whether no record will come any more. */
    boolean isOver() {
        return closed || over && records.isEmpty();
    }

    StreamRecord poll(long nanos) throws InterruptedException {
        long deadline = System.nanoTime() + nanos;
        while (true) {
            // Before the queue is looked at: what came before them is handed out.
            boolean refused = refusal != null;
            boolean ends = over;
            long left = deadline - System.nanoTime();
            // Short turns: a refusal does not wake who waits.
            StreamRecord record =
                    refused || ends ? records.poll() : records.poll(Math.min(left, 100_000_000L), TimeUnit.NANOSECONDS);
            if (record != null) {
                return record;
            }
            if (refused) {
                throw refusal;
            }
            if (closed || ends || System.nanoTime() >= deadline) {
                return null;
            }
        }
    }

    private void read() {
        try {
            while (!closed && !over) {
                URI node = collectors.choose();
                boolean served = false;
                try {
                    served = readFrom(node);
                } catch (IOException e) {
                    if (!closed) {
                        LOG.log(
                                System.Logger.Level.DEBUG,
                                "reading broke off, going on elsewhere: stream={0}, node={1}, from={2}, reason={3}",
                                stream,
                                node,
                                from,
                                e.getMessage());
                    }
                    collectors.failed(node);
                }
                pause(served);
            }
        } catch (InterruptedException e) {
            if (!closed) {
                refusal = new ConsumerException("the reading thread was interrupted");
            }
        } catch (ConsumerException e) {
            refusal = e;
        } catch (RuntimeException | Error e) {
            LOG.log(System.Logger.Level.ERROR, "reading failed: stream=" + stream, e);
            refusal = new ConsumerException("reading failed: " + e);
        }
    }

    /** None after a node that served to its end; else longer and longer. */
    private void pause(boolean served) throws InterruptedException {
        if (served) {
            pauseMillis = 0;
        } else {
            pauseMillis = Math.min(LONGEST_PAUSE_MILLIS, Math.max(FIRST_PAUSE_MILLIS, pauseMillis * 2));
            Thread.sleep(pauseMillis / 2 + ThreadLocalRandom.current().nextLong(pauseMillis / 2 + 1));
        }
    }

    private boolean readFrom(URI node) throws IOException, InterruptedException {
        HttpResponse<InputStream> answer = collectors.get(node, path());
        try (InputStream in = answer.body()) {
            if (answer.statusCode() != 200) {
                refused(node, answer.statusCode(), in.readNBytes(64 << 10));
                return false;
            }
            answer.headers().firstValue("X-Raftsman-From").ifPresent(this::goOnFrom);
            heardNanos = System.nanoTime();
            body = in;
            if (closed) {
                return false;
            }
            boolean empty = true;
            try (RecordParser parser = new RecordParser(in)) {
                for (StreamRecord record = parser.next(); record != null; record = parser.next()) {
                    empty = false;
                    waitsForRoom = true;
                    records.put(record);
                    heardNanos = System.nanoTime();
                    waitsForRoom = false;
                    goOnFrom(record.offset().next().toString());
                    pauseMillis = 0;
                }
            }
            over = empty && !follow; // One that broke off looks like an end, too: only nothing more is the end.
            return true;
        } finally {
            body = null;
        }
    }

    private void goOnFrom(String offset) {
        from = offset;
        last = 0;
    }

    private String path() {
        return "/v1/streams/" + encoded(tenant) + "/" + encoded(stream) + "/events?from=" + from
                + (last > 0 ? "&last=" + last : "") + (follow ? "&wait=" + WAIT_SECONDS + "s" : "");
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Throws if asking again is of no use. */
    private void refused(URI node, int status, byte[] answer) throws IOException {
        String detail = new String(answer, 0, Math.min(answer.length, MAX_DETAIL), StandardCharsets.UTF_8).strip();
        String message = node + " answers " + status + " to stream " + tenant + "/" + stream + ": " + detail;
        switch (status) {
            case 410 ->
                throw new TrimmedException(
                        tenant + "/" + stream,
                        from.equals(EARLIEST) ? Offset.EARLIEST : Offset.parse(from),
                        Offset.parse(RecordParser.field(answer, "trimmedAt")),
                        RecordParser.field(answer, "state").equals("ARCHIVED"));
            case 401, 403 -> throw new ConsumerException(message, true);
            case 400 -> throw new ConsumerException(message);
            case 404 -> {
                // Who is behind need not know the stream yet.
                if (collectors.leads(node)) {
                    throw new ConsumerException(message);
                }
                throw new IOException(message);
            }
            default -> throw new IOException(message);
        }
    }

    private void endSilent() {
        InputStream reading = body;
        if (reading != null && !waitsForRoom && System.nanoTime() - heardNanos > SILENT_NANOS) {
            endReading(reading);
        }
    }

    private static void endReading(InputStream reading) {
        try {
            reading.close();
        } catch (IOException e) {
            LOG.log(System.Logger.Level.DEBUG, "closing a broken connection", e);
        }
    }

    @Override
    public void close() {
        closed = true;
        watch.shutdownNow();
        InputStream reading = body;
        if (reading != null) {
            endReading(reading);
        }
        reader.interrupt();
    }
}
