package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * README's blocks of commands, from README's own text, in its order: those of one section by one shell, in a directory that
 * looks like a checkout that was built, with a home of its own. A block that is not run says why, where its reader sees it, too.
 */
class ReadmeBlocksIT {
    private static final Duration SECTION_LIMIT = Duration.ofSeconds(300);
    private static final String MARK = "@@ block at line ";

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    @Test
    void everyBlockThatIsNotLeftOutByNameRunsAsItStands() throws Exception {
        assumeTrue(Files.isReadable(Path.of("/var/log/dpkg.log")), "skipped: README's log file is Debian's, not here");
        List<ReadmeBlock> blocks =
                ReadmeBlock.in(Files.readString(Checkout.root().resolve("README.md")));
        Map<String, List<ReadmeBlock>> sections = new LinkedHashMap<>();
        Map<String, Long> leftOut = new TreeMap<>();
        for (ReadmeBlock block : blocks) {
            if (block.leftOut() == null) {
                sections.computeIfAbsent(block.section(), name -> new ArrayList<>())
                        .add(block);
            } else {
                leftOut.merge(block.leftOut(), 1L, Long::sum);
            }
        }
        long began;
        List<String> times = new ArrayList<>();
        try (FixedPorts ports = FixedPorts.take()) {
            assertThat(ports).isNotNull();
            began = System.nanoTime();
            for (Map.Entry<String, List<ReadmeBlock>> section : sections.entrySet()) {
                long start = System.nanoTime();
                run(section.getKey(), section.getValue());
                times.add(section.getKey() + " " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + " s");
            }
        }
        long ran = sections.values().stream().mapToLong(List::size).sum();
        System.out.printf(
                "README: %d blocks of commands; %d ran within %d s (%s); left out: %s%n",
                blocks.size(),
                ran,
                TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                String.join(", ", times),
                leftOut.entrySet().stream()
                        .map(tag -> tag.getValue() + " " + tag.getKey())
                        .collect(Collectors.joining(", ")));
        assertThat(ran).as("blocks that were run").isGreaterThan(3);
    }

    private void run(String section, List<ReadmeBlock> blocks) throws Exception {
        Path home = checkout(section);
        Map<String, String> environment = Map.of(
                "HOME",
                Files.createDirectory(home.resolve("home")).toString(),
                "RAFTSMAN_BUILD",
                "never",
                "JAVA_HOME",
                System.getProperty("java.home"),
                "PATH",
                home + ":" + System.getenv("PATH"));
        List<String> script = new ArrayList<>(List.of(
                "set -e -o pipefail",
                "trap 'ended=$?; for job in $(jobs -p); do kill $job; done; wait; exit $ended' EXIT",
                "cd '" + home + "'"));
        List<ChildProcess> beside = new ArrayList<>();
        try {
            for (ReadmeBlock block : blocks) {
                String command = block.endless() ? String.join("\n", block.commands()) : block.beside();
                if (command != null && beside.isEmpty()) {
                    beside.add(ChildProcess.start(
                            "beside",
                            List.of("bash", "-c", "cd '" + home + "' && exec " + command),
                            environment,
                            home.resolve("beside.log"),
                            null));
                    awaitLeader(beside.get(0));
                }
                if (!block.endless()) {
                    script.add("echo '" + MARK + block.line() + "'");
                    script.addAll(block.commands());
                }
            }
            check(section, blocks, home, bash(home, environment, script));
        } finally {
            beside.forEach(ChildProcess::close);
        }
    }

    private record Ended(int code, String out, String err) {}

    private static Ended bash(Path home, Map<String, String> environment, List<String> script) throws Exception {
        Path file = Files.write(home.resolve("commands.sh"), script);
        Path out = home.resolve("commands.out");
        Path err = home.resolve("commands.err");
        ProcessBuilder builder = new ProcessBuilder("bash", file.toString());
        builder.environment().putAll(environment);
        Process process = builder.redirectInput(Path.of("/dev/null").toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile())
                .start();
        if (!process.waitFor(SECTION_LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
            process.descendants().forEach(ProcessHandle::destroy);
            process.destroy();
            process.waitFor(10, TimeUnit.SECONDS);
            return new Ended(
                    -1, Files.readString(out), "still ran after " + SECTION_LIMIT + "\n" + Files.readString(err));
        }
        return new Ended(process.exitValue(), Files.readString(out), Files.readString(err));
    }

    private static void check(String section, List<ReadmeBlock> blocks, Path home, Ended ended) {
        String[] outputs = ended.out().split(MARK);
        if (ended.code() != 0) {
            fail("README, section '%s', block at line %s: exit code %d in %s%n%s%n%s"
                    .formatted(
                            section,
                            outputs[outputs.length - 1].lines().findFirst().orElse("?"),
                            ended.code(),
                            home,
                            ended.err(),
                            outputs[outputs.length - 1]));
        }
        for (ReadmeBlock block : blocks) {
            String output = Stream.of(outputs)
                    .filter(text -> text.startsWith(block.line() + "\n"))
                    .findFirst()
                    .orElse("");
            for (String promise : block.promises()) {
                assertThat(ReadmeBlock.withoutFigures(output))
                        .as("what README's line %d says is printed", block.line())
                        .contains(promise);
            }
        }
    }

    /** What {@code git clone} and a first build leave, as far as commands see it. */
    private Path checkout(String section) throws IOException {
        Path from = Checkout.root();
        Path to = Files.createDirectories(directory.path().resolve(section.replaceAll("[^A-Za-z0-9]+", "-")));
        for (String name : List.of("raftsman", "pom.xml", "README.md")) {
            Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        try (Stream<Path> files = Files.walk(from.resolve("conf"))) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()), StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        for (String built : List.of("archiver/standalone/target/raftsman", "archiver/tiering/target/s3proxy")) {
            Files.createDirectories(to.resolve(built).getParent());
            Files.createSymbolicLink(to.resolve(built), from.resolve(built));
        }
        return to;
    }

    /** Asked by HTTP, not by a JVM each time. */
    private static void awaitLeader(ChildProcess beside) {
        try (ClusterClient client = new ClusterClient(
                List.of(
                        new HostPort("127.0.0.1", 7451),
                        new HostPort("127.0.0.1", 7452),
                        new HostPort("127.0.0.1", 7453)),
                new Backoff(Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofMillis(1)))) {
            LocalCluster.await("a leader", Duration.ofSeconds(60), () -> {
                assertThat(beside.isAlive()).as(beside.lastWords()).isTrue();
                try {
                    return client.catalog() != null;
                } catch (IOException notYet) {
                    return false;
                }
            });
        }
    }
}
