package dev.raftsman.catalog;

/** What a node is to the cluster. Each leads to the next only. */
public enum MemberState {
    /** Its id has a directory; it may become a member. */
    INVITED,
    /** It votes, or did so when this was noted. */
    MEMBER,
    /** It was removed; the id is never taken again. */
    RETIRED
}
