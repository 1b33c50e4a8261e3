package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.SizeInBytes;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A follower is sent to its leader's snapshot; the engine is played by the test. */
final class LogStateMachineTest {
    private static final TermIndex FIRST = TermIndex.valueOf(3, 100);

    @TempDir
    private Path directory;

    private final BlockingQueue<String> failures = new LinkedBlockingQueue<>();
    private final CountDownLatch fetching = new CountDownLatch(1);
    private final RaftGroupMemberId self = RaftGroupMemberId.valueOf(RaftPeerId.valueOf("n3"), RaftGroupId.randomId());
    private final List<String> calls = new CopyOnWriteArrayList<>();
    private final CountDownLatch mayOpen = new CountDownLatch(1);
    private volatile boolean endless = true;
    private volatile boolean full;
    private LogStateMachine machine;

    private final class Empty implements AppliedState {
        @Override
        public byte[] apply(long term, long index, ByteBuffer entry) {
            return new byte[0];
        }

        @Override
        public void advance(long term, long index) {}

        @Override
        public Captured capture() {
            return file -> {
                if (full) {
                    throw new NoSpaceException(new IOException("No space left on device"));
                }
                Files.writeString(file, "own");
            };
        }

        @Override
        public void close() {}
    }

    private final class Opener implements AppliedState.Opener {
        @Override
        public AppliedState open(Path snapshot) {
            if (snapshot != null) {
                calls.add("opens");
                await().until(() -> mayOpen.getCount() == 0);
                calls.add("is open");
            }
            return new Empty();
        }

        @Override
        public AppliedState.Fetched fetch(String peer, long leastIndex) throws InterruptedException {
            calls.add("fetches");
            fetching.countDown();
            if (endless) {
                new CountDownLatch(1).await();
            }
            return new AppliedState.Fetched() {
                @Override
                public long term() {
                    return 3;
                }

                @Override
                public long index() {
                    return leastIndex;
                }

                @Override
                public void commit(Path file) throws IOException {
                    Files.writeString(file, "of " + peer);
                }
            };
        }
    }

    @BeforeEach
    void initialize() throws IOException {
        machine = new LogStateMachine(
                new Opener(),
                (failure, detail, cause) -> failures.add(failure + " " + detail),
                () -> {},
                () -> {},
                () -> {},
                1 << 20,
                DiskMarks.none());
        RaftStorage storage = RaftStorage.newBuilder()
                .setDirectory(directory.toFile())
                .setOption(RaftStorage.StartupOption.FORMAT)
                .setStorageFreeSpaceMin(SizeInBytes.valueOf(0))
                .build();
        storage.initialize();
        machine.initialize(named(self.getPeerId()), self.getGroupId(), storage);
        led("n1");
    }

    /** The base class asks for the name only. */
    private static RaftServer named(RaftPeerId id) {
        return (RaftServer) Proxy.newProxyInstance(
                RaftServer.class.getClassLoader(), new Class<?>[] {RaftServer.class}, (proxy, method, args) -> id);
    }

    @AfterEach
    void close() throws IOException {
        machine.closing();
        machine.close();
    }

    private void led(String leader) {
        machine.notifyLeaderChanged(self, RaftPeerId.valueOf(leader));
    }

    private CompletableFuture<TermIndex> sentTo(String leader) {
        RaftPeerProto peer = RaftPeerProto.newBuilder()
                .setId(RaftPeerId.valueOf(leader).toByteString())
                .setAddress(leader + ":1")
                .build();
        RoleInfoProto role = RoleInfoProto.newBuilder()
                .setFollowerInfo(FollowerInfoProto.newBuilder()
                        .setLeaderInfo(ServerRpcProto.newBuilder().setId(peer)))
                .build();
        return machine.notifyInstallSnapshotFromLeader(role, FIRST);
    }

    @Test
    void breaksAFetchOffWhenAnotherLeads() throws Exception {
        CompletableFuture<TermIndex> fetched = sentTo("n1");
        fetching.await();
        led("n1");
        assertThat(fetched).isNotDone();
        led("n2");
        assertThatThrownBy(() -> fetched.get(30, TimeUnit.SECONDS)).isInstanceOf(ExecutionException.class);
        assertThat(failures).isEmpty();

        endless = false;
        assertThat(sentTo("n2").get(30, TimeUnit.SECONDS)).isEqualTo(TermIndex.valueOf(3, 99));
    }

    @Test
    void asksForARestartWhenTheNewLeaderLeavesWhatWasFetchedUnopened() throws Exception {
        endless = false;
        sentTo("n1").get(30, TimeUnit.SECONDS);
        led("n2");
        assertThat(failures.poll(30, TimeUnit.SECONDS))
                .isEqualTo("STOPPED the leader changed before its snapshot was opened");
    }

    @Test
    void fetchesTheNextSnapshotOnlyWhenTheLastOneIsOpen() throws Exception {
        endless = false;
        sentTo("n1").get(30, TimeUnit.SECONDS);
        machine.pause();
        CompletableFuture<Void> opened = CompletableFuture.runAsync(() -> {
            try {
                machine.reinitialize();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        CompletableFuture<TermIndex> next = sentTo("n1");
        await().until(() ->
                calls.contains("opens") && (isWaitingToFetch() || Collections.frequency(calls, "fetches") > 1));
        mayOpen.countDown();
        next.get(30, TimeUnit.SECONDS);
        opened.get(30, TimeUnit.SECONDS);
        assertThat(calls).containsExactly("fetches", "opens", "is open", "fetches");
        assertThat(failures).isEmpty();
    }

    private static boolean isWaitingToFetch() {
        return Thread.getAllStackTraces().entrySet().stream()
                .filter(thread -> thread.getKey().getState() == Thread.State.WAITING)
                .flatMap(thread -> Arrays.stream(thread.getValue()))
                .anyMatch(frame -> frame.getMethodName().equals("beginFetch"));
    }

    @Test
    void stillWantsTheSnapshotThatThereWasNoSpaceFor() throws Exception {
        machine.notifyTermIndexUpdated(3, 7);
        full = true;
        machine.snapshots().want();
        machine.takeSnapshot();
        machine.snapshots().await(Duration.ofSeconds(30));
        assertThat(machine.snapshots().isWanted()).isTrue();
        full = false;
        machine.takeSnapshot();
        machine.snapshots().await(Duration.ofSeconds(30));
        assertThat(machine.snapshots().isWanted()).isFalse();
        assertThat(machine.takeSnapshot()).isEqualTo(7);
    }
}
