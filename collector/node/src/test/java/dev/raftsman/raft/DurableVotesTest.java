package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.ratis.proto.RaftProtos.RaftRpcReplyProto;
import org.apache.ratis.proto.RaftProtos.RaftRpcRequestProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteReplyProto;
import org.apache.ratis.proto.RaftProtos.RequestVoteRequestProto;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
import org.apache.ratis.thirdparty.io.grpc.ServerCallHandler;
import org.apache.ratis.thirdparty.io.grpc.Status;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableVotesTest {
    @TempDir
    Path root;

    private Path directory;
    private DurableVotes votes;
    private IOException error;
    private final List<String> failures = new ArrayList<>();
    private final List<String> sent = new ArrayList<>();

    @BeforeEach
    void create() throws Exception {
        directory = Files.createDirectory(root.resolve("current"));
        votes = new DurableVotes(directory, "n1", (failure, detail, cause) -> failures.add(failure + " " + detail));
    }

    private void answer(String method) {
        answer(method, "request", "answer");
    }

    /** Answers one request through the interceptor, as the engine would, and remembers what reached the wire. */
    private void answer(String method, Object request, Object answer) {
        MethodDescriptor.Marshaller<Object> none = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(Object value) {
                return new ByteArrayInputStream(new byte[0]);
            }

            @Override
            public Object parse(InputStream stream) {
                return "";
            }
        };
        MethodDescriptor<Object, Object> descriptor = MethodDescriptor.newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("ratis.grpc.RaftServerProtocolService/" + method)
                .setRequestMarshaller(none)
                .setResponseMarshaller(none)
                .build();
        ServerCall<Object, Object> wire = new ServerCall<>() {
            @Override
            public void request(int messages) {}

            @Override
            public void sendHeaders(Metadata headers) {}

            @Override
            public void sendMessage(Object message) {
                sent.add((message instanceof String text ? text : "reply") + " forced " + votes.forced());
            }

            @Override
            public void close(Status status, Metadata trailers) {
                sent.add(status.getCode().name());
            }

            @Override
            public boolean isCancelled() {
                return false;
            }

            @Override
            public MethodDescriptor<Object, Object> getMethodDescriptor() {
                return descriptor;
            }
        };
        ServerCallHandler<Object, Object> engine = (call, headers) -> new ServerCall.Listener<Object>() {
            @Override
            public void onMessage(Object message) {
                if (error == null) {
                    call.sendMessage(answer);
                }
                call.close(error == null ? Status.OK : Status.INTERNAL.withCause(error), new Metadata());
            }
        };
        votes.interceptCall(wire, new Metadata(), engine).onMessage(request);
    }

    @Test
    void endsTheNodeWhenTheEngineCouldNotWriteATerm() {
        error = new IOException("Failed", new IOException("Input/output error"));
        answer("appendEntries");
        assertThat(sent).containsExactly("INTERNAL");
        assertThat(failures).singleElement().asString().startsWith("DISK cannot write or force");
    }

    @Test
    void goesOnWhenThereWasNoSpaceForATerm() {
        error = new IOException("No space left on device");
        answer("requestVote");
        assertThat(sent).as("no vote").containsExactly("INTERNAL");
        assertThat(failures).isEmpty();
    }

    @Test
    void startsOnlyWithATermAndAVoteThatCanBeRead() throws Exception {
        votes.check();
        Path meta = directory.resolve("raft-meta");
        Files.writeString(meta, "#\nterm=7\nvotedFor=n1\n");
        votes.check();
        for (String damaged : List.of("term=7\n", "term=x\nvotedFor=n1\n", "votedFor=n1\n", "\0\0\0\0")) {
            Files.writeString(meta, damaged);
            assertThatThrownBy(votes::check).isInstanceOf(IOException.class).hasMessageContaining("no term and vote");
        }
        Files.delete(meta);
        votes.check();
        Files.createFile(directory.resolve("log_inprogress_0"));
        assertThatThrownBy(votes::check).isInstanceOf(IOException.class).hasMessageContaining("missing beside a log");
    }

    @Test
    void startsOnlyWithWhatItPromised() throws Exception {
        Path meta = directory.resolve("raft-meta");
        Files.writeString(meta, "#\nterm=7\nvotedFor=n1\n");
        answer("requestVote");
        for (String more : List.of("term=7\nvotedFor=n1\n", "term=8\nvotedFor=\n", "term=9\nvotedFor=n2\n")) {
            Files.writeString(meta, more);
            votes.check();
        }
        for (String other : List.of("term=6\nvotedFor=n1\n", "term=7\nvotedFor=n2\n", "term=7\nvotedFor=\n", "")) {
            Files.writeString(meta, other);
            votes.check();
            assertThat(Files.readString(meta)).isEqualTo("#\nterm=7\nvotedFor=n1\n");
        }
        Files.writeString(meta, "term=7\nvotedFor=n1\n");
        Path record = directory.resolve("raft-vote");
        String text = Files.readString(record);
        for (String damaged : List.of("", text.replace("term=7", "term=5"), text.replace("n1", "n2"), text + text)) {
            Files.writeString(record, damaged);
            assertThatThrownBy(votes::check)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("raft-vote is damaged");
        }
    }

    @Test
    void aTornSlotLeavesTheOneBefore() throws Exception {
        Path meta = directory.resolve("raft-meta");
        for (int term = 7; term <= 8; term++) {
            Files.writeString(meta, "term=" + term + "\nvotedFor=n1\n");
            answer("requestVote");
        }
        Path record = directory.resolve("raft-vote");
        assertThat(record).hasSize(8192);
        Files.writeString(record, Files.readString(record).replace("term=8", "term=9"));
        votes.check();
        Files.writeString(meta, "term=6\nvotedFor=n1\n");
        votes.check();
        assertThat(Files.readString(meta)).isEqualTo("#\nterm=7\nvotedFor=n1\n");
    }

    /** The engine leaves it empty, or as it was, where there was no space for another. */
    @Test
    void makesTheEnginesFileOfWhatItPromisedAndOfTheTermOfItsEntries() throws Exception {
        Path meta = directory.resolve("raft-meta");
        Files.writeString(meta, "");
        votes.check();
        assertThat(Files.readString(meta)).as("of nothing").isEqualTo("#\nterm=0\nvotedFor=\n");
        Files.writeString(meta, "#\nterm=7\nvotedFor=n1\n");
        answer("requestVote");
        Files.createDirectory(root.resolve("sm"));
        Files.createFile(root.resolve("sm/snapshot.9_1000"));
        for (String less : List.of("", "term=7\nvotedFor=n1\n", "term=8\nvotedFor=n2\n")) {
            Files.writeString(meta, less);
            votes.check();
            assertThat(Files.readString(meta)).isEqualTo("#\nterm=9\nvotedFor=\n");
        }
        Files.writeString(meta, "term=9\nvotedFor=n3\n");
        votes.check();
        assertThat(Files.readString(meta)).isEqualTo("term=9\nvotedFor=n3\n");
    }

    private static RequestVoteRequestProto asked(long term, String candidate, boolean preVote) {
        return RequestVoteRequestProto.newBuilder()
                .setCandidateTerm(term)
                .setPreVote(preVote)
                .setServerRequest(RaftRpcRequestProto.newBuilder().setRequestorId(ByteString.copyFromUtf8(candidate)))
                .build();
    }

    private static RequestVoteReplyProto said(boolean yes) {
        return RequestVoteReplyProto.newBuilder()
                .setServerReply(RaftRpcReplyProto.newBuilder().setSuccess(yes))
                .build();
    }

    /** By a node that has promised nothing yet, for n2 in term 8. */
    private void giveAVote(String engines) throws IOException {
        sent.clear();
        Files.deleteIfExists(directory.resolve("raft-vote"));
        votes = new DurableVotes(directory, "n1", (failure, detail, cause) -> failures.add(detail));
        Files.writeString(directory.resolve("raft-meta"), engines);
        answer("requestVote", asked(8, "n2", false), said(true));
    }

    @Test
    void givesNoVoteThatIsNotOnTheDiskButAnswersWhatPromisesNothing() throws Exception {
        for (String less : List.of("", "term=7\nvotedFor=n2\n", "term=8\nvotedFor=n3\n", "term=8\nvotedFor=\n")) {
            giveAVote(less);
            assertThat(sent).as(less).containsExactly("UNAVAILABLE");
            sent.clear();
            answer("requestVote", asked(8, "n2", true), said(true));
            answer("requestVote", asked(8, "n2", false), said(false));
            assertThat(sent).as(less).hasSize(4).doesNotContain("UNAVAILABLE");
        }
        for (String enough : List.of("term=8\nvotedFor=n2\n", "term=9\nvotedFor=\n")) {
            giveAVote(enough);
            assertThat(sent).as(enough).containsExactly("reply forced 1", "OK");
        }
        assertThat(failures).isEmpty();
    }

    /** Of two terms that the engine writes at once, the older may be the last. */
    @Test
    void whatWasPromisedIsNotTakenBackWhenTheEnginesFileGoesBack() throws Exception {
        Path meta = directory.resolve("raft-meta");
        Files.writeString(meta, "term=8\nvotedFor=n2\n");
        answer("requestVote", asked(8, "n2", false), said(true));
        Files.writeString(meta, "term=7\nvotedFor=n1\n");
        answer("requestVote", asked(9, "n3", true), said(true));
        assertThat(sent).containsExactly("reply forced 1", "OK", "reply forced 1", "OK");
        votes.check();
        assertThat(Files.readString(meta)).isEqualTo("#\nterm=8\nvotedFor=n2\n");
    }

    @Test
    void leadsOnlyWithItsVoteForItselfOnTheDisk() throws Exception {
        Path meta = directory.resolve("raft-meta");
        Files.writeString(meta, "term=8\nvotedFor=n1\n");
        votes.own();
        Files.writeString(meta, "term=9\nvotedFor=n2\n");
        assertThatThrownBy(votes::own).isInstanceOf(IllegalStateException.class);
        assertThat(failures).singleElement().asString().startsWith("STOPPED its vote for itself");
    }

    @Test
    void aCandidateWhoseTermTookTheFileAwayHasNoneWritten() throws Exception {
        Files.writeString(directory.resolve("raft-meta"), "");
        assertThat(votes.writtenTerm()).isZero();
    }

    @Test
    void forcesTheDirectoryBeforeAVoteLeaves() {
        answer("requestVote");
        assertThat(sent).containsExactly("answer forced 1", "OK");
    }

    @Test
    void leavesOtherAnswersAlone() {
        answer("appendEntries");
        assertThat(sent).containsExactly("answer forced 0", "OK");
    }

    @Test
    void givesNoVoteThatItCannotMakeDurable() throws Exception {
        Files.delete(directory);
        answer("requestVote");
        assertThat(sent).containsExactly("UNAVAILABLE");
        assertThat(failures).singleElement().asString().startsWith("DISK cannot write or force");
        assertThatThrownBy(votes::own).isInstanceOf(IllegalStateException.class);
        assertThat(failures).hasSize(2);
    }
}
