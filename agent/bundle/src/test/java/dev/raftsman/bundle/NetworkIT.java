package dev.raftsman.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.bundle.Application.Run;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel's own account: an application with our jar neither connects nor sends, and asks for nobody's address. */
class NetworkIT {
    private static final int EVENTS = 500;

    /** The JDK's, when it loads what its file channels and its sockets share: whether there is IPv4, and IPv6. */
    private static final String PROBE = "\\d+ +socket\\(AF_INET6?, SOCK_STREAM, IPPROTO_IP\\) += \\d+";

    @TempDir
    Path root;

    @ParameterizedTest(name = "Java {0}")
    @ValueSource(ints = {17, 25})
    void neverReachesForTheNetwork(int release) throws IOException {
        assumeTrue(installed("strace"), "skipped: strace is not installed");
        Application application = Framework.LOGBACK.loggingApplication(root, false);
        Path trace = root.resolve("trace");
        List<String> command =
                new ArrayList<>(List.of("strace", "-f", "-qq", "-e", "trace=network,openat", "-o", trace.toString()));
        command.addAll(application.command(
                Jdk.of(release),
                Framework.LOGBACK.main(),
                "" + EVENTS,
                application.report().toString(),
                Application.WRITING));
        Run run = application.run(command);
        List<String> calls = Files.readAllLines(trace);
        assumeTrue(
                run.exitCode() == 0 || calls.stream().anyMatch(call -> call.contains("openat")),
                "skipped: strace may not trace here: " + run.error());

        assertThat(run.exitCode()).as(run.error()).isZero();
        assertThat(application.stored()).isEqualTo(EVENTS);
        assertThat(calls).anyMatch(call -> call.contains(".cq4")); // it saw our threads
        assertThat(calls)
                .filteredOn(call -> !call.matches(PROBE))
                .noneMatch(call -> call.contains("AF_INET"))
                .noneMatch(call -> call.contains("resolv.conf"));
    }

    private static boolean installed(String program) {
        return Arrays.stream(System.getenv("PATH").split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }
}
