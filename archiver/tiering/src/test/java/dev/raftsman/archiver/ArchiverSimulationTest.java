package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Archivers from one seed: whatever fails, dies or sleeps, each segment is in one object and on one page, nothing goes before
 * it was verified, nothing is left over, and what is given up was to be.
 *
 * <p>{@code -Draftsman.seed=N} runs one seed, {@code -Draftsman.seeds=N} so many.
 */
class ArchiverSimulationTest {
    private static final int SEEDS = Integer.getInteger("raftsman.seeds", 40);

    /** Two archivers that fail all the time have much to say. */
    private static final Logger LOG = (Logger) LoggerFactory.getLogger("dev.raftsman");

    @TempDir(factory = FastDirectory.class)
    Path temporary;

    @BeforeAll
    static void quiet() {
        LOG.setLevel(Level.OFF);
    }

    @AfterAll
    static void loud() {
        LOG.setLevel(null);
    }

    @Test
    void whateverBreaksEachSegmentIsStoredOnceAndNothingGoesTooEarly() throws Exception {
        long only = Long.getLong("raftsman.seed", -1);
        Map<String, Integer> sum = new TreeMap<>();
        long began = System.nanoTime();
        for (long seed = Math.max(only, 0); seed < (only >= 0 ? only + 1 : SEEDS); seed++) {
            run(seed).forEach((what, times) -> sum.merge(what, times, Integer::sum));
        }
        System.err.printf("archivers: %s, %d s%n", sum, TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began));
        if (only < 0 && SEEDS >= 40) {
            for (String fault : List.of(
                    "asked twice",
                    "cut short",
                    "damaged at rest",
                    "disk full in a fetch",
                    "failed after",
                    "failed before",
                    "killed in a round",
                    "not fetched",
                    "out",
                    "damaged on the way",
                    "disk full in recoding",
                    "stale list",
                    "woke up late")) {
                assertThat(sum.getOrDefault(fault, 0))
                        .as("the faults do happen: %s", fault)
                        .isPositive();
            }
        }
    }

    @Test
    void aSeedRunsTheSameWayAgain() throws Exception {
        assertThat(traceOf(11)).isEqualTo(traceOf(11));
        assertThat(traceOf(11)).isNotEqualTo(traceOf(12));
    }

    private String traceOf(long seed) throws Exception {
        Path directory = temporary.resolve("trace-" + seed);
        try (ArchiverSimulation simulation = ArchiverSimulation.honest(seed, directory)) {
            return simulation.report(simulation.run()) + simulation.counts();
        } finally {
            ArchiverSimulation.delete(directory);
        }
    }

    private Map<String, Integer> run(long seed) throws Exception {
        Path directory = temporary.resolve("seed-" + seed);
        try (ArchiverSimulation simulation = ArchiverSimulation.honest(seed, directory)) {
            try {
                List<String> complaints = simulation.run();
                if (!complaints.isEmpty()) {
                    throw new AssertionError(simulation.report(complaints));
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(simulation.report(List.of(e.toString())), e);
            }
            return simulation.counts();
        } finally {
            ArchiverSimulation.delete(directory);
        }
    }
}
