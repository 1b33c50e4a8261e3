package dev.raftsman.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.standalone.Verb;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The launcher is no Java and has names of verbs of its own, those whose JVM is another; they are these. */
class LauncherTest {
    private static final Set<String> PROCESSES = Set.of(Verb.AGENT, Verb.COLLECTOR, Verb.ARCHIVER);

    private static String launcher() throws IOException {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.exists(directory.resolve("LICENSE"))) {
            directory = directory.getParent();
        }
        return Files.readString(directory.resolve("raftsman"));
    }

    private static Set<String> found(String text, String pattern) {
        Set<String> found = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            found.addAll(List.of(matcher.group(1).split(" \\| ")));
        }
        return found;
    }

    @Test
    void givesEveryProcessAMemoryOfItsOwnAndNamesNoVerbThatIsNotThere() throws IOException {
        String launcher = launcher();
        int begin = launcher.indexOf("case $verb in");
        String cases = launcher.substring(begin, launcher.indexOf("esac", begin));
        Set<String> named = found(cases, "(?m)^  ([a-z |-]+)\\)");
        assertThat(named).containsAll(PROCESSES);
        assertThat(Main.commandLine().getSubcommands().keySet()).containsAll(named);
        assertThat(found(launcher, "\"\\$verb\" = ([a-z-]+) ")).isNotEmpty().isSubsetOf(PROCESSES);
    }
}
