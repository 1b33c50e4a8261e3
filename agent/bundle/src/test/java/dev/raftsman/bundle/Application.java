package dev.raftsman.bundle;

import dev.raftsman.wal.Excerpt;
import dev.raftsman.wal.ExcerptKind;
import dev.raftsman.wal.WalDirectory;
import dev.raftsman.wal.WalReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * One sample application in a directory of its own, run as a process: its classes and configuration in {@code app}, its
 * write-ahead log below {@code wal}, started there without any option of the JVM.
 */
final class Application {
    static final Path BUNDLE = Path.of(System.getProperty("raftsman.bundle"));
    static final String WRITING = "raftsman-wal-force";

    private static final Path PEERS = Path.of(System.getProperty("raftsman.peers"));
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final Path home;
    private final List<Path> classPath = new ArrayList<>();

    /**
     * A run that came to its end.
     *
     * @param threads when main was about to end, each with "daemon" or "thread" before its name
     * @param properties names of system properties then
     * @param afterMain from then to the end of the process
     */
    record Run(
            int exitCode,
            String output,
            String error,
            List<String> threads,
            List<String> properties,
            Duration afterMain) {}

    Application(Path home) {
        this.home = home;
        classPath.add(app());
        try {
            Files.createDirectories(app());
            Path classes = Path.of(Application.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            copy(classes, "shop");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private void copy(Path classes, String folder) throws IOException {
        Path to = Files.createDirectories(app().resolve(folder));
        try (Stream<Path> files = Files.list(classes.resolve(folder))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    Path app() {
        return home.resolve("app");
    }

    Path wal() {
        return home.resolve("wal");
    }

    Path report() {
        return home.resolve("report");
    }

    List<Path> classPath() {
        return classPath;
    }

    /** Adds our jar to the class path. */
    Application withBundle() {
        classPath.add(BUNDLE);
        return this;
    }

    /** Adds the jars of one of the directories below target/peers. */
    Application with(String peers) {
        classPath.addAll(jarsOf(peers));
        return this;
    }

    static List<Path> jarsOf(String peers) {
        try (Stream<Path> jars = Files.list(PEERS.resolve(peers))) {
            return jars.filter(jar -> jar.toString().endsWith(".jar")).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A file of the application; {@code %WAL%} in the text stands for the directory of its log. */
    Application withFile(String name, String text) {
        try {
            Files.writeString(app().resolve(name), text.replace("%WAL%", wal().toString()));
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The java command with this class path. */
    List<String> command(Jdk jdk, String... more) {
        List<String> command = new ArrayList<>(List.of(jdk.java().toString(), "-cp", joined()));
        command.addAll(List.of(more));
        return command;
    }

    String joined() {
        return classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }

    /** Runs {@code main(events, report, awaited thread)}. */
    Run run(Jdk jdk, String main, int events, String awaited) {
        String joined = classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
        return run(List.of(jdk.java().toString(), "-cp", joined, main, "" + events, report().toString(), awaited));
    }

    Run run(List<String> command) {
        try {
            // Files, not pipes: nobody has to read both at once.
            Path out = home.resolve("out");
            Path err = home.resolve("err");
            Files.deleteIfExists(report());
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(home.toFile())
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            // Whatever the tests' own JVM was given.
            Map<String, String> environment = builder.environment();
            environment.remove("JAVA_TOOL_OPTIONS");
            environment.remove("JDK_JAVA_OPTIONS");
            environment.remove("CLASSPATH");
            Process process = builder.start();
            if (!process.waitFor(LIMIT.toMillis(), TimeUnit.MILLISECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                throw new AssertionError(command + " still ran after " + LIMIT + ": " + Files.readString(err));
            }
            Instant ended = Instant.now();
            List<String> report = Files.exists(report()) ? Files.readAllLines(report()) : List.of();
            Duration afterMain = Duration.ZERO;
            List<String> threads = new ArrayList<>();
            List<String> properties = new ArrayList<>();
            for (String line : report) {
                if (line.startsWith("end ")) {
                    afterMain = Duration.between(Instant.parse(line.substring(4)), ended);
                } else if (line.startsWith("property ")) {
                    properties.add(line.substring(9));
                } else {
                    threads.add(line);
                }
            }
            return new Run(
                    process.exitValue(), Files.readString(out), Files.readString(err), threads, properties, afterMain);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + command, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    /** Events in the log; anything damaged or declared lost fails. */
    static long storedIn(Path wal) {
        long stored = 0;
        for (WalDirectory directory : WalDirectory.list(wal)) {
            try (WalReader reader = WalReader.open(directory)) {
                Excerpt excerpt = new Excerpt();
                while (reader.next(excerpt)) {
                    if (excerpt.kind() != ExcerptKind.ROWS
                            || excerpt.lossBefore().count() > 0) {
                        throw new AssertionError(directory + ": " + excerpt);
                    }
                    stored += excerpt.count();
                }
            }
        }
        return stored;
    }

    long stored() {
        return storedIn(wal());
    }
}
