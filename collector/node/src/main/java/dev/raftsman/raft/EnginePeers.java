package dev.raftsman.raft;

import dev.raftsman.config.HostPort;
import java.util.List;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;

/** Members as the engine has them. */
final class EnginePeers {
    private EnginePeers() {}

    static RaftGroup group(RaftGroupId id, List<LogMember> members) {
        return RaftGroup.valueOf(id, peers(members));
    }

    static List<RaftPeer> peers(List<LogMember> members) {
        return members.stream().map(EnginePeers::peer).toList();
    }

    private static RaftPeer peer(LogMember member) {
        RaftPeer.Builder peer = RaftPeer.newBuilder().setId(member.id()).setAddress(member.address());
        // The engine means these two for clients of its own, of which there are none.
        if (!member.ingest().isEmpty()) {
            peer.setClientAddress(member.ingest());
        }
        if (!member.http().isEmpty()) {
            peer.setAdminAddress(member.http());
        }
        return peer.build();
    }

    static LogMember member(RaftPeer peer) {
        HostPort raft = HostPort.parse(peer.getAddress());
        return new LogMember(
                peer.getId().toString(),
                raft.host(),
                raft.port(),
                peer.getClientAddress() == null ? "" : peer.getClientAddress(),
                peer.getAdminAddress() == null ? "" : peer.getAdminAddress());
    }
}
