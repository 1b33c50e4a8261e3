package dev.raftsman.store;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;

/**
 * What may differ from node to node. What must not, such as the length of segments, is set through the log: {@link
 * dev.raftsman.catalog.Command.Configure}.
 *
 * @param spaceWait what to do while the disk is full
 * @param forceBytes dirty bytes after which a force begins in the background, so that a snapshot finds little to do
 * @param forcing makes what files are forced on, for each state that is opened: one task at a time, in their order
 */
public record StoreSettings(SpaceWait spaceWait, long forceBytes, Supplier<ExecutorService> forcing) {
    /** Tries again every 250 ms when full; forces in the background every 64 MiB. */
    public static final StoreSettings DEFAULT = new StoreSettings(SpaceWait.polling(Duration.ofMillis(250)), 64L << 20);

    /** Forces on a thread of the state's own. */
    public StoreSettings(SpaceWait spaceWait, long forceBytes) {
        this(spaceWait, forceBytes, SegmentForcer::thread);
    }

    public StoreSettings {
        Objects.requireNonNull(spaceWait, "spaceWait");
        Objects.requireNonNull(forcing, "forcing");
        if (forceBytes < 1) {
            throw new IllegalArgumentException("forceBytes " + forceBytes);
        }
    }
}
