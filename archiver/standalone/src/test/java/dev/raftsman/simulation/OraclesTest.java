package dev.raftsman.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each oracle of the simulation finds the fault that it is there for, when a part of the model is broken on purpose. */
class OraclesTest {
    private static final int SEEDS = 12;
    private static final int EVENTS = 2_000;

    @ParameterizedTest
    @CsvSource({
        "ACKNOWLEDGED_UNWRITTEN,    O1",
        "BLOCK_SKIPPED_ON_ONE_NODE, O1",
        "STORED_AGAIN,              O2",
        "EVENTS_REORDERED,          O3",
        "GAP_LEFT_OUT,              O3",
        "OWN_STAMPS,                O4",
        "BLOCK_SKIPPED_ON_ONE_NODE, O4",
        "EVENTS_INVENTED,           O5",
        "BYTE_CHANGED,              O5",
        "LOSS_LEFT_OUT,             O6",
        "GAP_LEFT_OUT,              O6",
    })
    void findsWhatIsBroken(Sabotage how, String oracle) throws IOException {
        List<String> all = new ArrayList<>();
        for (long seed = 0; seed < SEEDS && all.stream().noneMatch(each -> each.startsWith(oracle)); seed++) {
            all.addAll(complaints(how, seed));
        }
        assertThat(all).anyMatch(each -> each.startsWith(oracle + ": "));
    }

    private static List<String> complaints(Sabotage how, long seed) throws IOException {
        Path directory = ClusterSimulation.directory();
        ClusterSimulation simulation = ClusterSimulation.broken(how, seed, directory, EVENTS);
        try {
            return simulation.run();
        } finally {
            simulation.close();
            ClusterSimulation.delete(directory);
        }
    }
}
