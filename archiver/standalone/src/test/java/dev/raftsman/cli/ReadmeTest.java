package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** README repeats what the code says of itself; where they differ, README is wrong. */
class ReadmeTest {
    private static String readme() throws IOException {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("LICENSE"))) {
            directory = directory.getParent();
        }
        return Files.readString(directory.resolve("README.md"));
    }

    @Test
    void showsEveryConfigurationKeyAsTheCodeReadsIt() throws IOException {
        assertThat(readme())
                .as("README's reference is the output of 'raftsman config reference'")
                .contains(ConfigReference.markdown());
    }

    @Test
    void showsEveryVerbAsTheHelpDoes() throws IOException {
        CommandLine line = Main.commandLine().setUsageHelpAutoWidth(false);
        String verbs = line.getHelp().commandList();
        assertThat(readme())
                .as("README's list of verbs is that of 'raftsman --help', 80 columns wide")
                .contains(verbs);
    }
}
