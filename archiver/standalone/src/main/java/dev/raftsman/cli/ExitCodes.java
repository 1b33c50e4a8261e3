package dev.raftsman.cli;

/** Exit codes of every verb: those of BSD {@code sysexits.h}, so that a supervisor can tell its own mistakes from ours. */
public final class ExitCodes {
    public static final int OK = 0;
    /** What was compared differs: the demo, an audit with losses. */
    public static final int MISMATCH = 1;

    /** As of grep: nothing matches. */
    public static final int NOTHING_FOUND = 1;

    public static final int USAGE = 64;
    public static final int DATA_ERROR = 65;
    public static final int NO_INPUT = 66;
    public static final int UNAVAILABLE = 69;
    public static final int SOFTWARE = 70;
    public static final int CANNOT_CREATE = 73;
    public static final int IO_ERROR = 74;
    /** Not now: somebody else is at work there, or it took too long. */
    public static final int TEMPORARY = 75;

    public static final int NO_PERMISSION = 77;
    public static final int CONFIG = 78;
    /** As a shell says it of a process that SIGPIPE ended. */
    public static final int BROKEN_PIPE = 141;

    private ExitCodes() {}
}
