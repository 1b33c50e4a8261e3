package dev.raftsman.policy;

import java.time.Duration;
import java.util.Locale;

/**
 * What becomes of segments that are due while their target cannot be reached.
 *
 * @param after how long nothing but failures makes an outage
 */
public record OutageRule(Behaviour behaviour, Duration after) {
    public static final OutageRule DEFAULT = new OutageRule(Behaviour.HOLD, Duration.ofMinutes(15));

    /** Named as in the file. */
    public enum Behaviour {
        /** They stay on the collectors, however many; when disks fill, the collectors take no more from anybody. */
        HOLD,
        /** As hold, but beyond keepHot.size the collectors take no more blocks of the stream: its senders keep them. */
        THROTTLE,
        /** They are given up, after their time of grace, and declared as truncated. */
        TRUNCATE;

        String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
