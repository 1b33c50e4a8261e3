package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.bundle.Application.Run;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A web application that brings our jar and is undeployed takes it away again: no thread, shutdown hook, thread-local or
 * bean of ours keeps its class loader.
 */
class RedeployedIT {
    private static final int DEPLOYED = 2;
    private static final int EVENTS = 500;

    @TempDir
    Path root;

    static Stream<Arguments> everyFrameworkAndJdk() {
        return SampleApplicationsIT.everyFrameworkAndJdk();
    }

    @ParameterizedTest(name = "{0}, Java {1}")
    @MethodSource("everyFrameworkAndJdk")
    void leavesNothingBehind(Framework framework, int release) {
        Jdk jdk = Jdk.of(release);
        Application application = framework.webApplication(root);
        Run run = application.run(List.of(
                jdk.java().toString(),
                "-cp",
                application.app().toString(),
                "shop.Server",
                application.joined(),
                framework.webShop(),
                "" + DEPLOYED));
        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(run.error()).isEmpty();
        assertThat(run.output()).isEqualTo("collected\n".repeat(DEPLOYED));
        assertThat(application.stored()).isEqualTo(DEPLOYED * EVENTS);
    }
}
