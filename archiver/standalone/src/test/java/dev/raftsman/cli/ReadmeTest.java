package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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

    /** A call of ours, up to what ends a command in a shell. */
    private static final String CALL = "(?:\\./)?raftsman ([^`|;&>#)\n]+)";

    private static final Pattern IN_BLOCK = Pattern.compile("(?:^|[\\s;|&(])" + CALL);
    private static final Pattern IN_TEXT = Pattern.compile("`" + CALL);

    @Test
    void namesNoVerbAndNoOptionThatIsNotThere() throws IOException {
        List<String> wrong = new ArrayList<>();
        int calls = 0;
        boolean block = false;
        for (String line : readme().lines().toList()) {
            block = line.strip().startsWith("```") ? line.strip().equals("```sh") : block;
            String code = block ? line.replaceAll("(^|\\s)# .*", "") : line;
            Matcher call = (block ? IN_BLOCK : IN_TEXT).matcher(code);
            while (call.find()) {
                calls++;
                check(call.group(1).strip().split(" +"), line, wrong);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(calls).isGreaterThan(50);
    }

    private static void check(String[] words, String line, List<String> wrong) {
        CommandLine command = Main.commandLine();
        int at = 0;
        while (at < words.length && command.getSubcommands().containsKey(words[at])) {
            command = command.getSubcommands().get(words[at++]);
        }
        if (at == 0 && words[0].matches("[a-z][a-z-]*")) {
            wrong.add("no verb " + words[0] + ": " + line);
            return;
        }
        for (String word : Arrays.copyOfRange(words, at, words.length)) {
            String option = word.replaceAll("=.*|[,.:'\"]+$", "");
            if (option.matches("--?[a-z-]+")
                    && !command.getCommandSpec().optionsMap().containsKey(option)) {
                wrong.add("'" + command.getCommandSpec().qualifiedName() + "' has no " + option + ": " + line);
            }
        }
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
