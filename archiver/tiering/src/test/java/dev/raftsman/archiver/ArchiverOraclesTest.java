package dev.raftsman.archiver;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.slf4j.LoggerFactory;

/** Each oracle of the simulation finds the fault that it is there for, when a part of the model is broken on purpose. */
class ArchiverOraclesTest {
    private static final int SEEDS = 12;
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

    @ParameterizedTest
    @CsvSource({
        "PAGE_NOT_KEPT,            entry",
        "STORED_TWICE,             object",
        "STORED_TWICE,             orphan",
        "NOTHING_DELETED,          orphan",
        "READ_FROM_A_CACHE,        verified",
        "COMMITTED_WHEN_ANNOUNCED, verified",
        "TRUNCATED_WHEN_ANNOUNCED, truncation",
        "BLOCK_LEFT_OUT,           ingest",
        "STAGING_FILLED,           bounded",
        "STAGING_FILLED,           orphan",
        "NOBODY_TOLD,              declared",
        "STREAMS_LEFT_OPEN,        bounded",
    })
    void findsWhatIsBroken(ArchiverSabotage how, String oracle) throws Exception {
        List<String> all = new ArrayList<>();
        for (long seed = 0; seed < SEEDS && all.stream().noneMatch(each -> each.startsWith(oracle)); seed++) {
            Path directory = temporary.resolve(how + "-" + seed);
            try (ArchiverSimulation simulation = ArchiverSimulation.broken(how, seed, directory)) {
                all.addAll(simulation.run());
            } finally {
                ArchiverSimulation.delete(directory);
            }
        }
        assertThat(all).anyMatch(each -> each.startsWith(oracle + ": "));
    }
}
