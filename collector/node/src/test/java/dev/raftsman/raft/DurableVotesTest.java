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
import org.apache.ratis.thirdparty.io.grpc.Metadata;
import org.apache.ratis.thirdparty.io.grpc.MethodDescriptor;
import org.apache.ratis.thirdparty.io.grpc.ServerCall;
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

    /** The listener of a request that nothing more comes of. */
    private static final class NoMore extends ServerCall.Listener<String> {}

    @BeforeEach
    void create() throws Exception {
        directory = Files.createDirectory(root.resolve("current"));
        votes = new DurableVotes(directory, (failure, detail, cause) -> failures.add(failure + " " + detail));
    }

    /** Answers one request through the interceptor, as the engine would, and remembers what reached the wire. */
    private void answer(String method) {
        MethodDescriptor.Marshaller<String> text = new MethodDescriptor.Marshaller<>() {
            @Override
            public InputStream stream(String value) {
                return new ByteArrayInputStream(new byte[0]);
            }

            @Override
            public String parse(InputStream stream) {
                return "";
            }
        };
        MethodDescriptor<String, String> descriptor = MethodDescriptor.<String, String>newBuilder()
                .setType(MethodDescriptor.MethodType.UNARY)
                .setFullMethodName("ratis.grpc.RaftServerProtocolService/" + method)
                .setRequestMarshaller(text)
                .setResponseMarshaller(text)
                .build();
        ServerCall<String, String> wire = new ServerCall<>() {
            @Override
            public void request(int messages) {}

            @Override
            public void sendHeaders(Metadata headers) {}

            @Override
            public void sendMessage(String message) {
                sent.add(message + " forced " + votes.forced());
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
            public MethodDescriptor<String, String> getMethodDescriptor() {
                return descriptor;
            }
        };
        ServerCall.Listener<String> unused = votes.interceptCall(wire, new Metadata(), (call, headers) -> {
            if (error == null) {
                call.sendMessage("answer");
            }
            call.close(error == null ? Status.OK : Status.INTERNAL.withCause(error), new Metadata());
            return new NoMore();
        });
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
        for (String damaged : List.of("", "term=7\n", "term=x\nvotedFor=n1\n", "votedFor=n1\n", "\0\0\0\0")) {
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
        for (String other : List.of("term=6\nvotedFor=n1\n", "term=7\nvotedFor=n2\n", "term=7\nvotedFor=\n")) {
            Files.writeString(meta, other);
            assertThatThrownBy(votes::check)
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("raft-meta is damaged")
                    .hasMessageContaining("term=7, votedFor=n1");
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
