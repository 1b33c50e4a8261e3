package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.bundle.Application.Run;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Applications that bring libraries of ours in versions of their own: each uses its own. One with nothing at all is {@link
 * Framework#JUL} in the other tests.
 */
class ForeignLibrariesIT {
    private static final int EVENTS = 20_000;

    @TempDir
    Path root;

    /** More events than Log4j2's own ring holds, and none of our 4.0 in its hands: with that it loses some. */
    @ParameterizedTest(name = "Java {0}")
    @ValueSource(ints = {17, 25})
    void anOlderDisruptorGoesOnDrivingAsynchronousLoggers(int release) {
        Application application = Framework.LOG4J2
                .loggingApplication(root, false)
                .with("disruptor34")
                .withFile(
                        "log4j2.component.properties",
                        "log4j2.contextSelector = org.apache.logging.log4j.core.async.AsyncLoggerContextSelector");
        Run run = application.run(Jdk.of(release), Framework.LOG4J2.main(), EVENTS, "Log4j2-TF-");

        assertThat(run.exitCode()).as(run.error()).isZero();
        // On newer JVMs the old Disruptor itself is warned of.
        assertThat(run.error().lines().filter(line -> !line.startsWith("WARNING: ")))
                .containsExactly("closed");
        assertThat(run.error()).doesNotContain("dev.raftsman");
        assertThat(run.threads()).anyMatch(thread -> thread.contains("Log4j2-TF-"));
        assertThat(application.stored()).isEqualTo(EVENTS);
    }

    @Test
    void anOlderSlf4jGoesOnCarryingTheEvents() {
        Application application = Framework.JUL.loggingApplication(root, false).with("slf4j17");
        Run run = application.run(Jdk.of(17), "shop.Slf4jTill", EVENTS, Application.WRITING);

        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.error()).isEqualTo("closed\n");
        assertThat(application.stored()).isEqualTo(EVENTS);
    }

    @Test
    void anOlderLogbackLosesNothing() {
        Application application = Framework.LOGBACK.loggingApplication(root, false);
        application.classPath().removeAll(Application.jarsOf("logback"));
        application.with("logback12");
        Run run = application.run(Jdk.of(17), "shop.OldLogbackTill", EVENTS, Application.WRITING);

        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.error()).isEqualTo("closed\n");
        assertThat(application.stored()).isEqualTo(EVENTS);
    }
}
