package dev.raftsman.bundle;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** A Java installation to run sample applications on. */
record Jdk(int release, Path home) {
    private static final Path INSTALLED = Path.of("/usr/lib/jvm");

    /**
     * The one of this release: this one, or one of RAFTSMAN_JDKS (directories like those of a class path), or one where
     * Linux has them. Without any the test is skipped.
     */
    static Jdk of(int release) {
        for (Path home : candidates()) {
            if (Files.isExecutable(home.resolve("bin/java")) && releaseOf(home) == release) {
                return new Jdk(release, home);
            }
        }
        assumeTrue(false, "skipped: no Java " + release + " in RAFTSMAN_JDKS or " + INSTALLED);
        throw new AssertionError();
    }

    private static List<Path> candidates() {
        List<Path> homes = new ArrayList<>(List.of(Path.of(System.getProperty("java.home"))));
        String named = System.getenv("RAFTSMAN_JDKS");
        if (named != null) {
            Arrays.stream(named.split(File.pathSeparator)).map(Path::of).forEach(homes::add);
        }
        try (Stream<Path> installed = Files.list(INSTALLED)) {
            installed.sorted().forEach(homes::add);
        } catch (IOException none) {
            // Then there is this one.
        }
        return homes;
    }

    private static int releaseOf(Path home) {
        try (Stream<String> lines = Files.lines(home.resolve("release"))) {
            return lines.filter(line -> line.startsWith("JAVA_VERSION="))
                    .map(line -> line.replaceFirst("JAVA_VERSION=\"(\\d+).*", "$1"))
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | RuntimeException unknown) {
            return 0;
        }
    }

    Path java() {
        return home.resolve("bin/java");
    }
}
