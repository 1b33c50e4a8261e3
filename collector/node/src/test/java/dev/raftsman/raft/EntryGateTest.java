package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.AppendEntriesRequestProto;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.StateMachineLogEntryProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.Test;

class EntryGateTest {
    private long free = Long.MAX_VALUE;
    private long nanos;
    private long committed;
    private long applied;
    private final EntryGate gate = new EntryGate(
            DiskMarks.of(() -> free, 256 << 20, () -> nanos += TimeUnit.SECONDS.toNanos(1)),
            new Backlog(new Backlog.Progress() {
                @Override
                public long committed() {
                    return committed;
                }

                @Override
                public long applied() {
                    return applied;
                }
            }));
    private final List<Long> taken = new ArrayList<>();
    private final List<String> wire = new ArrayList<>();

    /** What the engine would do with a stream. */
    private final class Engine extends ServerCall.Listener<AppendEntriesRequestProto> {
        @Override
        public void onMessage(AppendEntriesRequestProto message) {
            taken.add(message.getLeaderTerm());
        }

        @Override
        public void onCancel() {
            wire.add("cancelled");
        }
    }

    private ServerCall.Listener<AppendEntriesRequestProto> call(String method) {
        MethodDescriptor.Marshaller<AppendEntriesRequestProto> none = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(AppendEntriesRequestProto value) {
                return new ByteArrayInputStream(new byte[0]);
            }

            @Override
            public AppendEntriesRequestProto parse(InputStream stream) {
                return AppendEntriesRequestProto.getDefaultInstance();
            }
        };
        MethodDescriptor<AppendEntriesRequestProto, AppendEntriesRequestProto> descriptor =
                MethodDescriptor.<AppendEntriesRequestProto, AppendEntriesRequestProto>newBuilder()
                        .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
                        .setFullMethodName("ratis.grpc.RaftServerProtocolService/" + method)
                        .setRequestMarshaller(none)
                        .setResponseMarshaller(none)
                        .build();
        ServerCall<AppendEntriesRequestProto, AppendEntriesRequestProto> call = new ServerCall<>() {
            @Override
            public void request(int messages) {
                wire.add("request " + messages);
            }

            @Override
            public void sendHeaders(Metadata headers) {}

            @Override
            public void sendMessage(AppendEntriesRequestProto message) {}

            @Override
            public void close(Status status, Metadata trailers) {
                wire.add(status.getCode().name());
            }

            @Override
            public boolean isCancelled() {
                return false;
            }

            @Override
            public MethodDescriptor<AppendEntriesRequestProto, AppendEntriesRequestProto> getMethodDescriptor() {
                return descriptor;
            }
        };
        return gate.interceptCall(call, new Metadata(), (accepted, headers) -> {
            wire.add("started");
            return new Engine();
        });
    }

    private static AppendEntriesRequestProto large(int index) {
        StateMachineLogEntryProto data = StateMachineLogEntryProto.newBuilder()
                .setLogData(ByteString.copyFrom(new byte[4 << 20]))
                .build();
        return AppendEntriesRequestProto.newBuilder()
                .setLeaderTerm(index)
                .addEntries(LogEntryProto.newBuilder().setIndex(index).setStateMachineLogEntry(data))
                .build();
    }

    private static AppendEntriesRequestProto message(long number, boolean entries) {
        AppendEntriesRequestProto.Builder message =
                AppendEntriesRequestProto.newBuilder().setLeaderTerm(number);
        return (entries ? message.addEntries(LogEntryProto.getDefaultInstance()) : message).build();
    }

    @Test
    void holdsEntriesWhileTheDiskIsFullAndLetsHeartbeatsPass() {
        var stream = call("appendEntries");
        stream.onMessage(message(1, true));
        free = 0;
        stream.onMessage(message(2, true));
        stream.onMessage(message(3, false));
        assertThat(taken).containsExactly(1L, 3L);
        assertThat(wire).as("the next may come").containsExactly("started", "request 1");
        gate.release();
        assertThat(taken).as("still full").containsExactly(1L, 3L);
        free = Long.MAX_VALUE;
        stream.onMessage(message(4, true));
        assertThat(taken).as("none passes those held").containsExactly(1L, 3L);
        gate.release();
        assertThat(taken).containsExactly(1L, 3L, 2L, 4L);
        assertThat(gate.held()).isZero();
        stream.onMessage(message(5, true));
        assertThat(taken).endsWith(5L);
    }

    @Test
    void holdsEntriesWhileTheStateMachineIsFarBehindWhatIsCommitted() {
        var stream = call("appendEntries");
        committed = 3;
        for (int i = 1; i <= 6; i++) {
            stream.onMessage(large(i));
        }
        assertThat(taken).as("three of 4 MiB are committed, and that may be").containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        committed = 4;
        stream.onMessage(large(7));
        stream.onMessage(message(99, false));
        gate.release();
        assertThat(taken).as("heartbeats pass").endsWith(6L, 99L);
        assertThat(gate.held()).isOne();
        applied = 1;
        gate.release();
        assertThat(taken).endsWith(99L, 7L);
    }

    @Test
    void opensForTheNextLeaderHoweverMuchIsNotCommitted() {
        var stream = call("appendEntries");
        for (int i = 1; i <= 20; i++) {
            stream.onMessage(large(i));
        }
        assertThat(gate.held()).isZero();
        committed = 20;
        stream.onMessage(large(21));
        assertThat(gate.held()).isOne();
        applied = 20;
        gate.release();
        assertThat(gate.held()).isZero();
    }

    @Test
    void holdsNoMoreThanALeaderHasUnanswered() {
        var stream = call("appendEntries");
        free = 0;
        for (int i = 1; i <= 10; i++) {
            stream.onMessage(message(i, true));
        }
        assertThat(gate.held()).isEqualTo(EngineSettings.OUTSTANDING_APPENDS);
        free = Long.MAX_VALUE;
        gate.release();
        assertThat(taken).containsExactly(7L, 8L, 9L, 10L);
    }

    @Test
    void forgetsWhatALostLeaderSent() {
        var stream = call("appendEntries");
        free = 0;
        stream.onMessage(message(1, true));
        stream.onCancel();
        assertThat(wire).endsWith("cancelled");
        free = Long.MAX_VALUE;
        gate.release();
        assertThat(taken).isEmpty();
    }

    @Test
    void refusesToTakeOverLeadershipWithoutRoom() {
        call("startLeaderElection");
        free = 200 << 20;
        call("startLeaderElection");
        assertThat(wire).containsExactly("started", "RESOURCE_EXHAUSTED");
        call("requestVote");
        assertThat(wire).as("votes are given").endsWith("started");
    }
}
