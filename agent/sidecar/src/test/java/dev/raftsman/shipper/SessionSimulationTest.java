package dev.raftsman.shipper;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.event.Loss;
import dev.raftsman.input.OperatorLog;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/**
 * The session against a model of a cluster, in virtual time: connections that break anywhere, leaders that move, blocks
 * that are refused, lost or throttled, a cluster that is restored to an older state. Whatever the seed: in the end the
 * cluster has each block once and in order, and nothing was called acknowledged that it did not have.
 */
class SessionSimulationTest {
    private static final int SEEDS = 200;
    private static final long MILLI = 1_000_000L;
    private static final int MOST_STEPS = 200_000;

    @Test
    void everyBlockArrivesOnceAndInOrder() {
        long only = Long.getLong("raftsman.seed", -1);
        int restored = 0;
        int expected = 0;
        for (long seed = only >= 0 ? only : 0; seed < (only >= 0 ? only + 1 : SEEDS); seed++) {
            try {
                Simulation simulation = new Simulation(seed);
                simulation.run();
                restored += simulation.restored;
                expected += simulation.expected;
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError("-Draftsman.seed=" + seed + ": " + e.getMessage(), e);
            }
        }
        if (only < 0) {
            assertThat(restored).as("the faults do happen").isGreaterThan(100);
            assertThat(expected).as("the faults do happen").isGreaterThan(1_000);
        }
    }

    private static final class Epoch {
        final long number;
        long last = -1;
        boolean closed;
        boolean forgotten;

        Epoch(long number) {
            this.number = number;
        }
    }

    /** One feed's side: its blocks, and what it was told. */
    private static final class Owner implements FeedOwner {
        final long[] ends;
        Feed feed;
        int next;
        long told = -1;
        boolean closing;
        boolean closed;
        boolean forgotten;
        boolean failed;

        Owner(Random random) {
            ends = new long[1 + random.nextInt(300)];
            long end = -1;
            for (int i = 0; i < ends.length; i++) {
                end += 1 + random.nextInt(20);
                ends[i] = end;
            }
        }

        long first(int block) {
            return block == 0 ? 0 : ends[block - 1] + 1;
        }

        @Override
        public void acknowledged(Feed acknowledged, long through) {
            told = through;
        }

        @Override
        public void rewind(Feed rewound, long wanted) {
            closing = false;
            for (next = 0; next < ends.length && first(next) != wanted; next++) {
                continue;
            }
            assertThat(next == ends.length ? ends[ends.length - 1] + 1 : first(next))
                    .as("a block begins where the cluster goes on")
                    .isEqualTo(wanted);
        }

        @Override
        public void closed(Feed by) {
            closed = true;
        }

        @Override
        public void forgotten(Feed by) {
            forgotten = true;
        }

        @Override
        public void failed(Feed by, String reason) {
            failed = true;
        }
    }

    private static final class Simulation implements Link {
        private static final String[] NODES = {"n:0", "n:1", "n:2"};

        final Random random;
        final Session session;
        final List<Owner> owners = new ArrayList<>();
        final Map<String, Epoch> epochs = new HashMap<>();
        final Map<Long, Epoch> byNumber = new HashMap<>();
        final ArrayDeque<Frame.FromSidecar> outbound = new ArrayDeque<>();
        final ArrayDeque<Frame.FromCollector> inbound = new ArrayDeque<>();
        int leader;
        int connection;
        String address = "";
        boolean connecting;
        boolean connected;
        boolean restores;
        int breakOneIn;
        int restored;
        int expected;
        boolean quiet;
        long now = 1;

        Simulation(long seed) {
            random = new Random(seed);
            restores = random.nextBoolean();
            breakOneIn = random.nextBoolean() ? 60 : 100_000;
            session = new Session(
                    SessionSettings.of("t", "host", List.of(NODES), 500 + random.nextInt(3_000)),
                    this,
                    random,
                    new OperatorLog(
                            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8),
                            InstantSource.fixed(Instant.EPOCH)),
                    ShipperObserver.NONE,
                    now);
        }

        void run() {
            for (int i = 0; i < 1 + random.nextInt(4); i++) {
                Owner owner = new Owner(random);
                owner.feed = session.feed("p" + i, new UUID(0, i), "s" + i, 0, -1, owner);
                owners.add(owner);
            }
            for (int step = 0; !owners.stream().allMatch(owner -> owner.forgotten); step++) {
                assertThat(step).as("steps: it must come to an end").isLessThan(MOST_STEPS);
                assertThat(owners).noneMatch(owner -> owner.failed);
                quiet = step > MOST_STEPS / 2; // faults end, so that it can
                now += random.nextInt(20) * MILLI;
                offer();
                session.step(now);
                network();
                cluster();
            }
            for (Owner owner : owners) {
                Epoch epoch = byNumber.get(owner.feed.epoch());
                assertThat(epoch.last).isEqualTo(owner.ends[owner.ends.length - 1]);
                assertThat(epoch.closed && epoch.forgotten).isTrue();
            }
            assertThat(session.heldBytes()).isZero();
        }

        private void offer() {
            for (Owner owner : owners) {
                while (owner.next < owner.ends.length && session.hasRoom() && random.nextInt(3) > 0) {
                    int block = owner.next++;
                    session.offer(
                            owner.feed,
                            ByteBuffer.allocate(50 + random.nextInt(300)).putInt(0, block),
                            owner.first(block),
                            owner.ends[block]);
                }
                long end = owner.ends[owner.ends.length - 1];
                if (!owner.closing && owner.feed.isEmpty() && owner.feed.acknowledged() == end) {
                    owner.closing = true;
                    session.close(owner.feed, end, Loss.NONE);
                }
                if (owner.closed && !owner.feed.forgetWanted) {
                    session.forget(owner.feed);
                }
            }
        }

        private boolean chance(int oneIn) {
            return !quiet && random.nextInt(oneIn) == 0;
        }

        private void network() {
            if (connecting && random.nextInt(3) > 0) {
                connecting = false;
                if (chance(5)) {
                    session.disconnected(connection, "refused", now);
                } else {
                    connected = true;
                    session.connected(connection, now);
                }
            }
            if (connected && chance(breakOneIn)) {
                breakOff();
            }
            while (connected && !inbound.isEmpty() && random.nextInt(4) > 0) {
                session.received(connection, inbound.remove(), now);
            }
        }

        private void breakOff() {
            connected = false;
            outbound.clear();
            inbound.clear();
            session.disconnected(connection, "broken", now);
        }

        private void cluster() {
            if (chance(200)) {
                leader = random.nextInt(NODES.length);
                if (connected && !address.equals(NODES[leader])) {
                    breakOff();
                }
            }
            if (restores && chance(100)) {
                restore();
            }
            while (connected && !outbound.isEmpty() && random.nextInt(4) > 0) {
                serve(outbound.remove());
            }
        }

        /** Some epoch loses its last blocks, at a block's end; never one that is about to be closed. */
        private void restore() {
            Owner owner = owners.get(random.nextInt(owners.size()));
            Epoch epoch = byNumber.get(owner.feed.epoch());
            if (epoch != null && !owner.closing && !epoch.closed) {
                int block = random.nextInt(owner.ends.length);
                if (owner.first(block) <= epoch.last) {
                    epoch.last = owner.first(block) - 1;
                    restored++;
                    owner.told = Math.min(owner.told, epoch.last);
                    if (connected) {
                        breakOff();
                    }
                }
            }
        }

        private void serve(Frame.FromSidecar frame) {
            if (!address.equals(NODES[leader])) {
                inbound.add(Frame.Refuse.connection(
                        RefuseReason.NOT_LEADER, random.nextBoolean() ? NODES[random.nextInt(3)] : "", ""));
            } else if (frame instanceof Frame.Hello) {
                inbound.add(new Frame.Welcome(1, "n", 300 + random.nextInt(2_000)));
            } else if (frame instanceof Frame.Open open) {
                Epoch epoch = epochs.computeIfAbsent(open.producer(), p -> new Epoch(epochs.size() + 1L));
                byNumber.put(epoch.number, epoch);
                inbound.add(new Frame.Opened(open.request(), epoch.number, epoch.last));
            } else if (frame instanceof Frame.Resume resume) {
                Epoch epoch = byNumber.get(resume.epoch());
                inbound.add(
                        epoch.closed
                                ? refuse(resume.request(), epoch, RefuseReason.CLOSED_EPOCH)
                                : new Frame.Resumed(resume.request(), epoch.last));
            } else if (frame instanceof Frame.Append append) {
                append(byNumber.get(append.epoch()), append.block());
            } else if (frame instanceof Frame.Close close) {
                Epoch epoch = byNumber.get(close.epoch());
                assertThat(close.last()).isEqualTo(epoch.last);
                epoch.closed = true;
                inbound.add(new Frame.Closed(close.request()));
            } else if (frame instanceof Frame.Forget forget) {
                Epoch epoch = byNumber.get(forget.epoch());
                inbound.add(
                        epoch.forgotten
                                ? refuse(forget.request(), epoch, RefuseReason.FORGOTTEN_EPOCH)
                                : new Frame.Forgotten(forget.request()));
                epoch.forgotten = true;
            } else if (frame instanceof Frame.Ping ping) {
                inbound.add(new Frame.Pong(ping.nonce()));
            }
        }

        private Frame.Refuse refuse(int request, Epoch epoch, RefuseReason reason) {
            return new Frame.Refuse(request, epoch.number, reason, epoch.last + 1, random.nextInt(100), "", "");
        }

        private void append(Epoch epoch, ByteBuffer block) {
            Owner owner = owners.get(ownerOf(epoch));
            int index = block.getInt(0);
            boolean moreComes = outbound.stream()
                    .anyMatch(frame -> frame instanceof Frame.Append next && next.epoch() == epoch.number);
            if (moreComes && chance(30)) {
                return; // lost without a word: the next one is refused
            }
            if (chance(40)) {
                inbound.add(refuse(0, epoch, RefuseReason.THROTTLED));
            } else if (chance(80)) {
                inbound.add(refuse(0, epoch, RefuseReason.UNAVAILABLE));
            } else if (owner.first(index) > epoch.last + 1) {
                inbound.add(refuse(0, epoch, RefuseReason.EXPECTED));
                expected++;
            } else {
                epoch.last = Math.max(epoch.last, owner.ends[index]);
                assertThat(owner.told).as("acknowledged and stored").isLessThanOrEqualTo(epoch.last);
                inbound.add(new Frame.Ack(epoch.number, epoch.last));
            }
        }

        private int ownerOf(Epoch epoch) {
            for (int i = 0; i < owners.size(); i++) {
                if (epochs.get("p" + i) == epoch) {
                    return i;
                }
            }
            throw new AssertionError("no owner of epoch " + epoch.number);
        }

        @Override
        public void connect(int number, String to) {
            connection = number;
            address = to;
            connecting = true;
            connected = false;
            outbound.clear();
            inbound.clear();
        }

        @Override
        public void send(Frame.FromSidecar frame) {
            outbound.add(frame);
        }

        @Override
        public void flush() {
            // The queue is the network.
        }

        @Override
        public void disconnect() {
            connecting = false;
            connected = false;
            outbound.clear();
            inbound.clear();
        }
    }
}
