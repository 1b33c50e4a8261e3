package dev.raftsman.standalone;

/** What the launcher runs as a process that stays: its first argument. The launcher gives each its own memory. */
public final class Verb {
    public static final String AGENT = "agent";
    public static final String COLLECTOR = "collector";
    public static final String ARCHIVER = "archiver";

    private Verb() {}
}
