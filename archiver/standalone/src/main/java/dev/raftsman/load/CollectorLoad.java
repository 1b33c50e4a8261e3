package dev.raftsman.load;

import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.config.HostPort;
import dev.raftsman.event.Loss;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * Sends blocks to our collectors by the protocol an agent speaks: a connection, an epoch and a stream of its own for each
 * producer. Blocks are made straight from the mapped file and written as they are made; what is on its way is remembered by
 * its place in the file and made again, the same bytes, where a connection ends.
 */
public final class CollectorLoad implements Producer {
    private static final int BLOCK_BYTES = 1 << 20;

    /** However well lines compress: what is on its way is a matter of raw bytes too. */
    private static final int MOST_BLOCKS = 64;

    private static final long GIVE_UP_NANOS = 120_000_000_000L;

    private record Sent(long first, int count, int from, int bytes, int wire, long madeNanos, double intervalNanos) {}

    /** One TCP connection whose epoch is open. */
    private record Connection(SocketChannel socket, long epoch) {}

    private final String tenant;
    private final String name;
    private final List<String> addresses;
    private final LineCursor lines;
    private final long lingerNanos;
    private final long windowBytes;
    private final UUID incarnation = UUID.randomUUID();
    private final LineBlockBuilder builder = new LineBlockBuilder();
    private final Tally tally = new Tally();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Sent> onTheWay = new ArrayDeque<>();
    private long bytesOnTheWay;
    private Connection connection;
    private String broken;

    private long nextSequence;
    private String address;
    private String hint = "";
    private volatile long wireBytes;
    private volatile long reconnects;

    private CollectorLoad(
            String tenant, String name, List<String> addresses, LineCursor lines, long lingerNanos, long windowBytes) {
        this.tenant = tenant;
        this.name = name;
        this.addresses = addresses;
        this.lines = lines;
        this.lingerNanos = lingerNanos;
        this.windowBytes = windowBytes;
        this.address = addresses.get(0);
    }

    /**
     * {@code FILE TENANT PRODUCERS LINGER_MILLIS WINDOW_BYTES ADDRESS...}: each producer may have that much unacknowledged,
     * compressed.
     */
    public static void main(String[] args) throws Exception {
        int count = Integer.parseInt(args[2]);
        LineCursor[] cursors = LineCursor.open(Path.of(args[0]), count);
        List<CollectorLoad> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(new CollectorLoad(
                    args[1],
                    "load-" + i,
                    List.of(args).subList(5, args.length),
                    cursors[i],
                    TimeUnit.MILLISECONDS.toNanos(Long.parseLong(args[3])),
                    Long.parseLong(args[4])));
        }
        LoadProcess.serve(all);
    }

    @Override
    public void produce(Pace pace, BooleanSupplier stop) throws IOException, InterruptedException {
        long made = 0;
        while (!stop.getAsBoolean()) {
            long firstMade;
            if (pace.isFree()) {
                firstMade = System.nanoTime();
                lines.cutBytes(BLOCK_BYTES);
            } else {
                firstMade = pace.madeNanos(made);
                Pace.sleepUntil(firstMade + lingerNanos);
                lines.cutLines(Math.max(1, pace.made(made, System.nanoTime())), BLOCK_BYTES);
                made += lines.lines();
            }
            send(firstMade, pace.intervalNanos());
        }
        lock.lock();
        try {
            while (!onTheWay.isEmpty()) {
                await();
            }
        } finally {
            lock.unlock();
        }
    }

    private void send(long firstMadeNanos, double intervalNanos) throws IOException, InterruptedException {
        lock.lock();
        try {
            if (connection == null) {
                connect();
            }
            while (bytesOnTheWay >= windowBytes || onTheWay.size() >= MOST_BLOCKS || broken != null) {
                await();
            }
        } finally {
            lock.unlock();
        }
        long readNanos = nextSequence + 1; // Any time will do that is the same when the block is made again.
        ByteBuffer block = builder.build(
                lines.view(lines.from(), lines.bytes()), nextSequence, lines.lines(), Loss.NONE, readNanos, readNanos);
        Sent sent = new Sent(
                nextSequence,
                lines.lines(),
                lines.from(),
                lines.bytes(),
                block.remaining(),
                firstMadeNanos,
                intervalNanos);
        nextSequence += sent.count;
        lock.lock();
        try {
            onTheWay.add(sent);
            bytesOnTheWay += sent.wire;
        } finally {
            lock.unlock();
        }
        write(connection, block);
    }

    private void write(Connection to, ByteBuffer block) {
        ByteBuffer[] both = {FrameCodec.appendHeader(to.epoch, block.remaining()), block};
        long bytes = (long) FrameCodec.APPEND_HEADER_BYTES + block.remaining();
        try {
            while (block.hasRemaining()) {
                to.socket.write(both);
            }
            wireBytes += bytes;
        } catch (IOException e) {
            broke(to, "cannot write: " + e.getMessage());
        }
    }

    /** Waits for something to change, perhaps in vain; mends a broken connection first. Holds the lock. */
    @SuppressWarnings("WaitNotInLoop") // the callers loop
    private void await() throws IOException, InterruptedException {
        if (broken != null) {
            connect();
        } else {
            changed.await();
        }
    }

    /** Opens the epoch wherever the leader is, and sends what it does not have. Holds the lock; tries for a while. */
    private void connect() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + GIVE_UP_NANOS;
        if (connection != null) {
            reconnects++;
        }
        int tries = 0;
        while (true) {
            SocketChannel socket = null;
            try {
                socket = dial();
                open(socket);
                return;
            } catch (IOException e) {
                if (socket != null) {
                    socket.close();
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new IOException(name + " finds no leader: " + e.getMessage(), e);
                }
                if (hint.isEmpty()) {
                    address = addresses.get(tries++ % addresses.size());
                    TimeUnit.MILLISECONDS.sleep(20);
                } else {
                    address = hint;
                    hint = "";
                }
            }
        }
    }

    private SocketChannel dial() throws IOException {
        HostPort target = HostPort.parse(address);
        SocketChannel socket = SocketChannel.open(new InetSocketAddress(target.host(), target.port()));
        socket.setOption(StandardSocketOptions.TCP_NODELAY, true);
        return socket;
    }

    private void open(SocketChannel socket) throws IOException, InterruptedException {
        DataInputStream in = new DataInputStream(Channels.newInputStream(socket));
        say(socket, new Frame.Hello(Frame.LEAST_VERSION, Frame.VERSION, tenant, name));
        Frame answer = read(in);
        if (answer instanceof Frame.Refuse refuse) {
            hint = refuse.leader();
        }
        if (!(answer instanceof Frame.Welcome)) {
            throw new IOException("greeted by " + answer);
        }
        say(socket, new Frame.Open(1, name, incarnation, name));
        answer = read(in);
        if (!(answer instanceof Frame.Opened opened)) {
            throw new IOException("asked to open, answered " + answer);
        }
        acknowledge(opened.last());
        Connection made = new Connection(socket, opened.epoch());
        connection = made;
        broken = null;
        Thread receiver = new Thread(() -> receive(made, in), name + "-acks");
        receiver.setDaemon(true);
        receiver.start();
        for (Sent sent : List.copyOf(onTheWay)) {
            long readNanos = sent.first + 1;
            write(
                    made,
                    builder.build(
                            lines.view(sent.from, sent.bytes),
                            sent.first,
                            sent.count,
                            Loss.NONE,
                            readNanos,
                            readNanos));
        }
    }

    private static void say(SocketChannel socket, Frame frame) throws IOException {
        ByteBuffer bytes = FrameCodec.encode(frame);
        while (bytes.hasRemaining()) {
            socket.write(bytes);
        }
    }

    private static Frame read(DataInputStream in) throws IOException {
        int length = FrameCodec.checkLength(Integer.reverseBytes(in.readInt()));
        byte[] frame = in.readNBytes(length);
        if (frame.length < length) {
            throw new EOFException("frame cut short");
        }
        return FrameCodec.decode(ByteBuffer.wrap(frame));
    }

    private void receive(Connection from, DataInputStream in) {
        try {
            while (true) {
                Frame frame = read(in);
                if (frame instanceof Frame.Ack ack) {
                    lock.lock();
                    try {
                        acknowledge(ack.through());
                        changed.signalAll();
                    } finally {
                        lock.unlock();
                    }
                } else if (frame instanceof Frame.Refuse refuse) {
                    broke(from, refuse.toString());
                    return;
                }
            }
        } catch (IOException e) {
            broke(from, "connection ended: " + e.getMessage());
        }
    }

    private void acknowledge(long through) {
        long now = System.nanoTime();
        Sent oldest;
        while ((oldest = onTheWay.peek()) != null && oldest.first + oldest.count - 1 <= through) {
            onTheWay.remove();
            bytesOnTheWay -= oldest.wire;
            tally.acknowledged(oldest.count, oldest.bytes, oldest.madeNanos, oldest.intervalNanos, now);
        }
    }

    @SuppressWarnings("ReferenceEquality") // this very connection, not one like it
    private void broke(Connection which, String why) {
        lock.lock();
        try {
            if (which == connection && broken == null) {
                System.err.println(name + ": " + why);
                broken = why;
                which.socket.close();
                changed.signalAll();
            }
        } catch (IOException e) {
            // It is to be closed, and that is all.
        } finally {
            lock.unlock();
        }
    }

    @Override
    public Tally tally() {
        return tally;
    }

    @Override
    public long wireBytes() {
        return wireBytes;
    }

    @Override
    public long reconnects() {
        return reconnects;
    }

    /** The catalog says it, and whoever runs the bench asks there. */
    @Override
    public long stored() {
        return -1;
    }

    @Override
    public void close() {
        builder.close();
    }
}
