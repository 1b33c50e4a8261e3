package dev.raftsman.sidecar;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Talks to the agent that runs on this host, as its owner: by what the agent has left in its data directory. */
public final class AgentClient {
    private static final int CONNECT_MILLIS = 5_000;
    private static final long ANSWER_MILLIS = 30_000;

    private final ControlFile control;

    /** No agent answers, or it refuses; the message is one line for a person. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        private final boolean running;

        RefusedException(boolean running, String message) {
            super(message);
            this.running = running;
        }

        /** Whether an agent is there at all. */
        public boolean isRunning() {
            return running;
        }
    }

    private AgentClient(ControlFile control) {
        this.control = control;
    }

    /**
     * @throws RefusedException if no agent runs with this configuration
     * @throws java.nio.file.AccessDeniedException if the control file is somebody else's
     */
    public static AgentClient of(AgentConfig config) throws IOException {
        Optional<ControlFile> control = ControlFile.read(config.data());
        if (control.isEmpty()) {
            throw new RefusedException(false, "no agent runs in " + config.data());
        }
        return new AgentClient(control.get());
    }

    /**
     * Has the agent stop reading, ship what it has, and end.
     *
     * @return empty if all was shipped; else what is left, one line for each stream
     */
    List<String> drain(Duration within) throws IOException {
        HttpURLConnection connection = open("/drain?within=" + within.toMillis());
        connection.setRequestMethod("POST");
        connection.setReadTimeout((int) Math.min(Integer.MAX_VALUE, within.toMillis() + ANSWER_MILLIS));
        try (InputStream in = answer(connection)) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList();
            if (lines.isEmpty()) {
                throw new IOException("the agent ended without an answer");
            }
            return lines.get(0).equals(StatusPage.DRAINED) ? List.of() : lines;
        }
    }

    /** Waits for the process to end. @return whether it has */
    boolean awaitEnd(Duration most) {
        Optional<ProcessHandle> process = ProcessHandle.of(control.pid());
        if (process.isEmpty() || control.pid() == ProcessHandle.current().pid()) {
            return true;
        }
        try {
            var unused = process.get().onExit().get(most.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException | ExecutionException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    /**
     * Listens to what the agent ships from now on. Read it with {@link TapFrame#read}; close it to end.
     *
     * @param pattern of streams, see {@link Wildcard}
     */
    public DataInputStream tap(String pattern) throws IOException {
        HttpURLConnection connection = open("/tap?stream=" + URLEncoder.encode(pattern, StandardCharsets.UTF_8));
        connection.setReadTimeout((int) ANSWER_MILLIS);
        return new DataInputStream(new BufferedInputStream(answer(connection), 1 << 16));
    }

    private HttpURLConnection open(String path) throws IOException {
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://" + control.address() + path).toURL().openConnection(java.net.Proxy.NO_PROXY);
        connection.setConnectTimeout(CONNECT_MILLIS);
        connection.setRequestProperty("Authorization", StatusPage.BEARER + control.token());
        return connection;
    }

    private InputStream answer(HttpURLConnection connection) throws IOException {
        int status;
        try {
            status = connection.getResponseCode();
        } catch (ConnectException e) {
            throw new RefusedException(false, "no agent answers at " + control.address() + ": " + e.getMessage());
        }
        if (status == HttpURLConnection.HTTP_OK) {
            return connection.getInputStream();
        }
        InputStream error = connection.getErrorStream();
        String line = error == null
                ? ""
                : new String(error.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .findFirst()
                        .orElse("");
        throw new RefusedException(true, "the agent refuses: " + (line.isEmpty() ? "HTTP " + status : line));
    }
}
