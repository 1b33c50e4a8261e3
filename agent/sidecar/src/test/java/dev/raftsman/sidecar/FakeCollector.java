package dev.raftsman.sidecar;

import dev.raftsman.block.Block;
import dev.raftsman.block.BlockKind;
import dev.raftsman.block.BlockReader;
import dev.raftsman.event.Loss;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import dev.raftsman.wire.RefuseReason;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * A collector of one node in memory that speaks frames over a real socket and takes blocks only where they continue an
 * epoch. With a drop rate it ends connections at random: before a block is taken, or after it was and before its
 * acknowledgement; the same seed makes the same choices.
 */
public final class FakeCollector implements AutoCloseable {
    private static final long CREDIT_BYTES = 4 << 20;

    private final Random random;
    private final double dropRate;
    private final Map<Key, Epoch> epochs = new LinkedHashMap<>();
    private final Map<Long, Epoch> byNumber = new HashMap<>();
    private final Map<String, Frame.Lag> lags = new HashMap<>();
    private final List<Socket> sockets = new ArrayList<>();
    private final int port;
    private final ServerSocket server;
    private final TestTls tls;
    private String redirect = "";
    private boolean away;
    private boolean deafToForget;
    private boolean deafToAppend;
    private int connections;
    private long numbers;
    private boolean closed;

    private record Key(String tenant, String producer, UUID incarnation, String stream) {}

    /** One epoch as the fake has it. */
    public static final class Epoch {
        public final long number;
        public final String producer;
        public final String stream;
        public final List<Block> blocks = new ArrayList<>();
        public long last = -1;
        public boolean closed;
        public Loss closeLoss = Loss.NONE;
        public boolean forgotten;
        public boolean conflicting;
        public int refusedConflicts;

        Epoch(long number, String producer, String stream) {
            this.number = number;
            this.producer = producer;
            this.stream = stream;
        }

        private Epoch copy() {
            Epoch copy = new Epoch(number, producer, stream);
            copy.blocks.addAll(blocks);
            copy.last = last;
            copy.closed = closed;
            copy.closeLoss = closeLoss;
            copy.forgotten = forgotten;
            return copy;
        }
    }

    public FakeCollector(long seed, double dropRate) throws IOException {
        this(seed, dropRate, null);
    }

    /** @param tls null: plain text */
    public FakeCollector(long seed, double dropRate, TestTls tls) throws IOException {
        this.tls = tls;
        this.random = new Random(seed);
        this.dropRate = dropRate;
        this.server = new ServerSocket(0, 16, InetAddress.getLoopbackAddress());
        this.port = server.getLocalPort();
        accept(server);
    }

    /** Another collector that has what this one has now. */
    public FakeCollector copy() throws IOException {
        FakeCollector copy = new FakeCollector(0, 0);
        change(() -> copy.change(() -> {
            epochs.forEach((key, epoch) -> copy.epochs.put(key, epoch.copy()));
            copy.numbers = numbers;
            copy.epochs.values().forEach(epoch -> copy.byNumber.put(epoch.number, epoch));
        }));
        return copy;
    }

    public String address() {
        return "127.0.0.1:" + port;
    }

    private void accept(ServerSocket listening) {
        Thread thread = new Thread(
                () -> {
                    try {
                        while (true) {
                            Socket socket = listening.accept();
                            synchronized (this) {
                                if (away) {
                                    socket.close();
                                    continue;
                                }
                                sockets.add(socket);
                                connections++;
                            }
                            Thread serving = new Thread(() -> serve(socket), "fake-connection");
                            serving.setDaemon(true);
                            serving.start();
                        }
                    } catch (IOException stopped) {
                        // The listening socket was closed.
                    }
                },
                "fake-collector");
        thread.setDaemon(true);
        thread.start();
    }

    private void serve(Socket accepted) {
        try (accepted;
                Socket socket = tls == null ? accepted : tls.secure(accepted)) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            OutputStream out = socket.getOutputStream();
            while (true) {
                int length = FrameCodec.checkLength(Integer.reverseBytes(in.readInt()));
                byte[] frame = new byte[length];
                in.readFully(frame);
                if (!answer(FrameCodec.decode(ByteBuffer.wrap(frame)), out)) {
                    return;
                }
            }
        } catch (IOException ended) {
            // The agent, or a drop, ended it.
        }
    }

    private String tenant = "";

    private synchronized boolean answer(Frame frame, OutputStream out) throws IOException {
        if (closed) {
            return false;
        }
        if (frame instanceof Frame.Hello hello) {
            tenant = hello.tenant();
            if (!redirect.isEmpty()) {
                send(out, new Frame.Refuse(0, 0, RefuseReason.NOT_LEADER, 0, 0, redirect, ""));
                return false;
            }
            send(out, new Frame.Welcome(Frame.VERSION, "fake", CREDIT_BYTES));
        } else if (frame instanceof Frame.Open open) {
            Key key = new Key(tenant, open.producer(), open.incarnation(), open.stream());
            Epoch epoch = epochs.computeIfAbsent(key, k -> new Epoch(++numbers, k.producer, k.stream));
            byNumber.put(epoch.number, epoch);
            if (!refusesAsEnded(epoch, open.request(), out)) {
                send(out, new Frame.Opened(open.request(), epoch.number, epoch.last));
            }
        } else if (frame instanceof Frame.Resume resume) {
            Epoch epoch = byNumber.get(resume.epoch());
            send(
                    out,
                    epoch == null
                            ? new Frame.Refuse(resume.request(), 0, RefuseReason.UNKNOWN_EPOCH, 0, 0, "", "")
                            : new Frame.Resumed(resume.request(), epoch.last));
        } else if (frame instanceof Frame.Append append) {
            return append(append, out);
        } else if (frame instanceof Frame.Close close) {
            Epoch epoch = byNumber.get(close.epoch());
            if (!refusesAsEnded(epoch, close.request(), out)) {
                if (close.last() != epoch.last) {
                    throw new IllegalStateException("CLOSE(last=" + close.last() + ") of an epoch with " + epoch.last);
                }
                epoch.closed = true;
                epoch.closeLoss = close.loss();
                send(out, new Frame.Closed(close.request()));
            }
        } else if (frame instanceof Frame.Forget forget) {
            return deafToForget || forget(forget, out);
        } else if (frame instanceof Frame.Lag lag) {
            lags.put(lag.stream(), lag);
        } else if (frame instanceof Frame.Ping ping) {
            send(out, new Frame.Pong(ping.nonce()));
        }
        return true;
    }

    private static boolean refusesAsEnded(Epoch epoch, int request, OutputStream out) throws IOException {
        if (epoch == null) {
            send(out, new Frame.Refuse(request, 0, RefuseReason.UNKNOWN_EPOCH, 0, 0, "", ""));
        } else if (epoch.forgotten) {
            send(out, new Frame.Refuse(request, epoch.number, RefuseReason.FORGOTTEN_EPOCH, 0, 0, "", ""));
        } else if (epoch.closed) {
            send(out, new Frame.Refuse(request, epoch.number, RefuseReason.CLOSED_EPOCH, 0, 0, "", ""));
        } else {
            return false;
        }
        return true;
    }

    private boolean forget(Frame.Forget forget, OutputStream out) throws IOException {
        Epoch epoch = byNumber.get(forget.epoch());
        if (epoch == null || !epoch.closed) {
            RefuseReason reason = epoch == null ? RefuseReason.UNKNOWN_EPOCH : RefuseReason.CONFLICT;
            send(out, new Frame.Refuse(forget.request(), forget.epoch(), reason, 0, 0, "", "OPEN_EPOCH"));
        } else {
            epoch.forgotten = true;
            send(out, new Frame.Forgotten(forget.request()));
        }
        return true;
    }

    private boolean append(Frame.Append append, OutputStream out) throws IOException {
        if (dropRate > 0 && random.nextDouble() < dropRate) {
            return false;
        }
        if (deafToAppend) {
            return true;
        }
        Epoch epoch = byNumber.get(append.epoch());
        Block block = Block.wrap(append.block());
        if (epoch.conflicting) {
            epoch.refusedConflicts++;
            send(out, new Frame.Refuse(0, epoch.number, RefuseReason.CONFLICT, 0, 0, "", "other bytes"));
            return true;
        }
        if (block.endSequence() > epoch.last) {
            if (block.firstSequence() != epoch.last + 1) {
                send(out, new Frame.Refuse(0, epoch.number, RefuseReason.EXPECTED, epoch.last + 1, 0, "", ""));
                return true;
            }
            epoch.blocks.add(block);
            epoch.last = block.endSequence();
        }
        if (dropRate > 0 && random.nextDouble() < dropRate) {
            return false;
        }
        send(out, new Frame.Ack(epoch.number, epoch.last));
        return true;
    }

    private static void send(OutputStream out, Frame frame) throws IOException {
        ByteBuffer bytes = FrameCodec.encode(frame);
        out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    /** Ends every connection, and takes none until {@link #up}. What was taken stays. */
    public synchronized void down() throws IOException {
        away = true;
        for (Socket socket : sockets) {
            socket.close();
        }
        sockets.clear();
    }

    public synchronized void up() {
        away = false;
    }

    /** Whether FORGET is heard and never answered: the moment between it and CLOSED lasts. */
    public synchronized void deafToForget(boolean deaf) {
        deafToForget = deaf;
    }

    /** Whether blocks are heard and never answered. */
    public synchronized void deafToAppend(boolean deaf) {
        deafToAppend = deaf;
    }

    /** The cluster was restored, and knows of the epoch so many of its first blocks; nothing at all if there are none. */
    public synchronized void restored(Epoch epoch, int blocks) {
        epoch.closed = false;
        epoch.blocks.subList(blocks, epoch.blocks.size()).clear();
        epoch.last = blocks == 0 ? -1 : epoch.blocks.get(blocks - 1).endSequence();
        if (blocks == 0) {
            epochs.values().remove(epoch);
            byNumber.remove(epoch.number);
        }
    }

    /** From now on says that another one leads. */
    public synchronized void redirect(String address) {
        redirect = address;
    }

    /** All bytes of a stream, its epochs in the order they were opened. */
    public synchronized byte[] raw(String stream) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (BlockReader reader = new BlockReader()) {
            for (Epoch epoch : epochs.values()) {
                if (epoch.stream.equals(stream)) {
                    for (Block block : epoch.blocks) {
                        reader.writeRaw(block, out);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** What an agent said last of how far behind it is with a stream, in bytes; -1 if nothing. */
    public synchronized long lagBytes(String stream) {
        return lags.containsKey(stream) ? lags.get(stream).bytes() : -1;
    }

    public synchronized Set<String> streams() {
        return epochs.values().stream().map(epoch -> epoch.stream).collect(Collectors.toCollection(TreeSet::new));
    }

    public synchronized List<Epoch> epochs(String stream) {
        return epochs.values().stream()
                .filter(epoch -> epoch.stream.equals(stream))
                .toList();
    }

    public synchronized long gapEvents(String stream) {
        return epochs(stream).stream()
                .flatMap(epoch -> epoch.blocks.stream())
                .filter(block -> block.kind() == BlockKind.GAP)
                .mapToLong(Block::count)
                .sum();
    }

    /** Runs in the collector's own order of things. */
    public synchronized void change(Runnable change) {
        change.run();
    }

    public synchronized int connections() {
        return connections;
    }

    @Override
    public synchronized void close() throws IOException {
        closed = true;
        down();
        server.close();
    }
}
