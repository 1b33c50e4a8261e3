package dev.raftsman.cold;

import java.io.IOException;

/** An object's bytes, read in ranges. */
public interface ByteRanges {
    /** @return the object's name for messages */
    String name();

    /** @return bytes of the object */
    long length();

    /** @return exactly these bytes, which the caller may keep and must not change */
    byte[] read(long offset, int length) throws IOException;
}
