package dev.raftsman.appender;

import static org.assertj.core.api.Assertions.assertThat;

import dev.raftsman.appender.Application.Framework;
import dev.raftsman.event.LossReason;
import dev.raftsman.ring.FullPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A ring of 64 slots against threads that log without a pause: every call is stored or declared, each thread's in order. */
final class SaturationTest {
    private static final int SLOTS = 64;
    private static final int CALLS = 8_000;

    @TempDir
    Path root;

    static Stream<Arguments> everyFrameworkAndPolicy() {
        return Stream.of(Framework.values())
                .flatMap(framework -> Stream.of(FullPolicy.values())
                        .flatMap(policy ->
                                Stream.of(1, 2, 4, 8).map(threads -> Arguments.of(framework, policy, threads))));
    }

    @ParameterizedTest
    @MethodSource("everyFrameworkAndPolicy")
    void everyCallIsStoredOrDeclaredAndEachThreadsInOrder(Framework framework, FullPolicy policy, int threads)
            throws Exception {
        int calls = CALLS / threads;
        Map<Setting, String> settings = Map.of(
                Setting.SLOTS,
                Integer.toString(SLOTS),
                Setting.WHEN_FULL,
                policy.name().toLowerCase(Locale.ROOT));
        try (Application app = framework.start(root, settings)) {
            String pattern = app.pattern("{}:{}:{}");
            CyclicBarrier start = new CyclicBarrier(threads);
            List<Thread> loggers = new ArrayList<>();
            for (int t = 0; t < threads; t++) {
                String id = Integer.toString(t);
                Thread logger = new Thread(() -> {
                    awaitQuietly(start);
                    for (int i = 0; i < calls; i++) {
                        // Every 97th is larger than a slot.
                        app.info(pattern, id, Integer.toString(i), i % 97 == 0 ? "x".repeat(3000) : "");
                    }
                });
                logger.start();
                loggers.add(logger);
            }
            for (Thread logger : loggers) {
                logger.join();
            }
        }
        StoredEvents stored = StoredEvents.of(root);
        assertThat(stored.events().size() + stored.lost()).isEqualTo((long) threads * calls);
        assertThat(stored.losses().keySet())
                .isEqualTo(policy == FullPolicy.BLOCK ? Set.of() : Set.of(LossReason.RING_FULL));
        int[] last = new int[threads];
        java.util.Arrays.fill(last, -1);
        for (String message : stored.messages()) {
            String[] parts = message.split(":", 3);
            int thread = Integer.parseInt(parts[0]);
            int number = Integer.parseInt(parts[1]);
            assertThat(number).as("order of thread %d", thread).isGreaterThan(last[thread]);
            last[thread] = number;
        }
    }

    private static void awaitQuietly(CyclicBarrier start) {
        try {
            start.await();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
