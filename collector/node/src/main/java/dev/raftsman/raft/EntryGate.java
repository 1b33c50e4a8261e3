package dev.raftsman.raft;

import dev.raftsman.raft.DiskMarks.Room;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.thirdparty.io.grpc.ForwardingServerCallListener;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.ServerInterceptor;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps a leader's entries from a node whose disk is full, or whose {@link Backlog} is large. The engine would write them,
 * fail, and never write again; or fill the heap with them.
 *
 * <p>They are held and given to the engine when that is over; a leader has only a few unanswered. Its heartbeats pass, so
 * it stays leader, and this node does not stand for election. Refusing the stream instead would make the leader retry at
 * growing intervals, in which it sends no heartbeats either.
 *
 * <p>Leadership is not taken over here while there is no room: {@code startLeaderElection} is refused.
 */
final class EntryGate implements ServerInterceptor {
    private static final Logger LOG = LoggerFactory.getLogger(EntryGate.class);

    private static final String ENTRIES = "/appendEntries";
    private static final String TAKE_OVER = "/startLeaderElection";

    /** As many as a leader has unanswered; an older one has timed out there and is sent again. */
    private static final int MAX_HELD = EngineSettings.OUTSTANDING_APPENDS;

    private final DiskMarks marks;
    private final Backlog backlog;
    private final Set<Holding<?>> holding = ConcurrentHashMap.newKeySet();

    EntryGate(DiskMarks marks, Backlog backlog) {
        this.marks = marks;
        this.backlog = backlog;
    }

    private boolean shut() {
        return marks.full() || backlog.isLarge();
    }

    @Override
    public <Q, R> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, R> call, Metadata headers, ServerCallHandler<Q, R> next) {
        String method = call.getMethodDescriptor().getFullMethodName();
        if (method.endsWith(ENTRIES)) {
            return new Holding<>(call, next.startCall(call, headers));
        }
        if (method.endsWith(TAKE_OVER) && marks.room() != Room.ENOUGH) {
            call.close(Status.RESOURCE_EXHAUSTED.withDescription("disk reserve reached"), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(call, headers);
    }

    /** Hands on what is held, if nothing speaks against it any more. To be called every now and then. */
    void release() {
        holding.forEach(Holding::release);
    }

    /** How many messages wait. */
    int held() {
        return holding.stream().mapToInt(Holding::size).sum();
    }

    private static boolean carriesEntries(Object message) {
        return message instanceof AppendEntriesRequestProto append && append.getEntriesCount() > 0;
    }

    private void count(Object message) {
        if (message instanceof AppendEntriesRequestProto append && append.getEntriesCount() > 0) {
            backlog.took(append.getEntries(append.getEntriesCount() - 1).getIndex(), append.getSerializedSize());
        }
    }

    /** One stream of a leader. Its own thread and the releasing one take turns. */
    private final class Holding<Q> extends ForwardingServerCallListener.SimpleForwardingServerCallListener<Q> {
        private final ServerCall<Q, ?> call;
        private final Deque<Q> held = new ArrayDeque<>();

        Holding(ServerCall<Q, ?> call, ServerCall.Listener<Q> next) {
            super(next);
            this.call = call;
        }

        @Override
        public synchronized void onMessage(Q message) {
            if (!carriesEntries(message) || held.isEmpty() && !shut()) {
                handOn(message);
                return;
            }
            if (held.size() == MAX_HELD) {
                held.removeFirst();
            }
            held.addLast(message);
            holding.add(this);
            // Or the transport's window would fill, and the leader's sender wait in it with its heartbeats.
            call.request(1);
        }

        private void handOn(Q message) {
            super.onMessage(message);
            count(message);
        }

        synchronized void release() {
            try {
                while (!held.isEmpty() && !shut()) {
                    handOn(held.removeFirst());
                }
            } catch (RuntimeException e) {
                LOG.warn("a held batch of entries was not taken", e);
            }
            if (held.isEmpty()) {
                holding.remove(this);
            }
        }

        synchronized int size() {
            return held.size();
        }

        @Override
        public synchronized void onHalfClose() {
            drop();
            super.onHalfClose();
        }

        @Override
        public synchronized void onCancel() {
            drop();
            super.onCancel();
        }

        private void drop() {
            held.clear();
            holding.remove(this);
        }
    }
}
