package dev.raftsman.query;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
final class AppliedSignalTest {
    private static final long FOR_EVER = TimeUnit.DAYS.toNanos(1);

    private final AppliedSignal signal = new AppliedSignal();

    @Test
    void wakesWhoWaitsAndWhoWasAboutTo() throws Exception {
        signal.listen();
        long seen = signal.count();
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
            try {
                signal.await(seen, FOR_EVER);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        signal.applied();
        waiting.get();
        signal.await(seen, FOR_EVER);
    }

    @Test
    void doesNothingWhileNobodyListens() {
        signal.listen();
        signal.listenNoMore();
        long before = signal.count();
        signal.applied();
        assertThat(signal.count()).isEqualTo(before);
    }
}
