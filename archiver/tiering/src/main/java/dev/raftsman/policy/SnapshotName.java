package dev.raftsman.policy;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/** A snapshot's name: {@code <policy>.<UTC time of the cluster>.<Raft index, hex>}. A policy's name has no dot. */
public final class SnapshotName {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

    private SnapshotName() {}

    public static String of(String policy, long atMillis, long index) {
        return policy + "." + TIME.format(Instant.ofEpochMilli(atMillis)) + "."
                + HexFormat.of().toHexDigits(index);
    }

    /** @return whether a policy of this name took the snapshot */
    public static boolean isOf(String policy, String id) {
        return id.startsWith(policy + ".");
    }
}
