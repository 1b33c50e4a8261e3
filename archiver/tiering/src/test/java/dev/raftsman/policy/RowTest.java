package dev.raftsman.policy;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decision table is written down in two places for people; where they differ from the code, they are wrong. */
class RowTest {
    @Test
    void thePackagesPageShowsTheTable() throws IOException {
        String page = Files.readString(Path.of("src/main/java/dev/raftsman/policy/package-info.java"));
        List<String> lines = page.substring(page.indexOf("<pre>") + 5, page.indexOf("</pre>"))
                .lines()
                .map(line -> line.replaceFirst("^ \\* ?", ""))
                .filter(line -> !line.isBlank())
                .toList();
        assertThat(lines).containsExactlyElementsOf(Row.table().lines().toList());
    }

    @Test
    void readmeShowsTheTable() throws IOException {
        assertThat(Files.readString(Path.of("..", "..", "README.md"))).contains(Row.markdown());
    }

    @Test
    void everyLabelIsItsOwn() {
        assertThat(Arrays.stream(Row.values()).map(Row::label)).doesNotHaveDuplicates();
    }
}
