package dev.raftsman.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.raftsman.catalog.CatalogJson;
import dev.raftsman.catalog.CatalogView;
import dev.raftsman.catalog.Command;
import dev.raftsman.catalog.CommandResult;
import dev.raftsman.catalog.MalformedJsonException;

/** A command, a result or a view as JSON: it is one, and is written as the same again, or a {@link MalformedJsonException}. */
class CatalogJsonFuzzTest {
    static final int RESULT = 1;
    static final int VIEW = 2;

    @FuzzTest(maxDuration = "60s")
    void json(byte[] data) throws Exception {
        Input input = Input.of(data);
        Memory.atMost(512L * data.length, () -> read(input));
    }

    private static void read(Input input) {
        try {
            if (input.has(RESULT)) {
                CommandResult result = CatalogJson.readResult(input.bytes());
                assertThat(CatalogJson.readResult(CatalogJson.write(result))).isEqualTo(result);
            } else if (input.has(VIEW)) {
                CatalogView view = CatalogJson.readView(input.bytes());
                assertThat(CatalogJson.readView(CatalogJson.write(view))).isEqualTo(view);
            } else {
                Command command = CatalogJson.readCommand(input.bytes());
                assertThat(CatalogJson.readCommand(CatalogJson.write(command))).isEqualTo(command);
            }
        } catch (MalformedJsonException declared) {
            assertThat(declared.getMessage()).isNotEmpty();
        }
    }
}
