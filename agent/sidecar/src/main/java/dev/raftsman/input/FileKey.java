package dev.raftsman.input;

/** The file itself, whatever it is called. */
record FileKey(long device, long inode) {}
