package dev.raftsman.cluster;

import java.net.http.HttpClient;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.concurrent.Executor;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;

/**
 * Java's HTTP client for {@code http:} alone, as short-lived commands need it. By itself it would read the certificates of the
 * machine when it is made, which takes longer than what is asked; and the thread that it leaves in a system call holds up the
 * end of the JVM for 0.3 s. Both are the client's own affair and cannot be told to it in Java 17.
 */
final class PlainHttp implements AutoCloseable {
    /** What the client starts belongs to it, as a thread belongs to the group of the one that made it. */
    private final ThreadGroup group = new ThreadGroup("cluster-client");

    private final HttpClient client;

    PlainHttp(Duration connectTimeout, Executor executor) {
        HttpClient[] made = new HttpClient[1];
        Thread maker = new Thread(group, () -> made[0] = make(connectTimeout, executor), "cluster-client-make");
        maker.start();
        boolean interrupted = false;
        while (maker.isAlive()) {
            try {
                maker.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        if (made[0] == null) {
            throw new IllegalStateException("no HTTP client");
        }
        client = made[0];
    }

    private static HttpClient make(Duration connectTimeout, Executor executor) {
        try {
            SSLContext none = SSLContext.getInstance("TLS");
            none.init(new KeyManager[0], new TrustManager[0], null);
            return HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(connectTimeout)
                    .executor(executor)
                    .sslContext(none)
                    .build();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has TLS", e);
        }
    }

    HttpClient client() {
        return client;
    }

    /** Ends its thread; what is asked afterwards fails. */
    @Override
    public void close() {
        group.interrupt();
    }
}
