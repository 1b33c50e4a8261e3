package dev.raftsman.standalone;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import dev.raftsman.client.Offset;
import dev.raftsman.client.RaftsmanConsumer;
import dev.raftsman.client.StreamRecord;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Streams are followed while collectors and consumers are killed, and every record is counted. */
class TailIT {
    private static final long SEED = Long.getLong("raftsman.seed", 20_261_130L);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int KILLS = 20;

    @RegisterExtension
    final TestDirectory directory = new TestDirectory();

    private final SplittableRandom random = new SplittableRandom(SEED);
    private LocalCluster cluster;
    private Path shown;

    @Test
    void leadersAndConsumersAreKilledAndEveryRecordIsThereOnceByItsOffset() throws IOException {
        Path log = directory.path().resolve("feed.log");
        shown = directory.path().resolve("shown");
        ClusterFiles files = new ClusterFiles(directory.path().resolve("data"), 3);
        files.writeCollectors("1MiB", "1h");
        files.writeAgent(Map.of("feed", log), "256MiB");
        try (LocalCluster running = new LocalCluster(files)) {
            cluster = running;
            cluster.startCollectors();
            cluster.startAgent();
            cluster.awaitAgent(LIMIT);
            Feed feed = Feed.slow(log, SEED).start();
            LocalCluster.await(
                    "the stream",
                    LIMIT,
                    () -> cluster.get(files.http(1), "/v1/streams")
                            .map(page -> page.contains("\"feed\""))
                            .orElse(false));
            try (Follower follower = new Follower(addresses())) {
                int killed = 0;
                for (int kill = 1; kill <= KILLS; kill++) {
                    killAConsumer();
                    if (kill % 7 == 0) {
                        follower.awaitMore();
                        int leader = cluster.awaitLeader(LIMIT);
                        cluster.collector(leader).kill();
                        follower.awaitMore();
                        cluster.startCollector(leader);
                        killed++;
                    }
                }
                assertThat(killed).as("leaders killed").isEqualTo(2);
                long events = feed.finish().events();
                LocalCluster.await("the follower to see all " + events, LIMIT, () -> follower.seen() >= events);
                assertThat(follower.seen()).as("seed %d", SEED).isEqualTo(events);
                assertThat(follower.problem).isNull();
                try (ChildProcess last = consumer()) {
                    LocalCluster.await("the last consumer to see all " + events, LIMIT, () -> {
                        assertThat(last.isAlive()).as(last.lastWords()).isTrue();
                        return lastSequence() == events - 1;
                    });
                }
                assertOnceByOffset(events);
            }
        }
    }

    private List<URI> addresses() {
        return cluster.files().https().stream()
                .map(node -> URI.create("http://" + node))
                .toList();
    }

    private ChildProcess consumer() {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx64m",
                "-cp",
                Stream.of(ConsumingProcess.class, RaftsmanConsumer.class, JsonFactory.class)
                        .map(needed -> needed.getProtectionDomain()
                                .getCodeSource()
                                .getLocation()
                                .getPath())
                        .collect(Collectors.joining(":")),
                ConsumingProcess.class.getName(),
                shown.toString(),
                directory.path().resolve("checkpoint").toString(),
                ClusterFiles.TENANT,
                "feed"));
        command.addAll(cluster.files().https());
        return ChildProcess.start(
                "consumer", command, Map.of(), directory.path().resolve("consumer.log"), null);
    }

    /** Once it has shown something: while it reads, writes, or notes its checkpoint. */
    private void killAConsumer() throws IOException {
        long before = Files.exists(shown) ? Files.size(shown) : 0;
        ChildProcess consumer = consumer();
        LocalCluster.await("a consumer to show something", LIMIT, () -> {
            assertThat(consumer.isAlive()).as(consumer.lastWords()).isTrue();
            return shown.toFile().length() > before;
        });
        LockSupport.parkNanos(Duration.ofMillis(random.nextInt(200)).toNanos());
        consumer.kill();
    }

    /** Of the one epoch that a file has whose agent is not killed; -1 if the last line is not whole yet. */
    private long lastSequence() {
        try (RandomAccessFile file = new RandomAccessFile(shown.toFile(), "r")) {
            byte[] end = new byte[(int) Math.min(100, file.length())];
            file.seek(file.length() - end.length);
            file.readFully(end);
            String text = new String(end, StandardCharsets.US_ASCII);
            String line = text.substring(text.lastIndexOf('\n', Math.max(0, text.length() - 2)) + 1);
            return line.endsWith("\n") && line.length() > 1
                    ? Long.parseLong(line.strip().split(" ")[2])
                    : -1;
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** What the consumers wrote: epoch and sequence by offset. */
    private Map<Offset, String> shown() {
        Map<Offset, String> records = new TreeMap<>();
        String text;
        try {
            text = Files.readString(shown, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        for (String line : text.substring(0, text.lastIndexOf('\n') + 1).split("\n")) {
            String[] words = line.split(" ");
            if (words.length == 3) {
                String before = records.put(Offset.parse(words[0]), words[1] + " " + words[2]);
                if (before != null && !before.equals(words[1] + " " + words[2])) {
                    // Torn by a kill; else the last consumer's line would be there, too.
                    records.put(Offset.parse(words[0]), longer(before, words[1] + " " + words[2]));
                }
            }
        }
        return records;
    }

    private static String longer(String one, String other) {
        return one.length() >= other.length() ? one : other;
    }

    private void assertOnceByOffset(long events) {
        Map<String, Long> next = new TreeMap<>();
        shown().values().forEach(record -> {
            String[] words = record.split(" ");
            assertThat(Long.parseLong(words[1]))
                    .as("sequence of epoch %s, seed %d", words[0], SEED)
                    .isEqualTo(next.getOrDefault(words[0], 0L));
            next.put(words[0], Long.parseLong(words[1]) + 1);
        });
        assertThat(next.values().stream().mapToLong(Long::longValue).sum()).isEqualTo(events);
    }

    /** Follows in this process all the time, and counts. */
    private static final class Follower implements AutoCloseable {
        private final RaftsmanConsumer consumer;
        private final Thread thread = new Thread(this::run, "follower");
        private volatile long count;
        private volatile String problem;

        Follower(List<URI> collectors) throws IOException {
            consumer = RaftsmanConsumer.of(collectors).stream(ClusterFiles.TENANT, "feed")
                    .open();
            thread.setDaemon(true);
            thread.start();
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // this thread alone writes it
        private void run() {
            Map<Long, Long> next = new TreeMap<>();
            Offset before = null;
            try {
                for (StreamRecord record : consumer) {
                    long expected = next.getOrDefault(record.epoch(), 0L);
                    if (record.sequence() != expected
                            || before != null && record.offset().compareTo(before) <= 0) {
                        problem = record + " behind " + before + "; expected sequence " + expected;
                    }
                    next.put(record.epoch(), record.sequence() + 1);
                    before = record.offset();
                    count++;
                }
            } catch (RuntimeException e) {
                problem = e.toString();
            }
        }

        long seen() {
            assertThat(problem).isNull();
            return count;
        }

        void awaitMore() {
            long more = seen() + 100;
            LocalCluster.await("more records", LIMIT, () -> seen() >= more);
        }

        @Override
        public void close() {
            consumer.close();
        }
    }
}
