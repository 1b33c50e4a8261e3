package dev.raftsman.policy;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * How much of a stream the collectors keep. Beyond any limit given here a segment is acted on; with none, never.
 *
 * @param age counted from sealing, never from the events' own time; zero acts on every sealed segment
 * @param sizeBytes of one stream's segments together, the newest counted first
 */
public record KeepHot(Optional<Duration> age, OptionalLong sizeBytes) {
    /** Where no file says anything. */
    public static final KeepHot DEFAULT = new KeepHot(Optional.of(Duration.ofHours(72)), OptionalLong.empty());

    public KeepHot {
        if (age.isPresent() && age.get().isNegative()) {
            throw new IllegalArgumentException("keepHot age " + age.get());
        }
        if (sizeBytes.isPresent() && sizeBytes.getAsLong() < 0) {
            throw new IllegalArgumentException("keepHot size " + sizeBytes.getAsLong());
        }
    }
}
