package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * README's blocks of commands, from README's own text, in its order: those of one section by one shell, which ends with the
 * first command that does not end with 0, in a directory that looks like a checkout that was built, with a home of its own.
 * Each line that is a command of ours must print something. A block that is not run says why, where its reader sees it, too.
 */
class ReadmeBlocksIT {
    private static final int BLOCKS = 22;
    private static final int OF_THE_CAMPAIGN = 10;
    private static final int LEFT_OUT = 2;

    /** For a part of the campaign: a regular expression for headings of the second level. */
    private static final String ONLY = System.getProperty("raftsman.readme", ".*");

    /** What the output of commands must hold, by a part of their line. */
    private static final Map<String, String> SENSIBLE = Map.ofEntries(
            Map.entry("wal tail -f", "sold "),
            Map.entry("wal inspect", "checkout"),
            Map.entry("wal salvage", "checkout"),
            Map.entry("config check agent.yaml", "good agent configuration"),
            Map.entry("tap --config", "sold an apple"),
            Map.entry("checkpoint list", "till.log"),
            Map.entry("agent drain", "drained"),
            Map.entry("retention plan --policy", "truncate tenant=default stream=disk-probe"),
            // What came through the pipe.
            Map.entry("--out plan.json", "archive tenant=default stream=build"),
            Map.entry("retention apply", " failed=0"),
            Map.entry("retention explain", "payments-eu"),
            Map.entry("retention history", "archived tenant=default stream=payments-eu"),
            Map.entry("retention undo", "undo segments="),
            Map.entry("retention release", "release segments="),
            Map.entry("cluster status", "3 vote"),
            Map.entry("cluster add", "done"),
            Map.entry("cluster remove", "done"),
            Map.entry("cluster replace", "done"),
            Map.entry("cluster transfer", "done"));

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private final List<ReadmeBlock> blocks = blocks();
    private final List<String> times = new ArrayList<>();
    private ReadmeSurroundings surroundings;

    private static List<ReadmeBlock> blocks() {
        try {
            return ReadmeBlock.in(Files.readString(Checkout.root().resolve("README.md")));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void everyBlockThatIsNotLeftOutByNameRunsAsItStands() throws Exception {
        Map<String, Long> tags = new TreeMap<>();
        blocks.stream()
                .filter(block -> block.leftOut() != null)
                .forEach(block -> tags.merge(block.leftOut(), 1L, Long::sum));
        System.out.printf(
                "README: %d blocks of commands; %d are run here, %d by the campaign; not run: %s%n",
                blocks.size(),
                blocks.stream().filter(ReadmeBlocksIT::isOfDefault).count(),
                blocks.stream().filter(ReadmeBlock::campaign).count(),
                tags.entrySet().stream()
                        .map(tag -> tag.getValue() + " '" + tag.getKey() + "'")
                        .collect(Collectors.joining(", ")));
        assertThat(blocks).hasSize(BLOCKS);
        assertThat(blocks.stream().filter(ReadmeBlock::campaign)).hasSize(OF_THE_CAMPAIGN);
        assertThat(tags.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(LEFT_OUT);
        List<String> skipped = new ArrayList<>();
        if (Ran.command("unshare", "-m", "mount", "-t", "tmpfs", "none", "/var/lib")
                        .exitCode()
                != 0) {
            skipped.add(ReadmeSurroundings.WAL_HOME);
        }
        int ran = run(ReadmeBlocksIT::isOfDefault, skipped, Duration.ofSeconds(180));
        if (skipped.isEmpty()) {
            assertThat(ran).isEqualTo(BLOCKS - OF_THE_CAMPAIGN - LEFT_OUT);
        }
    }

    /** Those that take minutes, some half an hour in all; {@code -Draftsman.readme=REGEX} for those below some headings. */
    @Test
    @Tag("campaign")
    void everyBlockOfTheCampaignRunsAsItStands() throws Exception {
        List<String> skipped = new ArrayList<>();
        surround();
        surroundings.sources();
        if (!surroundings.link("agent/bench/target/bench")) {
            skipped.add("bench appender");
        }
        if (!surroundings.link("collector/bench/target/bench")) {
            skipped.add("bench cluster");
        }
        // Java takes the home of its user from elsewhere, and Maven's artifacts are there.
        String home = surroundings.environment().get("HOME");
        String own = System.getProperty("user.home");
        surroundings.environment().put("JDK_JAVA_OPTIONS", "-Duser.home=" + home);
        surroundings.environment().put("MAVEN_OPTS", "-Duser.home=" + own);
        int ran = run(block -> block.campaign() && block.section().matches(ONLY), skipped, Duration.ofMinutes(15));
        assertThat(ran).as("blocks below headings like %s", ONLY).isPositive();
        if (skipped.isEmpty() && ONLY.equals(".*")) {
            assertThat(ran).isEqualTo(OF_THE_CAMPAIGN);
        }
    }

    private static boolean isOfDefault(ReadmeBlock block) {
        return block.leftOut() == null && !block.campaign();
    }

    private void surround() throws IOException {
        surroundings = new ReadmeSurroundings(directory.path().resolve("checkout"));
        surroundings.checkout();
        surroundings.files();
    }

    /**
     * Returns how many were run.
     *
     * @param skipped what blocks are left out for, if they speak of it
     */
    private int run(Predicate<ReadmeBlock> chosen, List<String> skipped, Duration limit) throws Exception {
        assumeTrue(Files.isReadable(Path.of("/var/log/dpkg.log")), "skipped: README's log file is Debian's, not here");
        Map<String, List<ReadmeBlock>> sections = new LinkedHashMap<>();
        for (ReadmeBlock block : blocks) {
            String text = String.join("\n", block.commands());
            if (!chosen.test(block)) {
                continue;
            }
            if (skipped.stream().anyMatch(text::contains)) {
                System.out.printf("README, line %d: skipped for what is missing here: %s%n", block.line(), skipped);
            } else {
                sections.computeIfAbsent(block.section(), name -> new ArrayList<>())
                        .add(block);
            }
        }
        if (surroundings == null) {
            surround();
        }
        List<Throwable> failures = new ArrayList<>();
        try (FixedPorts ports = FixedPorts.take()) {
            assertThat(ports).isNotNull();
            long began = System.nanoTime();
            for (Map.Entry<String, List<ReadmeBlock>> section : sections.entrySet()) {
                try {
                    runSection(section.getKey(), section.getValue(), limit);
                } catch (AssertionError | RuntimeException failure) {
                    failures.add(failure);
                }
            }
            int ran = sections.values().stream().mapToInt(List::size).sum();
            System.out.printf(
                    "README: %d blocks ran within %d s (%s), %d of %d sections failed%n",
                    ran,
                    TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - began),
                    String.join(", ", times),
                    failures.size(),
                    sections.size());
            if (!failures.isEmpty()) {
                AssertionError first = new AssertionError(failures.get(0).getMessage(), failures.get(0));
                failures.subList(1, failures.size()).forEach(first::addSuppressed);
                throw first;
            }
            return ran;
        } finally {
            surroundings.close();
        }
    }

    private void runSection(String section, List<ReadmeBlock> ofSection, Duration limit) throws Exception {
        long start = System.nanoTime();
        surroundings.run(ofSection.stream()
                .flatMap(block -> block.running().stream())
                .distinct()
                .toList());
        times.add("surroundings " + TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start) + " s");
        Path home = surroundings.home();
        Path marks = home.resolve("marks");
        List<String> script = new ArrayList<>(List.of(
                "set -e -o pipefail",
                "trap 'ended=$?; set +e; for job in $(jobs -p); do kill $job; done; wait; exit $ended' EXIT",
                "cd '" + home + "'"));
        Map<Integer, ReadmeBlock> lines = new LinkedHashMap<>();
        for (ReadmeBlock block : ofSection) {
            if (!block.endless()) {
                script.add("echo " + block.line() + " $(date +%s%3N) >>'" + marks + "'");
                for (String command : block.commands()) {
                    lines.put(script.size(), block);
                    script.add(command);
                }
            }
        }
        script.add("echo 0 $(date +%s%3N) >>'" + marks + "'");
        Files.writeString(marks, "");
        int code = bash(script, marks, limit);
        // Java says on standard error which options it was given by the environment: that is not what a command prints.
        String out = Files.readString(home.resolve("commands.out"))
                .lines()
                .filter(line -> !line.startsWith("NOTE: Picked up "))
                .collect(Collectors.joining("\n", "", "\n"));
        ReadmeTranscript transcript = new ReadmeTranscript(script, out);
        tell(marks);
        if (code != 0) {
            ReadmeBlock reached = lines.get(transcript.reached() - 1);
            fail("README, section '%s', block at line %s: exit code %d (-1: too slow) in %s%n%s"
                    .formatted(section, reached == null ? "?" : reached.line(), code, home, out));
        }
        for (ReadmeBlock block : ofSection) {
            check(block, lines, transcript);
        }
    }

    private void tell(Path marks) throws IOException {
        List<String[]> read =
                Files.readAllLines(marks).stream().map(line -> line.split(" ")).toList();
        for (int i = 0; i + 1 < read.size(); i++) {
            long millis = Long.parseLong(read.get(i + 1)[1]) - Long.parseLong(read.get(i)[1]);
            times.add("line " + read.get(i)[0] + " " + millis / 1_000 + " s");
            System.out.printf("README, block at line %s: %.1f s%n", read.get(i)[0], millis / 1e3);
        }
    }

    /** Returns the exit code; -1 if a block took longer than its limit and was ended. */
    private int bash(List<String> script, Path marks, Duration limit) throws Exception {
        Path home = surroundings.home();
        Path file = Files.write(home.resolve("commands.sh"), script);
        ProcessBuilder builder = new ProcessBuilder(surroundings.shell(String.join("\n", script), file, "-v"));
        builder.environment().putAll(surroundings.environment());
        Process process = builder.redirectInput(Path.of("/dev/null").toFile())
                .redirectErrorStream(true)
                .redirectOutput(home.resolve("commands.out").toFile())
                .start();
        while (!process.waitFor(1, TimeUnit.SECONDS)) {
            long since = Files.getLastModifiedTime(marks).toMillis();
            if (System.currentTimeMillis() - since > limit.toMillis()) {
                process.descendants().forEach(ProcessHandle::destroy);
                process.destroy();
                process.waitFor(10, TimeUnit.SECONDS);
                return -1;
            }
        }
        return process.exitValue();
    }

    private void check(ReadmeBlock block, Map<Integer, ReadmeBlock> lines, ReadmeTranscript transcript)
            throws IOException {
        if (block.endless()) {
            String command = ReadmeBlock.withoutComment(String.join("\n", block.commands()));
            checkPrinted(block, command, surroundings.printed(command));
            return;
        }
        StringBuilder whole = new StringBuilder();
        for (Map.Entry<Integer, ReadmeBlock> line : lines.entrySet()) {
            if (line.getValue() == block) {
                String output = transcript.output(line.getKey());
                whole.append(output);
                String command = transcript.command(line.getKey());
                if (ReadmeBlock.prints(command)) {
                    checkPrinted(block, command, output);
                }
            }
        }
        for (String promise : block.promises()) {
            assertThat(ReadmeBlock.withoutFigures(whole.toString()))
                    .as("what README's block at line %d says is printed", block.line())
                    .contains(promise);
        }
    }

    private static void checkPrinted(ReadmeBlock block, String command, String output) {
        assertThat(output)
                .as("what README's block at line %d prints for %s", block.line(), command)
                .isNotBlank();
        Map<String, String> expected = new HashMap<>(SENSIBLE);
        expected.keySet().removeIf(part -> !command.contains(part));
        expected.values()
                .forEach(part -> assertThat(output)
                        .as("what README's block at line %d prints for %s", block.line(), command)
                        .contains(part));
    }
}
