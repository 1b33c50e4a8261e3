package dev.raftsman.standalone;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Three Kafka processes, each broker and controller, with the JVM options of Kafka's own start script. What is not set is
 * Kafka's default.
 */
final class KafkaTarget implements BenchTarget {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final int NODES = 3;
    private static final String TOPIC = "load";
    private static final String CLUSTER_ID = "cmFmdHNtYW4tYmVuY2gtMQ";

    private final Path dir;
    private final Path lib;
    private final List<Integer> ports = FreePorts.pick(2 * NODES);
    private final List<ChildProcess> brokers = new ArrayList<>();
    private LoadChild load;

    /**
     * @param dir of its own
     * @param lib Kafka's jars
     * @param flushEach {@code flush.messages=1}
     */
    KafkaTarget(Path dir, Path lib, ClusterBench.Settings settings, boolean flushEach) throws IOException {
        this.dir = dir;
        this.lib = lib;
        try {
            format();
            for (int node = 1; node <= NODES; node++) {
                brokers.add(ChildProcess.start(
                        "kafka-" + node,
                        java(
                                List.of(
                                        "-Xms1G",
                                        "-Xmx1G",
                                        "-XX:+UseG1GC",
                                        "-XX:MaxGCPauseMillis=20",
                                        "-XX:InitiatingHeapOccupancyPercent=35",
                                        "-XX:+ExplicitGCInvokesConcurrent"),
                                "dev.raftsman.kafka.Broker",
                                conf(node).toString()),
                        Map.of(),
                        log(node),
                        null));
            }
            load = LoadChild.start(
                    lib.resolve("*").toString(),
                    "dev.raftsman.kafka.KafkaLoad",
                    List.of(
                            settings.file().toAbsolutePath().toString(),
                            "127.0.0.1:" + port(1),
                            TOPIC,
                            Integer.toString(settings.producers()),
                            Long.toString(settings.linger().toMillis()),
                            Long.toString(settings.windowBytes()),
                            Boolean.toString(flushEach)),
                    dir.resolve("logs").resolve("load.log"));
            load.await("ready", LIMIT);
        } catch (RuntimeException | IOException e) {
            end();
            throw e;
        }
    }

    private int port(int node) {
        return ports.get(2 * (node - 1));
    }

    private int controllerPort(int node) {
        return ports.get(2 * (node - 1) + 1);
    }

    private Path conf(int node) {
        return dir.resolve("kafka-" + node + ".properties");
    }

    private Path log(int node) {
        return dir.resolve("logs").resolve("kafka-" + node + ".log");
    }

    private Path data(int node) {
        return dir.resolve("kafka-" + node);
    }

    private List<String> java(List<String> options, String main, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.addAll(List.of("-cp", lib.resolve("*").toString(), main));
        command.addAll(List.of(arguments));
        return command;
    }

    private void format() throws IOException {
        Files.createDirectories(dir.resolve("logs"));
        StringBuilder voters = new StringBuilder();
        for (int node = 1; node <= NODES; node++) {
            voters.append(node == 1 ? "" : ",").append(node + "@127.0.0.1:" + controllerPort(node));
        }
        List<ChildProcess> formatting = new ArrayList<>();
        for (int node = 1; node <= NODES; node++) {
            Files.writeString(
                    conf(node), """
                    process.roles=broker,controller
                    node.id=%d
                    controller.quorum.voters=%s
                    controller.listener.names=CONTROLLER
                    listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://127.0.0.1:%d
                    advertised.listeners=PLAINTEXT://127.0.0.1:%d
                    listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
                    inter.broker.listener.name=PLAINTEXT
                    log.dirs=%s
                    default.replication.factor=3
                    min.insync.replicas=2
                    offsets.topic.replication.factor=3
                    transaction.state.log.replication.factor=3
                    transaction.state.log.min.isr=2
                    auto.create.topics.enable=false
                    """.formatted(node, voters, port(node), controllerPort(node), port(node), data(node)));
            formatting.add(ChildProcess.start(
                    "kafka-format-" + node,
                    java(
                            List.of("-Xmx256m"),
                            "kafka.tools.StorageTool",
                            "format",
                            "--cluster-id",
                            CLUSTER_ID,
                            "--config",
                            conf(node).toString()),
                    Map.of(),
                    log(node),
                    null));
        }
        for (ChildProcess each : formatting) {
            if (!each.awaitExit(LIMIT) || each.exitCode() != 0) {
                throw new StandaloneException("Kafka cannot format its storage: " + each.lastWords());
            }
        }
    }

    @Override
    public List<Long> nodes() {
        return brokers.stream().map(ChildProcess::pid).toList();
    }

    @Override
    public LoadChild load() {
        return load;
    }

    @Override
    public void requireAlive() {
        for (ChildProcess broker : brokers) {
            if (!broker.isAlive()) {
                throw new StandaloneException(
                        broker.name() + " ended; its log " + broker.log() + " ends with:\n" + broker.lastWords());
            }
        }
    }

    @Override
    public List<Long> storedBytes() {
        List<Long> bytes = new ArrayList<>();
        LocalCluster.await("equal logs on all brokers", LIMIT, () -> {
            bytes.clear();
            for (int node = 1; node <= NODES; node++) {
                bytes.add(logBytes(node));
            }
            return bytes.stream().distinct().count() == 1;
        });
        return bytes;
    }

    private long logBytes(int node) {
        try (Stream<Path> all = Files.walk(data(node), 2)) {
            return all.filter(path -> path.toString().endsWith(".log")
                            && path.getParent().getFileName().toString().startsWith(TOPIC + "-"))
                    .mapToLong(path -> path.toFile().length())
                    .sum();
        } catch (IOException e) {
            throw new StandaloneException("cannot look into " + data(node) + ": " + e.getMessage(), e);
        }
    }

    @Override
    public List<String> problems(Moment total) {
        return total.count("stored") == total.count("events")
                ? List.of()
                : List.of(
                        "%,d events acknowledged, %,d stored".formatted(total.count("events"), total.count("stored")));
    }

    private void end() {
        if (load != null) {
            load.close();
        }
        brokers.stream().filter(ChildProcess::isAlive).forEach(ChildProcess::terminate);
        brokers.forEach(ChildProcess::close);
    }

    @Override
    public void close() {
        end();
    }
}
