package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.catalog.CatalogView;
import dev.raftsman.cluster.Backoff;
import dev.raftsman.cluster.ClusterClient;
import dev.raftsman.config.HostPort;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * What README takes for granted: a checkout that was built, a home, {@code raftsman} on the PATH, files of the reader's own by
 * the names that README gives them, and what runs beside a block. Used by one thread.
 */
final class ReadmeSurroundings implements AutoCloseable {
    static final String WAL_HOME = "/var/lib/raftsman";
    private static final String COLLECTORS = "three collectors";
    private static final String APPLICATION = "an application that logs";
    private static final Duration LIMIT = Duration.ofSeconds(90);
    private static final List<HostPort> MEMBERS =
            List.of(new HostPort("127.0.0.1", 7451), new HostPort("127.0.0.1", 7452), new HostPort("127.0.0.1", 7453));

    private final Path from = Checkout.root();
    private final Path home;
    private final Map<String, String> environment = new HashMap<>();
    private final Map<String, List<ChildProcess>> running = new LinkedHashMap<>();
    private int started;

    ReadmeSurroundings(Path home) throws IOException {
        this.home = Files.createDirectories(home);
        environment.put("HOME", Files.createDirectory(home.resolve("home")).toString());
        environment.put("RAFTSMAN_BUILD", "never");
        environment.put("JAVA_HOME", System.getProperty("java.home"));
        environment.put("PATH", home + ":" + System.getenv("PATH"));
    }

    Path home() {
        return home;
    }

    Map<String, String> environment() {
        return environment;
    }

    /** What {@code git clone} and a first build leave, as far as commands see it. */
    void checkout() throws IOException {
        for (String name : List.of("raftsman", "pom.xml", "README.md")) {
            Files.copy(from.resolve(name), home.resolve(name), StandardCopyOption.COPY_ATTRIBUTES);
        }
        copy("conf", file -> true);
        // By links: 'prepare' writes beside the jars, and those of the checkout are in use by other tests.
        Path lib = Path.of("archiver/standalone/target/raftsman/lib");
        Files.createDirectories(home.resolve(lib));
        try (Stream<Path> jars = Files.list(from.resolve(lib))) {
            for (Path jar :
                    jars.filter(file -> file.toString().endsWith(".jar")).toList()) {
                Files.createSymbolicLink(home.resolve(lib).resolve(jar.getFileName()), jar);
            }
        }
        link("archiver/tiering/target/s3proxy");
    }

    /** All that is compiled, too. */
    void sources() throws IOException {
        for (String module : List.of("agent", "collector", "archiver")) {
            copy(module, file -> {
                String path = file.toString();
                return !path.contains("/target/") && (path.endsWith("pom.xml") || path.contains("/src/"));
            });
        }
    }

    /** A directory that the build leaves; returns whether it is there. */
    boolean link(String built) throws IOException {
        if (!Files.isDirectory(from.resolve(built))) {
            return false;
        }
        Files.createDirectories(home.resolve(built).getParent());
        Files.createSymbolicLink(home.resolve(built), from.resolve(built));
        return true;
    }

    private void copy(String directory, Predicate<Path> wanted) throws IOException {
        try (Stream<Path> files = Files.walk(from.resolve(directory))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path relative = from.relativize(file);
                if (wanted.test(relative)) {
                    Files.createDirectories(home.resolve(relative).getParent());
                    Files.copy(file, home.resolve(relative), StandardCopyOption.COPY_ATTRIBUTES);
                }
            }
        }
    }

    /** The reader's own files, by README's names for them. */
    void files() throws IOException {
        Files.createDirectories(home.resolve("shop"));
        Files.createDirectories(home.resolve("streams"));
        String agent = """
                version: 1
                agent: %s
                data: %s
                collectors: ["127.0.0.1:7441", "127.0.0.1:7442", "127.0.0.1:7443"]
                http: {listen: "127.0.0.1:%d"}
                inputs:
                """;
        write(
                "agent.yaml",
                agent.formatted("shop-host", home.resolve("shop-agent"), 7462)
                        + "  - {paths: ['%s/shop/*.log'], stream: 'shop/{name}'}\n  - {paths: ['%s/streams/*']}\n"
                                .formatted(home, home));
        write(
                "pipe.yaml",
                agent.formatted("build-host", home.resolve("pipe-agent"), 7463) + "  - {type: stdin, stream: build}\n");
        write("Makefile", "test:\n\t@echo 3 tests, none failed\n");
        write("retention.yaml", """
                version: 1
                targets:
                  cold: {type: directory, path: '%s/cold'}
                defaults: {keepHot: {age: 1s}, then: archive, to: cold, grace: 24h}
                policies:
                  - {name: probes, match: {stream: "*-probe"}, then: truncate}
                  - {name: rest, match: {stream: "*"}}
                """.formatted(home));
        String first = Files.readString(home.resolve("conf/collector.yaml"));
        for (int node = 4; node <= 5; node++) {
            String itself =
                    "    - {id: n%1$d, raft: '127.0.0.1:743%1$d', ingest: '127.0.0.1:744%1$d', http: '127.0.0.1:745%1$d', joins: true}\n"
                            .formatted(node);
            write(
                    "conf/collector-" + node + ".yaml",
                    first.replace("node: n1", "node: n" + node)
                            .replace("/collector-1 ", "/collector-" + node + " ")
                            .replaceFirst("(    - \\{id: n3,.*\n)", "$1" + itself));
        }
        write("App.java", APP);
        lines("F", 4);
        Files.createDirectory(home.resolve("DIR"));
        lines("DIR/access.log", 2);
        lines("DIR/orders.log", 2);
    }

    private void lines(String name, int mib) throws IOException {
        StringBuilder text = new StringBuilder();
        SplittableRandom random = new SplittableRandom(name.hashCode());
        for (int second = 0; text.length() < mib << 20; second++) {
            text.append("2026-11-30T%02d:%02d:%02d INFO request %08x of customer %d took %d ms%n"
                    .formatted(
                            second / 3_600 % 24,
                            second / 60 % 60,
                            second % 60,
                            random.nextInt(),
                            random.nextInt(5_000),
                            random.nextInt(900)));
        }
        write(name, text.toString());
    }

    /** Seals at once, as retention is about sealed segments. */
    void sealEarly() throws IOException {
        for (String name : List.of("", "-2", "-3", "-4", "-5")) {
            Path file = home.resolve("conf/collector" + name + ".yaml");
            Files.writeString(file, Files.readString(file).replace("age: 1h}", "age: 2s}"));
        }
    }

    void write(String name, String text) throws IOException {
        Files.writeString(home.resolve(name), text);
    }

    private static final String APP = """
            public class App {
                public static void main(String[] args) throws Exception {
                    org.slf4j.Logger log = org.slf4j.LoggerFactory.getLogger("checkout");
                    for (int sale = 1; sale < 15_000; sale++) {
                        log.info("sold {}", sale);
                        Thread.sleep(20);
                    }
                }
            }
            """;

    /** Lets exactly these run: what runs already goes on, the rest is stopped first. */
    void run(List<String> wanted) throws IOException {
        for (String name : List.copyOf(running.keySet())) {
            List<ChildProcess> processes = running.get(name);
            if (!wanted.contains(name) || !processes.get(0).isAlive()) {
                stop(running.remove(name));
            }
        }
        for (String name : wanted) {
            if (!running.containsKey(name)) {
                start(name);
            }
        }
    }

    /** What a process of those that run has printed. */
    String printed(String name) throws IOException {
        return Files.readString(running.get(name).get(0).log());
    }

    private void start(String name) throws IOException {
        List<ChildProcess> processes = new ArrayList<>();
        running.put(name, processes);
        switch (name) {
            case COLLECTORS -> {
                environment.put("RAFTSMAN_DATA", home.resolve("data").toString());
                sealEarly();
                for (String file : List.of("", "-2", "-3")) {
                    processes.add(child("raftsman collector --config conf/collector" + file + ".yaml"));
                }
                awaitCatalog(processes.get(0), catalog -> true);
            }
            case APPLICATION -> {
                String readme = Files.readString(home.resolve("README.md"));
                int begin = readme.indexOf("<configuration>");
                write("logback.xml", readme.substring(begin, readme.indexOf("```", begin)));
                processes.add(child("java -cp 'archiver/standalone/target/raftsman/lib/*'"
                        + " -Dlogback.configurationFile=logback.xml App.java"));
                Path wal = home.resolve("var/wal/checkout");
                LocalCluster.await("the application's log", LIMIT, () -> {
                    assertThat(processes.get(0).isAlive())
                            .as(processes.get(0).lastWords())
                            .isTrue();
                    return Files.isDirectory(wal);
                });
            }
            default -> {
                ChildProcess process = child(name);
                processes.add(process);
                if (name.startsWith("raftsman agent")) {
                    processes.add(child(
                            "while sleep 0.1; do for file in shop/till.log streams/payments-eu streams/disk-probe; do"
                                    + " echo \"$(date +%T) sold an apple\" >>$file; done; done"));
                    awaitCatalog(
                            process,
                            catalog -> catalog.segments().stream()
                                    .map(segment -> segment.stream())
                                    .distinct()
                                    .toList()
                                    .containsAll(List.of("payments-eu", "disk-probe", "shop/till.log")));
                    awaitPage(process, "http://127.0.0.1:7462/livez");
                } else if (name.startsWith("conf/local-s3/start")) {
                    awaitCatalog(process, catalog -> true);
                } else if (name.startsWith("raftsman collector")) {
                    awaitLog(process, "a newcomer: the cluster does not know");
                } else {
                    awaitLog(process, " ");
                }
            }
        }
    }

    private ChildProcess child(String command) throws IOException {
        Path script = home.resolve("beside-" + ++started + ".sh");
        boolean simple = !command.contains(";");
        Files.writeString(script, "cd '" + home + "'\n" + (simple ? "exec " : "") + command + "\n");
        return ChildProcess.start(
                command, shell(command, script), environment, home.resolve("beside-" + started + ".log"), null);
    }

    /** With a {@link #WAL_HOME} of its own where that is spoken of. */
    List<String> shell(String commands, Path script, String... options) {
        List<String> shell = new ArrayList<>();
        if (commands.contains(WAL_HOME) || commands.contains("App.java")) {
            shell.addAll(List.of(
                    "unshare",
                    "-m",
                    "bash",
                    "-e",
                    "-c",
                    "mount -t tmpfs none /var/lib; mkdir -p '%1$s' '%2$s/var'; mount --bind '%2$s/var' '%1$s'; exec \"$@\""
                            .formatted(WAL_HOME, home),
                    "surroundings"));
        }
        shell.add("bash");
        shell.addAll(List.of(options));
        shell.add(script.toString());
        return shell;
    }

    private static void awaitLog(ChildProcess process, String words) {
        LocalCluster.await("'" + words + "' of " + process.name(), LIMIT, () -> {
            assertThat(process.isAlive()).as(process.lastWords()).isTrue();
            try {
                return Files.readString(process.log()).contains(words);
            } catch (IOException e) {
                return false;
            }
        });
    }

    private static void awaitPage(ChildProcess process, String page) {
        HttpClient client = HttpClient.newHttpClient();
        LocalCluster.await(page, LIMIT, () -> {
            assertThat(process.isAlive()).as(process.lastWords()).isTrue();
            try {
                return client.send(
                                        HttpRequest.newBuilder(URI.create(page)).build(),
                                        HttpResponse.BodyHandlers.discarding())
                                .statusCode()
                        == 200;
            } catch (IOException notYet) {
                return false;
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
    }

    /** Asked by HTTP, not by a JVM each time. */
    void awaitCatalog(ChildProcess process, Predicate<CatalogView> right) {
        try (ClusterClient client = new ClusterClient(
                MEMBERS, new Backoff(Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofMillis(1)))) {
            LocalCluster.await("what " + process.name() + " does", LIMIT, () -> {
                assertThat(process.isAlive()).as(process.lastWords()).isTrue();
                try {
                    return right.test(client.catalog());
                } catch (IOException notYet) {
                    return false;
                }
            });
        }
    }

    private static void stop(List<ChildProcess> processes) {
        for (int i = processes.size(); --i >= 0; ) {
            processes.get(i).close();
        }
    }

    @Override
    public void close() {
        List<String> names = List.copyOf(running.keySet());
        for (int i = names.size(); --i >= 0; ) {
            stop(running.remove(names.get(i)));
        }
    }
}
