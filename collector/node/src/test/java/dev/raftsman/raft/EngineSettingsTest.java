package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class EngineSettingsTest {
    private static RaftProperties safe() {
        return EngineSettings.of(new LogSettings(
                "test",
                "n1",
                List.of(new LogMember("n1", "127.0.0.1", 1)),
                "127.0.0.1",
                Path.of("/var/lib/raftsman/raft"),
                LogSettings.DEFAULT_SNAPSHOT_LOG_BYTES,
                Duration.ofSeconds(1)));
    }

    @Test
    void forcesBeforeItAcknowledgesAndReadsThroughTheLeader() {
        RaftProperties p = safe();
        assertThat(RaftServerConfigKeys.Log.unsafeFlushEnabled(p)).isFalse();
        assertThat(RaftServerConfigKeys.Read.option(p)).isEqualTo(RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        assertThat(RaftServerConfigKeys.Log.purgeUptoSnapshotIndex(p)).isTrue();
        assertThat(RaftServerConfigKeys.removedGroupsDir(p).toString()).startsWith("/var/lib/raftsman/");
    }

    @Test
    void waitsLessForALeaderAfterAStartThanForOneThatFallsSilent() {
        RaftProperties p = safe();
        long most = RaftServerConfigKeys.Rpc.firstElectionTimeoutMax(p).toLong(TimeUnit.MILLISECONDS);
        assertThat(RaftServerConfigKeys.Rpc.firstElectionTimeoutMin(p).toLong(TimeUnit.MILLISECONDS))
                .isBetween(100L, most / 2);
        assertThat(most).isLessThan(RaftServerConfigKeys.Rpc.timeoutMin(p).toLong(TimeUnit.MILLISECONDS));
    }

    static Stream<Named<Consumer<RaftProperties>>> unsafe() {
        return Stream.of(
                Named.of("unsafe-flush", p -> RaftServerConfigKeys.Log.setUnsafeFlushEnabled(p, true)),
                Named.of("async-flush", p -> RaftServerConfigKeys.Log.setAsyncFlushEnabled(p, true)),
                Named.of("use.memory", p -> RaftServerConfigKeys.Log.setUseMemory(p, true)),
                Named.of(
                        "corruption.policy",
                        p -> RaftServerConfigKeys.Log.setCorruptionPolicy(
                                p, RaftServerConfigKeys.Log.CorruptionPolicy.WARN_AND_RETURN)),
                Named.of(
                        "read.option",
                        p -> RaftServerConfigKeys.Read.setOption(p, RaftServerConfigKeys.Read.Option.DEFAULT)),
                Named.of("pre-vote", p -> RaftServerConfigKeys.LeaderElection.setPreVote(p, false)),
                Named.of(
                        "storage.dir",
                        p -> RaftServerConfigKeys.setStorageDir(p, RaftServerConfigKeys.STORAGE_DIR_DEFAULT)),
                Named.of(
                        "write.byte-limit",
                        p -> RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf("16MB"))),
                Named.of(
                        "buffer.byte-limit",
                        p -> RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, SizeInBytes.valueOf("1MB"))),
                Named.of(
                        "purge.upto.snapshot.index", p -> RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, false)),
                Named.of("purge.preservation.log.num", p -> RaftServerConfigKeys.Log.setPurgePreservationLogNum(p, 0)),
                Named.of(
                        "install.snapshot.enabled",
                        p -> RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(p, true)),
                Named.of("snapshot.auto.trigger", p -> RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, true)),
                Named.of(
                        "removed.groups.dir",
                        p -> RaftServerConfigKeys.setRemovedGroupsDir(
                                p, RaftServerConfigKeys.REMOVED_GROUPS_DIR_DEFAULT)),
                Named.of("rpc.timeout.min", p -> RaftServerConfigKeys.Rpc.setTimeoutMin(p, millis(50))),
                Named.of("rpc.timeout.max", p -> RaftServerConfigKeys.Rpc.setTimeoutMax(p, millis(1_001))),
                Named.of("rpc.type", p -> RaftConfigKeys.Rpc.setType(p, SupportedRpcType.NETTY)),
                Named.of(
                        "write.buffer.size",
                        p -> RaftServerConfigKeys.Log.setWriteBufferSize(p, SizeInBytes.valueOf("4MB"))),
                Named.of(
                        "member.majority-add", p -> RaftServerConfigKeys.LeaderElection.setMemberMajorityAdd(p, true)));
    }

    @ParameterizedTest
    @MethodSource
    void unsafe(Consumer<RaftProperties> change) {
        RaftProperties p = safe();
        change.accept(p);
        assertThatThrownBy(() -> EngineSettings.requireSafe(p))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("unsafe settings");
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }

    @Test
    void refusesAMemberListWithoutThisNodeOrWithTwins() {
        LogMember one = new LogMember("n1", "h", 1);
        assertThatThrownBy(() -> new LogSettings("c", "n2", List.of(one), "h", Path.of("d"), 1, Duration.ZERO))
                .hasMessageContaining("not among");
        assertThatThrownBy(() -> new LogSettings("c", "n1", List.of(one, one), "h", Path.of("d"), 1, Duration.ZERO))
                .hasMessageContaining("two members");
    }
}
