package dev.raftsman.catalog;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * Which data directory each node's id belongs to, those of removed nodes too. Who votes now is in the engine's
 * configuration, which this table follows; it remembers what that one forgets.
 */
final class MemberTable {
    private final Map<String, MemberView> rows = new TreeMap<>();

    MemberTable(List<MemberView> members) {
        members.forEach(row -> rows.put(row.node(), row));
    }

    CommandResult invite(Command.Invite invite) {
        return bind(invite.node(), invite.directory(), MemberState.INVITED);
    }

    CommandResult enlist(Command.Enlist enlist) {
        return bind(enlist.node(), enlist.directory(), MemberState.MEMBER);
    }

    private CommandResult bind(String node, UUID directory, MemberState state) {
        MemberView row = rows.get(node);
        if (row != null && row.state() == MemberState.RETIRED) {
            return new CommandResult.Refused(
                    RefusalReason.RETIRED_NODE, node + " was removed; its id is never taken again");
        }
        if (row != null && !row.directory().equals(directory)) {
            return new CommandResult.Refused(
                    RefusalReason.OTHER_DIRECTORY,
                    node + " has directory " + row.directory() + ", not " + directory + "; its id is of that one only");
        }
        if (row != null && row.state().compareTo(state) >= 0) {
            return new CommandResult.Done(0);
        }
        rows.put(node, new MemberView(node, directory, state));
        return new CommandResult.Done(1);
    }

    CommandResult retire(Command.Retire retire) {
        MemberView row = rows.get(retire.node());
        if (row == null) {
            return new CommandResult.Refused(RefusalReason.UNKNOWN_NODE, "no node " + retire.node());
        }
        boolean changes = row.state() != MemberState.RETIRED;
        rows.put(row.node(), new MemberView(row.node(), row.directory(), MemberState.RETIRED));
        return new CommandResult.Done(changes ? 1 : 0);
    }

    /** By node. */
    List<MemberView> views() {
        return List.copyOf(rows.values());
    }
}
