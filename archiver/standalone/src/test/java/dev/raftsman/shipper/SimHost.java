package dev.raftsman.shipper;

import dev.raftsman.block.Block;
import dev.raftsman.block.GapBlock;
import dev.raftsman.block.LineBlockBuilder;
import dev.raftsman.event.Loss;
import dev.raftsman.event.LossReason;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.simulation.Journal;
import dev.raftsman.simulation.Scheduler;
import dev.raftsman.simulation.SimNetwork;
import dev.raftsman.wire.Frame;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * One host with its sidecar: producers that offer events, gaps and losses, and the real session, cursor and farewell that
 * ship them. A crash of the sidecar ends an incarnation; the next start goes on from the cursor, and with a new one.
 */
public final class SimHost {
    /** What is outside of the host. */
    public interface Outside {
        /** A connection reaches a collector. @return null if nobody listens there */
        SimNetwork.Receiver accept(String node, SimNetwork.Direction back);

        boolean isCut(String from, String to);

        /** A source stopped: a person would be needed. */
        void failed(String host, String what);
    }

    /** What is wrong with a host, for a test of the oracles. */
    public enum Fault {
        NONE,
        LEAVES_GAPS_OUT
    }

    private static final long STEP_NANOS = 5 * Scheduler.MILLI;
    private static final OperatorLog SILENT = new OperatorLog(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
            InstantSource.fixed(Instant.EPOCH));

    /** Until a crash. */
    private static final class Life {
        boolean over;
    }

    private final String name;
    private final List<String> collectors;
    private final Scheduler scheduler;
    private final Random random;
    private final SimNetwork network;
    private final Outside outside;
    private final Journal journal;
    private final Path cursorPath;
    private final Fault fault;
    private final LineBlockBuilder builder = new LineBlockBuilder();
    private final ByteBuffer text = ByteBuffer.allocateDirect(1 << 16);
    private final List<SimWal> wals = new ArrayList<>();
    private final List<Farewell> farewells = new ArrayList<>();
    private final long inFlightBytes;
    private final Duration cursorPace;
    private int eventsLeft;
    private int incarnations;
    private Life life;
    private Session session;
    private CursorFile cursorFile;
    private Line line;
    private boolean stepping;
    private long clockOffMillis;
    private int crashes;

    public SimHost(
            String name,
            List<String> nodes,
            int events,
            Scheduler scheduler,
            SimNetwork network,
            Outside outside,
            Journal journal,
            Path directory,
            Fault fault) {
        this.name = name;
        this.collectors = nodes.stream().map(node -> node + ":1").toList();
        this.eventsLeft = events;
        this.scheduler = scheduler;
        this.random = scheduler.random();
        this.network = network;
        this.outside = outside;
        this.journal = journal;
        this.cursorPath = directory.resolve("cursor");
        this.fault = fault;
        this.inFlightBytes = scheduler.between(4_000, 200_000);
        this.cursorPace = Duration.ofMillis(scheduler.between(10, 1_000));
    }

    // ---- for its write-ahead logs

    String name() {
        return name;
    }

    Journal journal() {
        return journal;
    }

    Session session() {
        return session;
    }

    CursorFile cursorFile() {
        return cursorFile;
    }

    OperatorLog log() {
        return SILENT;
    }

    Random random() {
        return random;
    }

    long clockMillis() {
        return 1_790_000_000_000L + scheduler.nowNanos() / Scheduler.MILLI + clockOffMillis;
    }

    void trace(String what) {
        scheduler.trace(name + " " + what);
    }

    void failed(Feed feed, String reason) {
        outside.failed(name, reason + ", " + feed);
    }

    boolean hasNoLoss(ByteBuffer block) {
        return Block.wrap(block).lostCount() == 0;
    }

    // ---- its life

    public void start() {
        life = new Life();
        long now = scheduler.nowNanos();
        try {
            Files.createDirectories(cursorPath.getParent());
            cursorFile = CursorFile.open(cursorPath, cursorPace.toNanos(), now);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        line = new Line();
        SessionSettings settings = new SessionSettings(
                "acme",
                name,
                collectors,
                inFlightBytes,
                Duration.ofSeconds(3),
                Duration.ofMillis(50),
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Duration.ofSeconds(4),
                Duration.ofSeconds(2));
        session = new Session(settings, line, random, SILENT, ShipperObserver.NONE, now);
        wals.removeIf(SimWal::isDeleted);
        wals.forEach(SimWal::open);
        sayFarewells();
        if (eventsLeft > 0) {
            SimWal current = new SimWal(this, new UUID(name.hashCode(), incarnations++));
            current.open();
            wals.add(current);
            later(scheduler.between(0, 200) * Scheduler.MILLI, () -> produce(current));
        }
        stepping = false;
        wake(0);
    }

    private void sayFarewells() {
        farewells.clear();
        Set<UUID> present = new HashSet<>();
        wals.forEach(wal -> present.add(wal.incarnation()));
        List.copyOf(cursorFile.cursor().epochs().entrySet()).forEach(row -> {
            if (!present.contains(row.getKey().incarnation())) {
                if (row.getValue().state() == Cursor.State.OPEN) {
                    failed(null, "the log of an open epoch is gone: " + row);
                }
                farewells.add(
                        new Farewell(row.getKey(), row.getValue(), session, cursorFile, SILENT, ShipperObserver.NONE));
            }
        });
    }

    public boolean isUp() {
        return life != null && !life.over;
    }

    /** The sidecar dies; what it had not made durable is gone, what it had sent may still arrive. */
    public void crash() {
        crashes++;
        life.over = true;
        line.abandon();
        for (SimWal wal : wals) {
            if (!wal.isEnded()) {
                endWriting(wal, true);
            }
            if (scheduler.fault(3)) {
                wal.damage();
            }
        }
        try {
            Files.write(cursorPath.resolveSibling("cursor.tmp"), new byte[random.nextInt(100)]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        trace("crashes");
    }

    public int crashes() {
        return crashes;
    }

    public void close() {
        builder.close();
    }

    public void jumpClock(long millis) {
        clockOffMillis = millis;
    }

    /** The connection breaks; each side learns of it by itself. */
    public void breakConnection() {
        if (isUp() && line.current != null) {
            line.current.breakOff();
        }
    }

    /** Everything it ever had is acknowledged, its epochs closed and forgotten. */
    public boolean isDone() {
        return isUp()
                && eventsLeft <= 0
                && wals.stream().allMatch(SimWal::isDone)
                && farewells.stream().allMatch(Farewell::isDone);
    }

    private void later(long nanos, Runnable work) {
        Life now = life;
        scheduler.after(nanos, () -> {
            if (!now.over) {
                work.run();
            }
        });
    }

    private void wake(long nanos) {
        if (!stepping) {
            stepping = true;
            later(nanos, () -> {
                stepping = false;
                step();
                wake(STEP_NANOS);
            });
        }
    }

    private void step() {
        long now = scheduler.nowNanos();
        for (SimWal wal : wals) {
            wal.step();
            if (wal.isHolding()) {
                break;
            }
        }
        farewells.forEach(farewell -> farewell.step(now));
        session.step(now);
        try {
            cursorFile.step(now, SILENT);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (cursorFile.isDurable(cursorFile.cursor().version())) {
            wals.forEach(SimWal::release);
        }
    }

    // ---- producing

    private void produce(SimWal wal) {
        if (wal.isEnded()) {
            return;
        }
        if (eventsLeft <= 0) {
            endWriting(wal, false);
            return;
        }
        String stream = "s" + random.nextInt(3);
        int count = 1 + random.nextInt(random.nextInt(10) == 0 ? 200 : 16);
        if (random.nextInt(15) == 0) {
            gap(wal, stream, 1 + random.nextInt(30));
        } else {
            events(wal, stream, count);
        }
        later(scheduler.between(1, 80) * Scheduler.MILLI, () -> produce(wal));
    }

    private void events(SimWal wal, String stream, int count) {
        Journal.Book book = wal.book(stream);
        Loss loss = Loss.NONE;
        if (random.nextInt(10) == 0) {
            loss = new Loss(LossReason.RING_FULL, 1 + random.nextInt(1_000));
            book.lost(loss.count());
        }
        text.clear();
        for (int i = 0; i < count; i++) {
            byte[] line = book.event(Long.toHexString(random.nextLong()) + Long.toString(random.nextLong(), 36))
                    .getBytes(StandardCharsets.US_ASCII);
            text.put(line).put((byte) '\n');
        }
        long nanos = clockMillis() * Scheduler.MILLI;
        wal.append(stream, count, copy(builder.build(text.flip(), wal.appended(stream), count, loss, nanos, nanos)));
        eventsLeft -= count;
    }

    private void gap(SimWal wal, String stream, int count) {
        wal.book(stream).gap(count);
        if (fault != Fault.LEAVES_GAPS_OUT) {
            ByteBuffer block = GapBlock.encode(
                    wal.appended(stream), count, LossReason.PROCESS_DIED, clockMillis() * Scheduler.MILLI);
            wal.append(stream, count, block);
        }
    }

    /** The last words of a writer: what was claimed and never written, and what never got a sequence. */
    private void endWriting(SimWal wal, boolean crashed) {
        if (crashed && random.nextInt(3) == 0) {
            gap(wal, "s" + random.nextInt(3), 1 + random.nextInt(50));
        }
        wal.end(random.nextInt(3) == 0 ? new Loss(LossReason.QUOTA, 1 + random.nextInt(100)) : Loss.NONE);
    }

    private static ByteBuffer copy(ByteBuffer block) {
        byte[] bytes = new byte[block.remaining()];
        block.get(bytes);
        return ByteBuffer.wrap(bytes);
    }

    // ---- the network, as the session sees it

    private final class Line implements Link {
        Connection current;

        @Override
        public void connect(int number, String address) {
            disconnect();
            Connection connection = new Connection(number, address.substring(0, address.indexOf(':')));
            current = connection;
            later(scheduler.between(100, 2_000) * Scheduler.MICRO, connection::connect);
        }

        @Override
        public void send(Frame.FromSidecar frame) {
            current.up.send(frame);
        }

        @Override
        public void flush() {
            // What is sent is under way.
        }

        @Override
        public void disconnect() {
            if (current != null) {
                current.leave(random.nextInt(3) == 0);
                current = null;
            }
        }

        void abandon() {
            if (current != null) {
                current.leave(random.nextInt(2) == 0);
                current = null;
            }
        }
    }

    private final class Connection implements SimNetwork.Receiver {
        final int number;
        final String node;
        final SimNetwork.Direction up;
        final SimNetwork.Direction down;
        boolean left;
        boolean made;

        Connection(int number, String node) {
            this.number = number;
            this.node = node;
            this.up = network.new Direction(name, node);
            this.down = network.new Direction(node, name);
        }

        void connect() {
            if (left || outside.isCut(name, node) || outside.isCut(node, name)) {
                return; // nobody answers
            }
            down.receiver(this);
            SimNetwork.Receiver there = outside.accept(node, down);
            if (there == null) {
                session.disconnected(number, "refused", scheduler.nowNanos());
                return;
            }
            up.receiver(there);
            made = true;
            session.connected(number, scheduler.nowNanos());
            wake(0);
        }

        void leave(boolean lose) {
            left = true;
            down.drop();
            if (made) {
                up.end(lose);
            }
        }

        void breakOff() {
            if (made && !left) {
                trace("is cut off from " + node);
                up.end(random.nextBoolean());
                down.drop();
                later(scheduler.between(0, 2_000) * Scheduler.MILLI, this::ended);
            }
        }

        @Override
        public void received(Frame frame) {
            if (!left) {
                session.received(number, (Frame.FromCollector) frame, scheduler.nowNanos());
                if (isUp()) {
                    wake(0);
                }
            }
        }

        @Override
        public void ended() {
            if (!left) {
                session.disconnected(number, "closed", scheduler.nowNanos());
            }
        }
    }
}
