package dev.raftsman.shipper;

import dev.raftsman.input.OperatorLog;
import dev.raftsman.wire.Frame;
import dev.raftsman.wire.RefuseReason;
import java.util.random.RandomGenerator;

/**
 * To one collector after the other, until one takes blocks: where to, when again, and whether it is still there. Shipper's
 * thread only.
 *
 * <pre>
 *  state          leaves by                                     to
 *  DISCONNECTED   the time of the next attempt                  CONNECTING
 *  CONNECTING     connected: HELLO is sent                      GREETING
 *  GREETING       WELCOME                                       READY
 *                 REFUSE(NOT_LEADER, hint)                      DISCONNECTED, the hint is tried at once
 *  READY          silence, or what its owner finds              DISCONNECTED
 *  any            the connection ends, or its deadline passes   DISCONNECTED
 * </pre>
 */
final class Connection {
    private static final int MAX_REDIRECTS = 3;

    /** Whose blocks go over it. */
    interface Owner {
        /** A collector takes blocks now. */
        void ready(Frame.Welcome welcome, long nowNanos);

        /** What was on its way is so no more. Also told of attempts that failed. */
        void ended();
    }

    private enum State {
        DISCONNECTED,
        CONNECTING,
        GREETING,
        READY
    }

    private final SessionSettings settings;
    private final Link link;
    private final RandomGenerator jitter;
    private final OperatorLog log;
    private final ShipperObserver observer;
    private final Owner owner;

    private State state = State.DISCONNECTED;
    private int id;
    private String address = "";
    private String hint = "";
    private int redirects;
    private int nextCollector;
    private int failures;
    private long attemptAtNanos;
    private long deadlineNanos;
    private long heardNanos;
    private long pingedNanos;

    /** When it was last seen to owe no answer. */
    private long paidNanos;

    Connection(
            SessionSettings settings,
            Link link,
            RandomGenerator jitter,
            OperatorLog log,
            ShipperObserver observer,
            Owner owner,
            long nowNanos) {
        this.settings = settings;
        this.link = link;
        this.jitter = jitter;
        this.log = log;
        this.observer = observer;
        this.owner = owner;
        this.attemptAtNanos = nowNanos;
    }

    boolean isReady() {
        return state == State.READY;
    }

    void send(Frame.FromSidecar frame) {
        link.send(frame);
    }

    void flush() {
        link.flush();
    }

    /** The collector does what it is there for: no attempt before this one counts any more. */
    void proven() {
        failures = 0;
    }

    // ---- what the network tells

    void connected(int of, long nowNanos) {
        if (of != id || state != State.CONNECTING) {
            return;
        }
        state = State.GREETING;
        deadlineNanos = nowNanos + settings.connectTimeout().toNanos();
        send(new Frame.Hello(Frame.LEAST_VERSION, Frame.VERSION, settings.tenant(), settings.agent()));
        flush();
    }

    void disconnected(int of, String reason, long nowNanos) {
        if (of == id && state != State.DISCONNECTED) {
            lost(state == State.CONNECTING ? ConnectionEnd.UNREACHABLE : ConnectionEnd.CLOSED, reason, nowNanos);
        }
    }

    /** @return whether the frame is the owner's to look at */
    boolean received(int of, Frame.FromCollector frame, long nowNanos) {
        if (of != id || state == State.DISCONNECTED) {
            return false;
        }
        heardNanos = nowNanos;
        if (state == State.GREETING) {
            greeted(frame, nowNanos);
            return false;
        }
        return state == State.READY;
    }

    /**
     * Time passes: connects, or pings.
     *
     * @param owes whether the collector has something to answer
     * @return whether an attempt was begun
     */
    boolean step(boolean owes, long nowNanos) {
        switch (state) {
            case DISCONNECTED -> {
                if (nowNanos - attemptAtNanos >= 0) {
                    connect(nowNanos);
                    return true;
                }
            }
            case CONNECTING, GREETING -> {
                if (nowNanos - deadlineNanos >= 0) {
                    ConnectionEnd why = state == State.CONNECTING ? ConnectionEnd.UNREACHABLE : ConnectionEnd.NO_ANSWER;
                    lost(why, "no answer within " + settings.connectTimeout().toMillis() + " ms", nowNanos);
                }
            }
            case READY -> keepAlive(owes, nowNanos);
        }
        return false;
    }

    private void connect(long nowNanos) {
        if (hint.isEmpty()) {
            address = settings.collectors().get(nextCollector);
            nextCollector = (nextCollector + 1) % settings.collectors().size();
            redirects = 0;
        } else {
            address = hint;
            hint = "";
        }
        id++;
        state = State.CONNECTING;
        deadlineNanos = nowNanos + settings.connectTimeout().toNanos();
        observer.connecting();
        link.connect(id, address);
    }

    private void greeted(Frame.FromCollector frame, long nowNanos) {
        if (frame instanceof Frame.Welcome welcome) {
            state = State.READY;
            pingedNanos = nowNanos;
            paidNanos = nowNanos;
            log.over("unreachable");
            log.info("connected to collector: address=" + address + ", node=" + welcome.node());
            observer.connected(true);
            owner.ready(welcome, nowNanos);
        } else if (frame instanceof Frame.Refuse refuse) {
            observer.refused(refuse.reason());
            if (refuse.reason() == RefuseReason.NOT_LEADER) {
                redirected(refuse.leader(), nowNanos);
            } else {
                refused(refuse, nowNanos);
            }
        } else {
            lost(ConnectionEnd.PROTOCOL, "protocol error: " + frame + " before WELCOME", nowNanos);
        }
    }

    private void keepAlive(boolean owes, long nowNanos) {
        if (!owes) {
            paidNanos = nowNanos;
        }
        long quietNanos = nowNanos - heardNanos;
        boolean gone = quietNanos >= settings.silence().toNanos()
                || Math.min(quietNanos, nowNanos - paidNanos)
                        >= settings.owing().toNanos();
        long pingNanos = settings.ping().toNanos() / (owes ? 4 : 1);
        if (gone) {
            lost(ConnectionEnd.SILENT, "silent for " + quietNanos / 1_000_000 + " ms", nowNanos);
        } else if (quietNanos >= pingNanos && nowNanos - pingedNanos >= pingNanos) {
            pingedNanos = nowNanos;
            send(new Frame.Ping(nowNanos));
            flush();
        }
    }

    // ---- how it ends

    /** Another collector leads; it is tried at once if it is known. */
    void redirected(String leader, long nowNanos) {
        String reason = "not the leader" + (leader.isEmpty() ? "" : ", which is " + leader);
        if (leader.isEmpty() || redirects == MAX_REDIRECTS) {
            lost(ConnectionEnd.NO_LEADER, reason, nowNanos);
            return;
        }
        end(ConnectionEnd.REDIRECTED, reason);
        redirects++;
        hint = leader;
        attemptAtNanos = nowNanos;
    }

    void refused(Frame.Refuse refuse, long nowNanos) {
        lost(ConnectionEnd.REFUSED, "refused: " + refuse.reason() + " " + refuse.detail(), nowNanos);
    }

    /**
     * One collector that does not answer says little: the next is tried at once. A whole round in vain waits, longer
     * after each, and never exactly as long as another sidecar does.
     */
    void lost(ConnectionEnd why, String reason, long nowNanos) {
        end(why, reason);
        failures++;
        int collectors = settings.collectors().size();
        long waitNanos = 0;
        if (failures % collectors == 0) {
            int doublings = Math.min(failures / collectors - 1, 16);
            long mostNanos = settings.backoffMost().toNanos();
            long boundNanos = Math.min(mostNanos, settings.backoffFirst().toNanos() << doublings);
            waitNanos = boundNanos / 2 + jitter.nextLong(boundNanos / 2 + 1);
        }
        attemptAtNanos = nowNanos + waitNanos;
        if (failures >= collectors) {
            log.warn(
                    "unreachable",
                    "no collector takes blocks, trying on: last=" + address + ", reason=" + reason + ", tried="
                            + failures);
        }
    }

    private void end(ConnectionEnd why, String reason) {
        link.disconnect();
        observer.connectionEnded(why);
        if (state == State.READY) {
            log.info("connection to collector ended: address=" + address + ", reason=" + reason);
            observer.connected(false);
        }
        state = State.DISCONNECTED;
        owner.ended();
    }
}
