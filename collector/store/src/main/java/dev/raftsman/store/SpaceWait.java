package dev.raftsman.store;

import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What applying does while the disk is full: committed entries cannot be refused, so it waits. Admission should have
 * stopped before ({@link ReplicatedState#waitingForSpace()} says that it is too late).
 */
@FunctionalInterface
public interface SpaceWait {
    /**
     * Returns when the write may be tried again. Called by the applying thread, without any lock.
     *
     * @param attempt 1 for the first failure of this write, rising
     * @throws InterruptedException ends applying: the state fails as if the disk had
     */
    void await(Path directory, int attempt, StorageFullException full) throws InterruptedException;

    /** Tries again at intervals; says so at the first failure and once a minute. */
    static SpaceWait polling(Duration interval) {
        Logger log = LoggerFactory.getLogger(SpaceWait.class);
        long attemptsPerMinute = Math.max(1, Duration.ofMinutes(1).dividedBy(interval));
        return (directory, attempt, full) -> {
            if (attempt % attemptsPerMinute == 1 || attemptsPerMinute == 1) {
                log.error(
                        "applying waits for space: directory={}, attempt={}, reason={}",
                        directory,
                        attempt,
                        full.getMessage());
            }
            Thread.sleep(interval.toMillis());
        };
    }
}
