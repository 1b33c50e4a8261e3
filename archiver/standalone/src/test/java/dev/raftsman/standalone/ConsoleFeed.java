package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.block.EventBlockBuilder;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.config.HostPort;
import dev.raftsman.event.CompactRows;
import dev.raftsman.event.Level;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.event.RowWriter;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/** An agent of a test: opens streams and sends what it is told, waiting for each acknowledgement. */
final class ConsoleFeed implements AutoCloseable {
    private static final int ROW_BYTES = 1 << 20;

    /** One event. */
    record Event(Level level, String logger, String message, String throwable, Map<String, String> fields) {
        Event(Level level, String message) {
            this(level, "shop.Orders", message, null, Map.of());
        }
    }

    private final Socket socket;
    private final DataInputStream in;
    private final OutputStream out;
    private final Map<Long, Long> next = new HashMap<>();

    ConsoleFeed(String ingest, String agent) throws IOException {
        HostPort to = HostPort.parse(ingest);
        socket = new Socket(to.host(), to.port());
        socket.setTcpNoDelay(true);
        in = new DataInputStream(socket.getInputStream());
        out = new BufferedOutputStream(socket.getOutputStream(), 1 << 16);
        send(new Frame.Hello(1, 2, ClusterFiles.TENANT, agent));
        assertThat(read()).isInstanceOf(Frame.Welcome.class);
    }

    long open(String producer, String stream) throws IOException {
        send(new Frame.Open(1, producer, UUID.randomUUID(), stream));
        return opened();
    }

    /** Many, without waiting for each. */
    void openMany(int count, String prefix) throws IOException {
        for (int from = 0; from < count; from += 500) {
            for (int i = from; i < Math.min(count, from + 500); i++) {
                write(new Frame.Open(i + 1, "producer-" + i, UUID.randomUUID(), prefix + "%05d".formatted(i)));
            }
            out.flush();
            for (int i = from; i < Math.min(count, from + 500); i++) {
                opened();
            }
        }
    }

    private long opened() throws IOException {
        Frame answer = read();
        assertThat(answer).isInstanceOf(Frame.Opened.class);
        next.put(((Frame.Opened) answer).epoch(), 0L);
        return ((Frame.Opened) answer).epoch();
    }

    void lag(String stream, long bytes, long millis) throws IOException {
        send(new Frame.Lag(stream, bytes, millis));
    }

    void lines(long epoch, byte[] text, int count) throws IOException {
        ByteBuffer raw = ByteBuffer.allocateDirect(text.length).put(text).flip();
        try (LineBlockBuilder builder = new LineBlockBuilder()) {
            long now = nowNanos();
            append(epoch, builder.build(raw, next.get(epoch), count, Loss.NONE, now, now), count);
        }
    }

    void events(long epoch, Event... events) throws IOException {
        events(epoch, Loss.NONE, events);
    }

    /** @param loss declared before them */
    void events(long epoch, Loss loss, Event... events) throws IOException {
        try (EventBlockBuilder builder = new EventBlockBuilder(1 << 20)) {
            byte[] scratch = new byte[2 * ROW_BYTES];
            long now = nowNanos();
            for (Event event : events) {
                RowWriter row = new RowWriter(null)
                        .begin(scratch, 0, scratch.length, event.level, now++, RowWriter.UNCUT)
                        .logger(event.logger)
                        .thread("main")
                        .message(event.message);
                if (event.throwable != null) {
                    row.throwable(event.throwable);
                }
                event.fields.forEach(row::attribute);
                CompactRows rows = new CompactRows();
                rows.begin(ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN));
                rows.expand(ByteBuffer.wrap(scratch).order(ByteOrder.LITTLE_ENDIAN), 0, row.end());
                builder.add(rows.row(), 0, rows.length());
            }
            append(epoch, builder.build(next.get(epoch), loss), events.length);
        }
    }

    void gap(long epoch, int count, LossReason reason) throws IOException {
        append(epoch, GapBlock.encode(next.get(epoch), count, reason, nowNanos()), count);
    }

    private void append(long epoch, ByteBuffer block, int count) throws IOException {
        send(new Frame.Append(epoch, block.duplicate()));
        long through = next.merge(epoch, (long) count, Long::sum) - 1;
        Frame answer = read();
        while (!answer.equals(new Frame.Ack(epoch, through))) {
            assertThat(answer).isInstanceOf(Frame.Ack.class);
            answer = read();
        }
    }

    private static long nowNanos() {
        return TimeUnit.MILLISECONDS.toNanos(System.currentTimeMillis());
    }

    private void send(Frame frame) throws IOException {
        write(frame);
        out.flush();
    }

    private void write(Frame frame) throws IOException {
        ByteBuffer bytes = FrameCodec.encode(frame);
        out.write(bytes.array(), 0, bytes.limit());
    }

    private Frame read() throws IOException {
        byte[] frame = new byte[Integer.reverseBytes(in.readInt())];
        in.readFully(frame);
        return FrameCodec.decode(ByteBuffer.wrap(frame));
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
