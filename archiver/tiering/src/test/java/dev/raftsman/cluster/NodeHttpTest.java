package dev.raftsman.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.raftsman.cluster.NodeHttp.Request;
import dev.raftsman.config.HostPort;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a server of a few lines, that can misbehave. */
class NodeHttpTest {
    private final NodeHttp http = new NodeHttp("secret", new ObjectMapper());
    private final AtomicInteger connections = new AtomicInteger();
    private final List<String> heads = new CopyOnWriteArrayList<>();
    private final CountDownLatch asked = new CountDownLatch(1);
    private ServerSocket server;

    /** What is answered to each request; null: the connection is broken off, empty: nothing for ever. */
    private volatile String answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @BeforeEach
    void begin() throws IOException {
        server = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
        Thread accepting = new Thread(this::accept, "server");
        accepting.setDaemon(true);
        accepting.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                connections.incrementAndGet();
                Thread serving = new Thread(() -> serve(socket), "connection");
                serving.setDaemon(true);
                serving.start();
            }
        } catch (IOException closed) {
            return;
        }
    }

    private void serve(Socket socket) {
        try (socket;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
                OutputStream out = socket.getOutputStream()) {
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                StringBuilder head = new StringBuilder(line);
                int length = 0;
                for (String field = in.readLine(); !field.isEmpty(); field = in.readLine()) {
                    head.append('\n').append(field);
                    length = field.startsWith("Content-Length: ") ? Integer.parseInt(field.substring(16)) : length;
                }
                for (int left = length; left > 0; left--) {
                    in.read();
                }
                heads.add(head.toString());
                asked.countDown();
                if (answer == null) {
                    return;
                }
                out.write(answer.getBytes(StandardCharsets.US_ASCII));
                out.flush();
            }
        } catch (IOException gone) {
            return;
        }
    }

    @AfterEach
    void end() throws IOException {
        http.close();
        server.close();
    }

    private HostPort node() {
        return new HostPort("127.0.0.1", server.getLocalPort());
    }

    private Request post() {
        return new Request(node(), "/v1/commands", null, "{}".getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void requestsShareAConnectionAndCarryTheTokenAndTheRange() throws IOException {
        for (int i = 0; i < 20; i++) {
            assertThat(http.ask(Request.get(node(), "/v1/status")).text()).isEqualTo("ok");
        }
        http.ask(new Request(node(), "/v1/segments/s1-2", "bytes=3-4", null));
        http.ask(post());
        assertThat(heads).hasSize(22).allMatch(head -> head.contains("\nAuthorization: Bearer secret"));
        assertThat(heads.get(20)).contains("\nRange: bytes=3-4");
        assertThat(heads.get(21)).startsWith("POST /v1/commands").contains("\nContent-Type: application/json");
        assertThat(connections).hasValue(1);
    }

    @Test
    void aCommandIsSentOnceByItselfAlsoWhereTheConnectionBreaks() {
        answer = null;
        assertThatThrownBy(() -> http.ask(post()))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith(node() + ": ");
        assertThat(heads).hasSize(1);
    }

    @Test
    void aRefusalSaysWhoSaidWhatToWhich() {
        answer = "HTTP/1.1 409 Conflict\r\nContent-Length: 22\r\n\r\n{\"error\":\"it is open\"}";
        assertThatThrownBy(() -> http.ask(post()))
                .isInstanceOfSatisfying(
                        ClusterClient.FinalAnswerException.class,
                        refused -> assertThat(refused.reason()).isEqualTo("it is open"))
                .hasMessage(node() + " answers 409 to /v1/commands: {\"error\":\"it is open\"}");
        assertThatThrownBy(() -> http.ask(Request.get(node(), "/v1/x?a=b")))
                .isNotInstanceOf(ClusterClient.FinalAnswerException.class)
                .hasMessageContaining(" answers 409 to /v1/x: ");
        answer = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer realm=\"x\"\r\nContent-Length: 0\r\n\r\n";
        assertThatThrownBy(() -> http.ask(post())).isInstanceOf(ClusterClient.NotPermittedException.class);
        assertThatThrownBy(() -> http.ask(Request.get(node(), "/v1/x")))
                .isInstanceOf(ClusterClient.NotPermittedException.class);
    }

    @Test
    void whoWaitsCanBeInterrupted() throws Exception {
        answer = "";
        CompletableFuture<Throwable> failure = new CompletableFuture<>();
        Thread waiting = new Thread(() -> {
            try {
                http.ask(Request.get(node(), "/v1/status"));
                failure.complete(null);
            } catch (IOException e) {
                failure.complete(e);
            }
        });
        waiting.start();
        assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
        waiting.interrupt();
        assertThat(failure.get(10, TimeUnit.SECONDS)).isInstanceOf(InterruptedIOException.class);
    }

    @Test
    void aNodeThatIsNotThereIsNamed() throws IOException {
        server.close();
        assertThatThrownBy(() -> http.ask(Request.get(node(), "/v1/status"))).hasMessage(node() + ": cannot connect");
    }
}
