package dev.raftsman.raft;

import java.util.Map;

/**
 * What a log is joined to.
 *
 * @param tls null for plain text between the nodes
 * @param handlers what peers are answered on the log's port, by verb
 * @param opener makes the state that the log drives
 * @param marks while they say that the disk is full, nothing is taken into the log
 * @param failures learns that the log cannot go on
 */
public record LogSurroundings(
        LogTls tls,
        Map<String, PeerHandler> handlers,
        AppliedState.Opener opener,
        DiskMarks marks,
        FailureListener failures) {
    public LogSurroundings {
        handlers = Map.copyOf(handlers);
    }

    /** In plain text, with a disk that is never full and nothing for peers but the log. */
    public LogSurroundings(AppliedState.Opener opener, FailureListener failures) {
        this(null, Map.of(), opener, DiskMarks.none(), failures);
    }
}
