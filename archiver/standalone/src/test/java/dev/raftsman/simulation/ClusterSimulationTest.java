package dev.raftsman.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Sidecars, collectors and their files from one seed, in virtual time and one thread: whatever breaks, all that was
 * acknowledged is there once and in order on every node, and what is missing is declared.
 *
 * <p>{@code -Draftsman.seed=N} runs one seed, {@code -Draftsman.seeds=N} so many; {@code -Psimulation} runs 5,000.
 */
class ClusterSimulationTest {
    private static final int SEEDS = Integer.getInteger("raftsman.seeds", 200);
    private static final int EVENTS = 6_000;

    @Test
    void whateverBreaksEverythingAcknowledgedIsThereOnceAndInOrder() throws IOException {
        long only = Long.getLong("raftsman.seed", -1);
        ClusterSimulation.Summary sum = new ClusterSimulation.Summary(0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        long began = System.nanoTime();
        for (long seed = Math.max(only, 0); seed < (only >= 0 ? only + 1 : SEEDS); seed++) {
            sum = sum.plus(run(seed));
        }
        System.err.printf("simulation: %s, %d s%n", sum, (System.nanoTime() - began) / Scheduler.SECOND);
        if (only < 0 && SEEDS >= 100) {
            assertThat(sum.crashes()).as("the faults do happen").isGreaterThan(SEEDS);
            assertThat(sum.hostCrashes()).as("the faults do happen").isGreaterThan(SEEDS / 2);
            assertThat(sum.installs()).as("the faults do happen").isGreaterThan(SEEDS / 10);
            assertThat(sum.terms()).as("the faults do happen").isGreaterThan(3L * SEEDS);
            assertThat(sum.snapshots()).as("the faults do happen").isGreaterThan(SEEDS);
        }
    }

    @Test
    void aSeedRunsTheSameWayAgain() throws IOException {
        assertThat(traceOf(11)).isEqualTo(traceOf(11));
        assertThat(traceOf(11)).isNotEqualTo(traceOf(12));
    }

    private static String traceOf(long seed) throws IOException {
        Path directory = ClusterSimulation.directory();
        ClusterSimulation simulation = ClusterSimulation.honest(seed, directory, 1_500);
        try {
            List<String> complaints = simulation.run();
            return simulation.report(complaints) + simulation.summary() + simulation.digests();
        } finally {
            simulation.close();
            ClusterSimulation.delete(directory);
        }
    }

    private static ClusterSimulation.Summary run(long seed) throws IOException {
        Path directory = ClusterSimulation.directory();
        ClusterSimulation simulation = ClusterSimulation.honest(seed, directory, EVENTS);
        try {
            List<String> complaints = simulation.run();
            if (!complaints.isEmpty()) {
                throw new AssertionError(simulation.report(complaints));
            }
            return simulation.summary();
        } catch (RuntimeException e) {
            throw new AssertionError(simulation.report(List.of(e.toString())), e);
        } finally {
            simulation.close();
            ClusterSimulation.delete(directory);
        }
    }
}
