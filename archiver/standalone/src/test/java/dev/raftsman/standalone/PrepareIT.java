package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The archives that agents and collectors start from are used where they fit, and never noticed where not. */
class PrepareIT {
    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void processesStartFromTheArchivesAndWithoutComplaintFromOnesThatDoNotFit() throws IOException {
        Path launcher = install();
        Ran without = agent(launcher, "");
        assertThat(without.exitCode()).as(without.error()).isEqualTo(78);

        Ran prepared = Ran.command(Map.of(), List.of(launcher.toString(), "prepare"));
        assertThat(prepared.exitCode()).as(prepared.output() + prepared.error()).isZero();
        List<Path> archives = archives(launcher);
        assertThat(archives)
                .as("three archives and their lengths, nothing half-made beside them")
                .hasSize(6);

        assertThat(agent(launcher, "-Xlog:class+load").output())
                .containsPattern("dev\\.raftsman\\.sidecar\\.AgentProcess source: shared objects file");
        assertThat(run(launcher, "collector", "-Xlog:class+load").output())
                .containsPattern("dev\\.raftsman\\.collector\\.CollectorProcess source: shared objects file");
        assertThat(grep(launcher, "-Xlog:class+load").output())
                .containsPattern("dev\\.raftsman\\.search\\.Query source: shared objects file");
        assertThat(said(agent(launcher, ""))).isEqualTo(said(without));

        Path archive = archives.get(0);
        assertThat(archive.toFile().setWritable(true)).isTrue();
        byte[] whole = Files.readAllBytes(archive);
        Files.write(archive, Arrays.copyOf(whole, whole.length / 2));
        assertThat(said(agent(launcher, ""))).as("cut").isEqualTo(said(without));
        Files.write(archive, new byte[100]);
        assertThat(said(agent(launcher, ""))).as("no archive at all").isEqualTo(said(without));

        // An archive is of these very jars: after an update it is passed over.
        Files.write(archive, whole);
        Path sidecar = sidecar(launcher.resolveSibling("lib"));
        Path copy = Files.copy(sidecar, directory.path().resolve("copy.jar"));
        Files.delete(sidecar);
        Files.copy(copy, sidecar); // other time
        Ran updated = agent(launcher, "-Xlog:class+load");
        assertThat(updated.exitCode()).as(updated.error()).isEqualTo(78);
        assertThat(updated.output()).containsPattern("dev\\.raftsman\\.sidecar\\.AgentProcess source: (file|jar):");
    }

    private static Path sidecar(Path lib) throws IOException {
        try (Stream<Path> jars = Files.list(lib)) {
            return jars.filter(jar -> jar.getFileName().toString().startsWith("raftsman-sidecar"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static Path lib() {
        return Checkout.root().resolve("archiver/standalone/target/raftsman/lib");
    }

    /** The launcher with its jars beside it, as an installation has them. */
    private Path install() throws IOException {
        Path lib = Files.createDirectories(directory.path().resolve("lib"));
        try (Stream<Path> jars = Files.list(lib())) {
            for (Path jar :
                    jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
                Files.createLink(lib.resolve(jar.getFileName()), jar);
            }
        }
        return Files.copy(Checkout.root().resolve("raftsman"), directory.path().resolve("raftsman"));
    }

    private static List<Path> archives(Path launcher) throws IOException {
        try (Stream<Path> files = Files.list(launcher.resolveSibling("lib"))) {
            return files.filter(file -> !file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        }
    }

    private static Ran agent(Path launcher, String options) {
        return run(launcher, "agent", options);
    }

    private static Ran grep(Path launcher, String options) {
        List<String> command = List.of(launcher.toString(), "grep", "--data", "/absent", "text");
        return Ran.command(Map.of("RAFTSMAN_JAVA_OPTS", options), command);
    }

    private static Ran run(Path launcher, String verb, String options) {
        List<String> command = List.of(launcher.toString(), verb, "--config", "/absent.yaml");
        return Ran.command(Map.of("RAFTSMAN_JAVA_OPTS", options), command);
    }

    private static String said(Ran ran) {
        return ran.exitCode() + ": " + ran.output() + ran.error();
    }
}
