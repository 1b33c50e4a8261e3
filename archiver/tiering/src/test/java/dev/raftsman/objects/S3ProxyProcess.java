package dev.raftsman.objects;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.awaitility.Awaitility;

/** A real S3 protocol server as a process of its own, in memory, on a free port of the loopback. */
public final class S3ProxyProcess implements S3Server {
    private final Process process;
    private final URI endpoint;

    private S3ProxyProcess(Process process, URI endpoint) {
        this.process = process;
        this.endpoint = endpoint;
    }

    public static S3ProxyProcess start(Path directory) throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        URI endpoint = URI.create("http://127.0.0.1:" + port);
        Path settings = Files.writeString(
                Files.createDirectories(directory).resolve("s3proxy.conf"),
                String.join(
                        "\n",
                        "s3proxy.endpoint=" + endpoint,
                        "s3proxy.authorization=aws-v2-or-v4",
                        "s3proxy.identity=" + KEYS.accessKeyId(),
                        "s3proxy.credential=" + KEYS.secretAccessKey(),
                        "s3proxy.ignore-unknown-headers=true",
                        "jclouds.provider=transient-nio2",
                        ""));
        Path jar = Path.of("target", "s3proxy", "s3proxy.jar").toAbsolutePath();
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process process = new ProcessBuilder(
                        java.toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-jar",
                        jar.toString(),
                        "--properties",
                        settings.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("s3proxy.log").toFile())
                .start();
        S3ProxyProcess started = new S3ProxyProcess(process, endpoint);
        Awaitility.await("S3Proxy on " + endpoint)
                .atMost(Duration.ofSeconds(60))
                .until(() -> process.isAlive() && accepts(port));
        return started;
    }

    private static boolean accepts(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 200);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public URI endpoint() {
        return endpoint;
    }

    @Override
    public S3Settings.Checksums checksums() {
        return S3Settings.Checksums.WHEN_SUPPORTED;
    }

    @Override
    public boolean locks() {
        return false;
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
