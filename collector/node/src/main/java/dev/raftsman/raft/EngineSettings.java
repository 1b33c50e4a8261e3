package dev.raftsman.raft;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.RaftConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.rpc.SupportedRpcType;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** The engine's settings for a collector with a heap of 256 MiB, each with its reason, and those that are refused. */
final class EngineSettings {
    /** Entries waiting on the leader, each charged rounded up to a whole MiB; submitters keep to half of it. */
    static final long WRITE_LIMIT_BYTES = RaftLimits.MAX_IN_FLIGHT_BYTES * 2;

    /** The engine sends and keeps entries in batches of at most this; an entry above it is refused. */
    private static final SizeInBytes BATCH = SizeInBytes.valueOf("4MB");

    /** Most that are kept of the entries that a snapshot shows: mostly below 2 MiB each, at most 3 MiB. */
    private static final int KEPT_ENTRIES = 512;

    private static final int MIN_KEPT_ENTRIES = 16;
    private static final long KEPT_ENTRY_BYTES = 512 << 10;

    /** Below it, a pause of a loaded machine is taken for a death. */
    private static final int MIN_ELECTION_MILLIS = 100;

    /** Batches that a leader may have unanswered by one follower. */
    static final int OUTSTANDING_APPENDS = 4;

    private EngineSettings() {}

    static RaftProperties of(LogSettings settings) {
        RaftProperties p = new RaftProperties();
        // Both default to /tmp.
        RaftServerConfigKeys.setStorageDir(p, List.of(settings.directory().toFile()));
        RaftServerConfigKeys.setRemovedGroupsDir(
                p, settings.directory().resolveSibling("raft-removed").toFile());
        RaftServerConfigKeys.setStorageFreeSpaceMin(p, SizeInBytes.valueOf(RaftLimits.MIN_FREE_BYTES));

        // NETTY as transport had a safety fix as late as July 2026 (RATIS-2605) and knows no TLS.
        RaftConfigKeys.Rpc.setType(p, SupportedRpcType.GRPC);
        GrpcConfigKeys.Server.setHost(p, settings.listenHost());
        GrpcConfigKeys.Server.setPort(p, settings.selfMember().port());
        // Heartbeats on a stream of their own pass entries that a full disk holds up.
        GrpcConfigKeys.Server.setHeartbeatChannel(p, true);
        GrpcConfigKeys.Server.setLeaderOutstandingAppendsMax(p, OUTSTANDING_APPENDS);

        long electionMillis = settings.electionTimeout().toMillis();
        RaftServerConfigKeys.Rpc.setTimeoutMin(p, millis(electionMillis));
        RaftServerConfigKeys.Rpc.setTimeoutMax(p, millis(electionMillis * 2));
        // A node that has just started hears nobody, and waits less for it: if all were started, none leads and each
        // second
        // counts; if one leads, the vote before the vote disturbs nobody.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(p, millis(firstElectionMillis(electionMillis)));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(p, millis(firstElectionMillis(electionMillis) * 2));
        RaftServerConfigKeys.Rpc.setRequestTimeout(p, millis(10_000));

        // In heap, next to the open one: what a follower that is nearly up to date still needs. One that needs an entry
        // of
        // a segment that is not there makes the leader read that segment whole, so segments are small.
        RaftServerConfigKeys.Log.setSegmentSizeMax(p, SizeInBytes.valueOf("8MB"));
        // Zeros are written before entries, so that a force need not wait for the file system's journal. More than an
        // entry
        // at a time, and they reach the disk before what is written over them: twice the bytes.
        RaftServerConfigKeys.Log.setPreallocatedSize(p, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(p, 4);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(p, SizeInBytes.valueOf("32MB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(p, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(p, BATCH);
        RaftServerConfigKeys.Log.setQueueByteLimit(p, SizeInBytes.valueOf(WRITE_LIMIT_BYTES));
        RaftServerConfigKeys.Write.setByteLimit(p, SizeInBytes.valueOf(WRITE_LIMIT_BYTES));

        // One more entry and force for each advance of the commit index; without it a restarted node learns that index
        // from the next leader.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(p, false);
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(p, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(p, false);
        RaftServerConfigKeys.Log.setUseMemory(p, false);
        RaftServerConfigKeys.Log.setCorruptionPolicy(p, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);

        // A member that is away must not fill the others' disks: what a snapshot shows is purged, and whoever lacks it
        // fetches the snapshot, by a notification and not through the engine, which would send all of it again each
        // time.
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(p, true);
        RaftServerConfigKeys.Log.setPurgeGap(p, 1);
        // For members that were away for moments only. And purging up to the very entry that a follower has would leave
        // the leader without the term of that entry, which it must name with the next one.
        RaftServerConfigKeys.Log.setPurgePreservationLogNum(
                p, Math.max(MIN_KEPT_ENTRIES, Math.min(KEPT_ENTRIES, settings.snapshotLogBytes() / KEPT_ENTRY_BYTES)));
        RaftServerConfigKeys.Log.Appender.setInstallSnapshotEnabled(p, false);
        // The engine counts entries; we count bytes and ask for snapshots ourselves.
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(p, false);
        RaftServerConfigKeys.Snapshot.setCreationGap(p, 1);

        // Duplicates are recognised by the replicated state; the engine's cache only costs memory here.
        RaftServerConfigKeys.RetryCache.setExpiryTime(p, millis(10_000));
        RaftServerConfigKeys.Read.setOption(p, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.LeaderElection.setPreVote(p, true);
        // A newcomer votes when it lacks no more than this: entries are up to 2 MiB, 1,000 of them as by default two
        // GiB.
        RaftServerConfigKeys.setStagingCatchupGap(p, 64);
        // Of silence, not of catching up.
        RaftServerConfigKeys.setStagingTimeout(p, millis(Math.max(30_000, electionMillis * 6)));
        requireSafe(p);
        return p;
    }

    private static long firstElectionMillis(long electionMillis) {
        return Math.max(MIN_ELECTION_MILLIS, electionMillis / 3);
    }

    /** @throws IllegalArgumentException naming each setting under which an acknowledged entry could be lost */
    static void requireSafe(RaftProperties p) {
        List<String> unsafe = new ArrayList<>();
        if (RaftServerConfigKeys.Log.unsafeFlushEnabled(p)) {
            unsafe.add(RaftServerConfigKeys.Log.UNSAFE_FLUSH_ENABLED_KEY + ": acknowledges before the force");
        }
        if (RaftServerConfigKeys.Log.asyncFlushEnabled(p)) {
            unsafe.add(RaftServerConfigKeys.Log.ASYNC_FLUSH_ENABLED_KEY + ": counts a failed force as done");
        }
        if (RaftServerConfigKeys.Log.useMemory(p)) {
            unsafe.add(RaftServerConfigKeys.Log.USE_MEMORY_KEY + ": keeps the log in memory");
        }
        if (RaftServerConfigKeys.Log.corruptionPolicy(p) != RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION) {
            unsafe.add(RaftServerConfigKeys.Log.CORRUPTION_POLICY_KEY
                    + ": drops acknowledged entries of a damaged log and goes on voting");
        }
        if (RaftServerConfigKeys.Read.option(p) != RaftServerConfigKeys.Read.Option.LINEARIZABLE) {
            unsafe.add(RaftServerConfigKeys.Read.OPTION_KEY + ": a deposed leader would answer from the past");
        }
        if (RaftServerConfigKeys.Log.purgePreservationLogNum(p) < 1) {
            unsafe.add(RaftServerConfigKeys.Log.PURGE_PRESERVATION_LOG_NUM_KEY + ": a restarted follower is cut off");
        }
        if (!RaftServerConfigKeys.LeaderElection.preVote(p)) {
            unsafe.add(RaftServerConfigKeys.LeaderElection.PRE_VOTE_KEY + ": a returning node deposes a good leader");
        }
        if (RaftServerConfigKeys.storageDir(p).stream().anyMatch(d -> d.toPath().startsWith("/tmp/raft-server"))) {
            unsafe.add(RaftServerConfigKeys.STORAGE_DIR_KEY + ": the default, which a reboot clears");
        }
        if (RaftServerConfigKeys.Write.byteLimit(p).getSize() < 2 * RaftLimits.MAX_IN_FLIGHT_BYTES) {
            unsafe.add(RaftServerConfigKeys.Write.BYTE_LIMIT_KEY + ": below what submitters may have in flight");
        }
        if (RaftServerConfigKeys.Log.Appender.bufferByteLimit(p).getSize() < RaftLimits.MAX_ENTRY_BYTES + 1024) {
            unsafe.add(RaftServerConfigKeys.Log.Appender.BUFFER_BYTE_LIMIT_KEY + ": below the largest entry");
        }
        if (!RaftServerConfigKeys.Log.purgeUptoSnapshotIndex(p)) {
            unsafe.add(RaftServerConfigKeys.Log.PURGE_UPTO_SNAPSHOT_INDEX_KEY
                    + ": a member that is away fills the others' disks");
        }
        if (RaftServerConfigKeys.Log.Appender.installSnapshotEnabled(p)) {
            unsafe.add(RaftServerConfigKeys.Log.Appender.INSTALL_SNAPSHOT_ENABLED_KEY
                    + ": the engine's snapshots hold no segments");
        }
        if (RaftServerConfigKeys.Snapshot.autoTriggerEnabled(p)) {
            unsafe.add(RaftServerConfigKeys.Snapshot.AUTO_TRIGGER_ENABLED_KEY
                    + ": counts entries, of which 400,000 may be 400 GB");
        }
        if (RaftServerConfigKeys.removedGroupsDir(p).toPath().startsWith("/tmp/raft-server")) {
            unsafe.add(RaftServerConfigKeys.REMOVED_GROUPS_DIR_KEY + ": the default, which a reboot clears");
        }
        long minMillis = RaftServerConfigKeys.Rpc.timeoutMin(p).toLong(TimeUnit.MILLISECONDS);
        long maxMillis = RaftServerConfigKeys.Rpc.timeoutMax(p).toLong(TimeUnit.MILLISECONDS);
        if (minMillis < MIN_ELECTION_MILLIS || maxMillis < minMillis + minMillis / 2) {
            unsafe.add(RaftServerConfigKeys.Rpc.TIMEOUT_MIN_KEY
                    + ": pauses are taken for deaths, or members stand for election at the same moment");
        }
        if (!RaftConfigKeys.Rpc.type(p, text -> {}).equals(SupportedRpcType.GRPC)) {
            unsafe.add(RaftConfigKeys.Rpc.TYPE_KEY + ": neither TLS nor what peers ask each other");
        }
        if (RaftServerConfigKeys.Log.writeBufferSize(p).getSize()
                < RaftServerConfigKeys.Log.Appender.bufferByteLimit(p).getSize() + 8) {
            unsafe.add(RaftServerConfigKeys.Log.WRITE_BUFFER_SIZE_KEY + ": below the largest entry");
        }
        if (RaftServerConfigKeys.LeaderElection.memberMajorityAdd(p)) {
            unsafe.add(RaftServerConfigKeys.LeaderElection.MEMBER_MAJORITY_ADD_KEY
                    + ": empty members could outvote those that have the data");
        }
        if (!unsafe.isEmpty()) {
            throw new IllegalArgumentException("unsafe settings of the log: " + String.join("; ", unsafe));
        }
    }

    private static TimeDuration millis(long millis) {
        return TimeDuration.valueOf(millis, TimeUnit.MILLISECONDS);
    }
}
