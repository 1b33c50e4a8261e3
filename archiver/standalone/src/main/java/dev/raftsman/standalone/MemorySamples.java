package dev.raftsman.standalone;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** The memory of a process at many moments. */
final class MemorySamples {
    private final List<MemoryFigures> samples = new ArrayList<>();

    void add(MemoryFigures sample) {
        samples.add(sample);
    }

    /** The sample with the greatest resident set. */
    MemoryFigures peak() {
        return samples.stream()
                .max(Comparator.comparingLong(MemoryFigures::residentBytes))
                .orElse(MemoryFigures.NONE);
    }

    /** The sample in the middle by resident set. */
    MemoryFigures median() {
        return samples.isEmpty()
                ? MemoryFigures.NONE
                : samples.stream()
                        .sorted(Comparator.comparingLong(MemoryFigures::residentBytes))
                        .toList()
                        .get(samples.size() / 2);
    }
}
