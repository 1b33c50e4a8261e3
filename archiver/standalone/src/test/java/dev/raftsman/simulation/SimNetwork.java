package dev.raftsman.simulation;

import dev.raftsman.wire.Frame;
import dev.raftsman.wire.FrameCodec;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Set;

/**
 * What lies between the hosts. Messages of the log come late, twice, in another order or never. Frames of a connection come
 * in order, as TCP has it: until it breaks, when what was on its way is lost, or arrives long after its sender is gone.
 * Frames are encoded and decoded on the way. Links can be cut in one direction.
 */
public final class SimNetwork {
    /** One end of a connection, as its owner wants to be told. */
    public interface Receiver {
        void received(Frame frame);

        /** Nothing more will come. */
        void ended();

        /** Whether frames are read now; what is not read waits. */
        default boolean reads() {
            return true;
        }
    }

    private static final long RETRY_NANOS = 50 * Scheduler.MILLI;

    private final Scheduler scheduler;
    private final Set<String> cuts = new HashSet<>();
    private final boolean lossy;
    private final boolean repeatsFrames;
    private int lost;
    private int repeated;

    SimNetwork(Scheduler scheduler) {
        this.scheduler = scheduler;
        this.lossy = scheduler.random().nextInt(3) > 0;
        this.repeatsFrames = scheduler.random().nextInt(4) == 0;
    }

    void cut(String from, String to) {
        cuts.add(from + '>' + to);
    }

    void heal() {
        cuts.clear();
    }

    boolean isCut(String from, String to) {
        return cuts.contains(from + '>' + to);
    }

    /** Messages lost, and delivered twice. */
    int faults() {
        return lost + repeated;
    }

    /** One message of the log. */
    void send(String from, String to, Runnable delivery) {
        if (isCut(from, to) || lossy && scheduler.fault(40)) {
            lost++;
            return;
        }
        scheduler.after(messageDelay(), delivery);
        if (lossy && scheduler.fault(40)) {
            repeated++;
            scheduler.after(messageDelay(), delivery);
        }
    }

    private long messageDelay() {
        return scheduler.fault(50)
                ? scheduler.between(5 * Scheduler.MILLI, 400 * Scheduler.MILLI)
                : scheduler.between(50 * Scheduler.MICRO, 2 * Scheduler.MILLI);
    }

    /** One direction of a connection. */
    public final class Direction {
        private final String from;
        private final String to;
        private final ArrayDeque<byte[]> underWay = new ArrayDeque<>();
        private Receiver receiver;
        private boolean pumping;
        private boolean ending;
        private boolean ended;
        private long lateNanos;

        public Direction(String from, String to) {
            this.from = from;
            this.to = to;
        }

        public void receiver(Receiver now) {
            this.receiver = now;
        }

        public void send(Frame frame) {
            if (ending || ended) {
                return;
            }
            ByteBuffer encoded = FrameCodec.encode(frame);
            byte[] bytes = new byte[encoded.remaining()];
            encoded.get(bytes);
            underWay.add(bytes);
            if (repeatsFrames && scheduler.fault(200)) {
                repeated++;
                underWay.add(bytes);
            }
            pump();
        }

        /** The sender is gone, in good order or by a crash: what is under way may still arrive. */
        public void end(boolean lose) {
            ending = true;
            if (lose) {
                underWay.clear();
            } else if (scheduler.fault(3)) {
                lateNanos = scheduler.between(5, 4_000) * Scheduler.MILLI;
            }
            pump();
        }

        /** The receiver is gone. */
        public void drop() {
            ended = true;
            underWay.clear();
        }

        private void pump() {
            if (!pumping && !ended) {
                pumping = true;
                scheduler.after(delay(), this::arrive);
            }
        }

        private long delay() {
            return scheduler.fault(300)
                    ? scheduler.between(10 * Scheduler.MILLI, 3 * Scheduler.SECOND)
                    : scheduler.between(20 * Scheduler.MICRO, 800 * Scheduler.MICRO);
        }

        private void arrive() {
            pumping = false;
            if (ended) {
                return;
            }
            if (lateNanos > 0) {
                pumping = true;
                scheduler.after(lateNanos, this::arrive);
                lateNanos = 0;
                return;
            }
            if (isCut(from, to) || !underWay.isEmpty() && !receiver.reads()) {
                pumping = true;
                scheduler.after(RETRY_NANOS, this::arrive);
                return;
            }
            for (int some = 1 + scheduler.random().nextInt(8); some > 0 && !underWay.isEmpty() && !ended; some--) {
                byte[] bytes = underWay.remove();
                ByteBuffer frame =
                        ByteBuffer.wrap(bytes).position(FrameCodec.LENGTH_BYTES).slice();
                receiver.received(FrameCodec.decode(frame));
            }
            if (ended) {
                return;
            }
            if (!underWay.isEmpty()) {
                pump();
            } else if (ending) {
                ended = true;
                receiver.ended();
            }
        }
    }
}
