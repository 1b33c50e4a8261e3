package dev.raftsman.raft;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.RaftGroupIdProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.proto.grpc.RaftServerProtocolServiceGrpc;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.ManagedChannel;
import org.apache.ratis.thirdparty.io.grpc.netty.NettyChannelBuilder;

/**
 * A member that is asked for its vote over its own port, as a candidate would, and says on standard output what it answered.
 * It lives here because the disks whose power is cut do.
 *
 * <p>Arguments: directory, port, {@code ours} or {@code engine} (the engine alone), term, candidate.
 */
public final class VoteGiver {
    private VoteGiver() {}

    public static void main(String[] arguments) throws IOException {
        int port = Integer.parseInt(arguments[1]);
        // It never stands for election itself.
        LogSettings settings = new LogSettings(
                "test",
                "n1",
                List.of(
                        new LogMember("n1", "127.0.0.1", port),
                        new LogMember("n2", "127.0.0.1", 1),
                        new LogMember("n3", "127.0.0.1", 2)),
                "127.0.0.1",
                Path.of(arguments[0]),
                1 << 20,
                Duration.ofMinutes(10));
        if (arguments[2].equals("ours")) {
            RatisLog.start(settings, new LogSurroundings(snapshot -> new Nothing(), (failure, detail, cause) -> {
                System.out.println(failure + " " + detail);
            }));
        } else {
            engine(settings);
        }
        ManagedChannel channel =
                NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
        RequestVoteReplyProto reply = RaftServerProtocolServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(60, TimeUnit.SECONDS)
                .requestVote(request(settings, Long.parseLong(arguments[3]), arguments[4]));
        System.out.println(
                (reply.getServerReply().getSuccess() ? "granted in term " : "refused in term ") + reply.getTerm());
        System.out.flush();
    }

    private static void engine(LogSettings settings) throws IOException {
        List<RaftPeer> peers = settings.members().stream()
                .map(m -> RaftPeer.newBuilder()
                        .setId(m.id())
                        .setAddress(m.address())
                        .build())
                .toList();
        RaftServer.newBuilder()
                .setServerId(RaftPeerId.valueOf("n1"))
                .setProperties(EngineSettings.of(settings))
                .setStateMachineRegistry(group -> new BaseStateMachine())
                .setGroup(RaftGroup.valueOf(RaftGroupId.valueOf(settings.group()), peers))
                .setOption(RaftStorage.StartupOption.RECOVER)
                .build()
                .start();
    }

    private static RequestVoteRequestProto request(LogSettings settings, long term, String candidate) {
        return RequestVoteRequestProto.newBuilder()
                .setServerRequest(RaftRpcRequestProto.newBuilder()
                        .setRequestorId(ByteString.copyFrom(candidate, StandardCharsets.UTF_8))
                        .setReplyId(ByteString.copyFrom("n1", StandardCharsets.UTF_8))
                        .setRaftGroupId(RaftGroupIdProto.newBuilder()
                                .setId(RaftGroupId.valueOf(settings.group()).toByteString()))
                        .setCallId(1))
                .setCandidateTerm(term)
                .build();
    }

    /** Where the engine keeps term and vote below the directory. */
    public static Path meta(Path directory) {
        LogSettings any = new LogSettings(
                "test",
                "n1",
                List.of(new LogMember("n1", "127.0.0.1", 1)),
                "127.0.0.1",
                directory,
                1,
                Duration.ofSeconds(1));
        return directory.resolve(any.group().toString()).resolve("current").resolve("raft-meta");
    }

    /** A state that nothing is applied to. */
    private static final class Nothing implements AppliedState {
        @Override
        public byte[] apply(long term, long index, ByteBuffer entry) {
            return new byte[0];
        }

        @Override
        public void advance(long term, long index) {}

        @Override
        public Captured capture() {
            return file -> {};
        }

        @Override
        public void close() {}
    }
}
