package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.bundle.Application.Run;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Applications as strangers write them, with the finished jar on their class path and no option of the JVM: what they
 * print is what they print without us, their threads are theirs, they end when they are done.
 */
class SampleApplicationsIT {
    private static final int EVENTS = 2_000;

    /** The main thread is over; what the log still has to do, the JVM waits for. Much, on a loaded machine. */
    private static final Duration PROMPTLY = Duration.ofSeconds(10);

    /** The end of a program waits so long for what is in the ring, and then counts it as lost. */
    private static final Duration LONGEST_DRAIN = Duration.ofSeconds(5);

    @TempDir
    Path root;

    static Stream<Arguments> everyFrameworkAndJdk() {
        return Stream.of(Framework.values())
                .flatMap(framework -> Stream.of(17, 25).map(release -> Arguments.of(framework, release)));
    }

    @ParameterizedTest(name = "{0}, Java {1}")
    @MethodSource("everyFrameworkAndJdk")
    void printsWhatItPrintsWithoutUs(Framework framework, int release) throws IOException {
        Jdk jdk = Jdk.of(release);
        Run plain = framework.application(root.resolve("plain")).run(jdk, framework.main(), EVENTS, "");
        Application logging = framework.loggingApplication(root.resolve("logging"), true);
        Files.writeString(root.resolve("logging/system.properties"), "not.for.us = true"); // the queue would load it
        Run run = logging.run(jdk, framework.main(), EVENTS, Application.WRITING);

        assertThat(plain.exitCode()).as(plain.error()).isZero();
        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.error()).isEqualTo(plain.error());
        assertThat(run.output()).isEqualTo(plain.output());
        assertThat(run.output() + run.error()).contains("open", "sold 3 of apples", "closed");
        assertThat(logging.stored()).isEqualTo(EVENTS);
        List<String> added = new ArrayList<>(run.threads());
        added.removeAll(plain.threads());
        assertThat(added)
                .contains("daemon raftsman-flush", "daemon " + Application.WRITING)
                .allMatch(thread -> thread.startsWith("daemon raftsman-"));
        assertThat(run.properties())
                .filteredOn(name -> !plain.properties().contains(name))
                .allMatch(name -> name.startsWith("raftsman."));
        assertThat(run.afterMain()).isLessThan(PROMPTLY);
    }

    @ParameterizedTest(name = "{0}, Java {1}")
    @CsvSource({"LOGBACK, 17", "LOGBACK, 25", "LOG4J2, 25", "JUL, 17"})
    void losesNothingIfItEndsBeforeTheLogIsOpen(Framework framework, int release) {
        Jdk jdk = Jdk.of(release);
        Application logging = framework.loggingApplication(root.resolve("logging"), false);
        Run run = logging.run(jdk, framework.main(), EVENTS, "");

        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.error()).isEqualTo("closed\n");
        assertThat(run.afterMain()).isLessThan(PROMPTLY);
        long stored = logging.stored();
        assumeTrue(
                stored == EVENTS || run.afterMain().compareTo(LONGEST_DRAIN) < 0,
                "skipped: this machine took longer to open the log than the end of a program waits for it");
        assertThat(stored).isEqualTo(EVENTS);
    }
}
