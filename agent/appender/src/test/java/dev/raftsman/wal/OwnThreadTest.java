package dev.raftsman.wal;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URL;
import java.net.URLClassLoader;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class OwnThreadTest {
    @Test
    void keepsNothingOfTheThreadThatStartsIt() throws Exception {
        InheritableThreadLocal<String> request = new InheritableThreadLocal<>();
        AtomicReference<String> inherited = new AtomicReference<>("never ran");
        AtomicReference<Thread> made = new AtomicReference<>();
        try (URLClassLoader webApplication = new URLClassLoader(new URL[0])) {
            Thread starter = new Thread(() -> {
                request.set("r-1");
                made.set(OwnThread.of("raftsman-test", () -> inherited.set(request.get())));
                made.get().start();
            });
            starter.setContextClassLoader(webApplication);
            starter.start();
            starter.join();
            made.get().join();
            assertThat(made.get().getContextClassLoader()).isNotSameAs(webApplication);
        }
        assertThat(inherited.get()).isNull();
        assertThat(made.get().isDaemon()).isTrue();
        assertThat(made.get().getName()).isEqualTo("raftsman-test");
    }
}
