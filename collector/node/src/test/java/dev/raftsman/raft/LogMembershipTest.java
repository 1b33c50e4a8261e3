package dev.raftsman.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine's group under change: who is outside does not vote, who is added has everything, who leads can be chosen. */
@Tag("long")
class LogMembershipTest {
    @TempDir
    Path root;

    private final Map<String, LogMember> members = new TreeMap<>();
    private final Map<String, RatisLog> logs = new TreeMap<>();
    private final Map<String, Lines> states = new TreeMap<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();

    private static final class Lines implements AppliedState {
        final List<String> lines = new CopyOnWriteArrayList<>();

        Lines(Path snapshot) throws IOException {
            if (snapshot != null) {
                lines.addAll(Files.readAllLines(snapshot));
            }
        }

        @Override
        public byte[] apply(long term, long index, ByteBuffer entry) {
            lines.add(StandardCharsets.UTF_8.decode(entry).toString());
            return new byte[0];
        }

        @Override
        public void advance(long term, long index) {}

        @Override
        public Captured capture() {
            List<String> content = List.copyOf(lines);
            return file -> Files.write(file, content);
        }

        @Override
        public void close() {}
    }

    /** A newcomer's state is a copy of the leader's snapshot. */
    private final class Opener implements AppliedState.Opener {
        private final String id;

        Opener(String id) {
            this.id = id;
        }

        @Override
        public AppliedState open(Path snapshot) throws IOException {
            Lines state = new Lines(snapshot);
            states.put(id, state);
            return state;
        }

        @Override
        public AppliedState.Fetched fetch(String peer, long leastIndex) throws IOException {
            String leader = members.values().stream()
                    .filter(member -> member.address().equals(peer))
                    .findFirst()
                    .orElseThrow()
                    .id();
            logs.get(leader).requestSnapshot();
            Path snapshot = await().atMost(20, TimeUnit.SECONDS).until(() -> newestSnapshot(leader), Objects::nonNull);
            String[] at = snapshot.getFileName().toString().split("[._]", -1);
            return new AppliedState.Fetched() {
                @Override
                public long term() {
                    return Long.parseLong(at[1]);
                }

                @Override
                public long index() {
                    return Long.parseLong(at[2]);
                }

                @Override
                public void commit(Path file) throws IOException {
                    Files.copy(snapshot, file);
                }
            };
        }

        private Path newestSnapshot(String of) throws IOException {
            try (Stream<Path> files = Files.walk(root.resolve(of))) {
                return files.filter(file -> file.getFileName().toString().matches("snapshot\\.\\d+_\\d+"))
                        .max(Comparator.naturalOrder())
                        .orElse(null);
            }
        }
    }

    private LogMember member(String id) throws IOException {
        LogMember known = members.get(id);
        if (known == null) {
            known = new LogMember(id, "127.0.0.1", LoopbackPorts.free(), id + ":1", id + ":2");
            members.put(id, known);
        }
        return known;
    }

    private List<LogMember> of(String... ids) throws IOException {
        List<LogMember> some = new ArrayList<>();
        for (String id : ids) {
            some.add(member(id));
        }
        return some;
    }

    private RatisLog startOutside(String id) throws IOException {
        LogSettings settings = new LogSettings(
                "test", id, of(id), "127.0.0.1", root.resolve(id).resolve("raft"), 1 << 20, Duration.ofMillis(500));
        RatisLog log = RatisLog.startOutside(
                settings,
                new LogSurroundings(
                        new Opener(id), (failure, detail, cause) -> failures.add(id + " " + failure + " " + detail)));
        logs.put(id, log);
        return log;
    }

    @AfterEach
    void stop() {
        logs.values().forEach(RatisLog::close);
        // A member that is removed is stopped by its engine.
        assertThat(failures).allMatch(failure -> failure.startsWith("n3 STOPPED"));
    }

    private RatisLog leader() {
        return await().atMost(20, TimeUnit.SECONDS)
                .until(
                        () -> logs.values().stream()
                                .filter(log -> log.leadership().ready())
                                .findFirst()
                                .orElse(null),
                        log -> log != null);
    }

    private void submit(String line) throws Exception {
        assertThat(leader().submit(StandardCharsets.UTF_8.encode(line)).get(10, TimeUnit.SECONDS))
                .isInstanceOf(Outcome.Applied.class);
    }

    private void has(String id, String... lines) {
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(states.get(id).lines).containsExactly(lines));
    }

    private static Outcome await20(java.util.concurrent.CompletableFuture<Outcome> outcome) throws Exception {
        return outcome.get(20, TimeUnit.SECONDS);
    }

    @Test
    void takesNewcomersInAndLetsMembersGo() throws Exception {
        List<LogMember> three = of("n1", "n2", "n3");
        for (LogMember founder : three) {
            RatisLog log = startOutside(founder.id());
            assertThat(log.facts().role()).isEqualTo(LogFacts.OUTSIDE);
            assertThat(await20(log.submit(StandardCharsets.UTF_8.encode("no")))).isEqualTo(new Outcome.NotLeader(""));
        }
        for (RatisLog log : logs.values()) {
            log.enter(three);
        }
        submit("one");
        assertThat(leader().members()).isEqualTo(three);
        assertThat(leader().member("n2")).contains(member("n2"));
        await().untilAsserted(() -> assertThat(leader().settled()).isTrue());

        List<LogMember> four = of("n1", "n2", "n3", "n4");
        RatisLog newcomer = startOutside("n4");
        newcomer.enter(List.of());
        assertThat(newcomer.entered()).isTrue();
        assertThat(newcomer.members()).isEmpty();
        submit("two");
        assertThat(await20(leader().reconfigure(three, four))).isInstanceOf(Outcome.Applied.class);
        submit("three");
        has("n4", "one", "two", "three");
        await().untilAsserted(() -> assertThat(newcomer.members()).isEqualTo(four));

        // It was added to the log, not to the settings: a restart finds it there.
        newcomer.close();
        RatisLog again = startOutside("n4");
        assertThat(again.entered()).isTrue();
        await().atMost(20, TimeUnit.SECONDS)
                .untilAsserted(() -> assertThat(again.leadership().leader()).isNotEmpty());
        assertThat(again.members()).isEqualTo(four);

        await().atMost(20, TimeUnit.SECONDS).ignoreExceptions().until(() -> {
            leader().transfer("n4", Duration.ofSeconds(5)).get(10, TimeUnit.SECONDS);
            return again.leadership().ready();
        });
        assertThat(await20(again.reconfigure(three, of("n1", "n4"))))
                .as("compares before it sets")
                .isInstanceOf(Outcome.Unavailable.class);
        List<LogMember> rest = of("n1", "n2", "n4");
        assertThat(await20(leader().reconfigure(four, rest))).isInstanceOf(Outcome.Applied.class);
        submit("four");
        for (LogMember member : rest) {
            has(member.id(), "one", "two", "three", "four");
        }
        assertThat(leader().followers())
                .extracting(Follower::id)
                .doesNotContain("n3")
                .hasSize(2);
    }
}
